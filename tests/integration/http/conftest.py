import pytest

from tests.harness.over_http import OverHttp, User


@pytest.fixture
def shop() -> OverHttp:
    return OverHttp()


@pytest.fixture
def anna(shop: OverHttp) -> User:
    return shop.sign_in("anna@example.org")


@pytest.fixture
def boris(shop: OverHttp) -> User:
    return shop.sign_in("boris@example.org")
