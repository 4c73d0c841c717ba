import pytest

from tests.integration.http.shop import Shop, User


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def anna(shop: Shop) -> User:
    return shop.sign_in("anna@example.org")


@pytest.fixture
def boris(shop: Shop) -> User:
    return shop.sign_in("boris@example.org")
