"""A wrong password is not hammered."""

from datetime import timedelta

import pytest

from application.devices.registration import DeviceChanges
from application.ports.scales import ScalesWrongPasswordError
from domain.errors import Cause, PasswordNotTriedError
from domain.runs.run import Outcome
from tests.harness.failures import raises
from tests.harness.installation import InMemory
from tests.harness.work import do_all


@pytest.fixture
def shop() -> InMemory:
    shop = InMemory()
    shop.cases.renewal.change_schedule(
        shop.anna, shop.id, enabled=True, interval=timedelta(hours=12)
    )
    shop.device.password = "9999"  # noqa: S105  # the device's
    return shop


def set_password(shop: InMemory) -> None:
    shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(password="9999"))  # noqa: S106


def run_due(shop: InMemory) -> int:
    return do_all(shop.cases)


def wrong(shop: InMemory) -> bool:
    return shop.cases.devices.show_status(shop.anna, shop.id).wrong_password


def test_requests_try_once_a_minute_and_five_times_in_all(shop: InMemory) -> None:
    for tried in range(1, 6):
        with pytest.raises(ScalesWrongPasswordError):
            shop.read()
        with raises(PasswordNotTriedError, match=f"has refused its password {tried} time"):
            shop.read()
        shop.clock.sleep(61)
        assert shop.device.counts["wrong passwords"] == tried
    with pytest.raises(PasswordNotTriedError):
        shop.read()
    assert shop.device.counts["wrong passwords"] == 5
    assert wrong(shop)


def test_auto_update_stops_until_the_password_is_set(shop: InMemory) -> None:
    assert run_due(shop) == 1
    assert shop.schedule.last_error == Cause("ScalesWrongPassword", {"result": 122})
    assert shop.run.outcome is Outcome.REFUSED
    shop.clock.sleep(24 * 60 * 60)
    assert run_due(shop) == 0
    assert shop.device.counts["wrong passwords"] == 1
    set_password(shop)
    assert not wrong(shop)
    assert run_due(shop) == 1
    assert shop.schedule.last_status == "OK"


def test_auto_update_goes_on_after_a_request_succeeded(shop: InMemory) -> None:
    run_due(shop)
    shop.device.password = "1234"  # noqa: S105  # the device's
    shop.clock.sleep(301)
    shop.read()
    assert run_due(shop) == 1


def test_a_claim_made_before_the_refusal_does_not_try_again(shop: InMemory) -> None:
    assert run_due(shop) == 1
    shop.clock.sleep(600)
    shop.cases.renewal.renew_dates.for_schedule(shop.lease())
    assert shop.device.counts["wrong passwords"] == 1


def test_a_password_set_in_mid_conversation_is_not_blamed(shop: InMemory) -> None:
    decrypt = shop.cipher.decrypt

    def decrypt_and_change(encrypted: str) -> str:
        set_password(shop)
        return decrypt(encrypted)

    shop.cipher.decrypt = decrypt_and_change  # type: ignore[method-assign]  # for this test
    with pytest.raises(ScalesWrongPasswordError):
        shop.read()
    shop.cipher.decrypt = decrypt  # type: ignore[method-assign]  # as it was
    shop.read()


def test_a_status_costs_no_try(shop: InMemory) -> None:
    status = shop.cases.devices.show_status(shop.anna, shop.id)
    assert status.reachable
    assert shop.device.counts["wrong passwords"] == 0


def test_a_status_is_asked_after_refusals_and_forgives_none(shop: InMemory) -> None:
    for _ in range(5):
        with pytest.raises(ScalesWrongPasswordError):
            shop.read()
        shop.clock.sleep(61)
        assert shop.cases.devices.show_status(shop.anna, shop.id).reachable
        assert shop.run.outcome is Outcome.OK
    assert wrong(shop)
    with raises(PasswordNotTriedError, match="5 times"):
        shop.read()


def test_a_status_that_the_device_wants_a_password_for_counts_as_no_refusal(shop: InMemory) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ScalesWrongPasswordError(result=122)

    shop.scales.conversation = refuse  # type: ignore[method-assign,assignment]  # for this test
    status = shop.cases.devices.show_status(shop.anna, shop.id)
    assert (status.reachable, status.wrong_password) == (False, False)
    assert shop.run.outcome is Outcome.REFUSED
