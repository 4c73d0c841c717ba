"""Who is told why a device is not reached, and who only that it is not."""

import logging
from collections.abc import Callable

import pytest

from adapters.mertech.emulator import Fault
from application.conversations.disclosure import for_owner
from application.devices.registration import DeviceChanges
from application.ports.scales import (
    ScalesError,
    ScalesNonsenseError,
    ScalesTimedOutError,
    ScalesUnreachableError,
    WebServerError,
)
from application.ports.storage import StorageNotReadyError
from domain.errors import Cause
from tests.harness.installation import HERE, THERE, InMemory

NOT_REACHED = Cause("ScalesUnreachable")
"""Without facts: nothing of what was met."""
NO_SCALE = Cause("ScalesNonsense")


def failure(shop: InMemory) -> tuple[type[Exception], Cause]:
    """How a read fails; the run says the same."""
    with pytest.raises(ScalesError) as failed:
        shop.read()
    ending = shop.run.ending
    assert ending is not None
    assert ending.cause == Cause.of(failed.value)
    return type(failed.value), ending.cause


def refusing(shop: InMemory) -> None:
    shop.device.fault = Fault.REFUSE_CONNECTIONS


def silent(shop: InMemory) -> None:
    shop.device.fault = Fault.SILENT


def absent(shop: InMemory) -> None:
    shop.scales.devices.clear()


FAILING = [refusing, silent, absent]


@pytest.mark.parametrize("fail", FAILING)
def test_of_what_never_answered_as_a_device_nobody_is_told_why(
    fail: Callable[[InMemory], None], caplog: pytest.LogCaptureFixture
) -> None:
    shop = InMemory()
    fail(shop)
    with caplog.at_level(logging.INFO, "application.conversations.disclosure"):
        assert failure(shop) == (ScalesUnreachableError, NOT_REACHED)
    assert "problem='refused'" in caplog.text or "problem='no_answer'" in caplog.text
    status = shop.cases.devices.show_status(shop.anna, shop.id)
    assert (status.reachable, status.error, status.latency) == (False, NOT_REACHED, None)
    shop.renew()
    assert shop.schedule.last_error == NOT_REACHED


@pytest.mark.parametrize("fail", FAILING)
def test_of_a_device_that_was_read_its_owner_is_told_why(fail: Callable[[InMemory], None]) -> None:
    shop = InMemory()
    shop.read()
    fail(shop)
    kind, cause = failure(shop)
    assert kind is (ScalesTimedOutError if fail is silent else ScalesUnreachableError)
    assert cause != NOT_REACHED
    assert shop.cases.devices.show_status(shop.anna, shop.id).error == cause


@pytest.mark.parametrize("fail", FAILING)
def test_what_was_read_elsewhere_proves_nothing(fail: Callable[[InMemory], None]) -> None:
    shop = InMemory()
    shop.read()
    shop.device = shop.scales.plug_in(THERE)
    shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(host=THERE.host))
    fail(shop)
    assert failure(shop) == (ScalesUnreachableError, NOT_REACHED)


@pytest.mark.parametrize("fail", FAILING)
def test_a_host_name_proves_nothing_since_it_may_lead_elsewhere_by_now(
    fail: Callable[[InMemory], None],
) -> None:
    shop = InMemory()
    shop.scales.names["scales.shop"] = (HERE.host,)
    shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(host="scales.shop"))
    shop.read()
    fail(shop)
    assert failure(shop) == (ScalesUnreachableError, NOT_REACHED)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.RESET_IN_DOWNLOAD, ScalesUnreachableError),
        (Fault.NEVER_READY, ScalesTimedOutError),
        (Fault.NOT_JSON, ScalesNonsenseError),
    ],
)
def test_what_answers_as_a_device_is_one(fault: Fault, kind: type[Exception]) -> None:
    shop = InMemory()
    shop.device.fault = fault
    found, cause = failure(shop)
    assert found is kind
    assert cause not in (NOT_REACHED, NO_SCALE)


def test_a_device_that_answered_before_the_line_was_lost_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On the first try it breaks off, on the second it is off."""
    shop = InMemory()

    def switch_off(stage: str) -> None:
        shop.device.fault = Fault.REFUSE_CONNECTIONS
        raise ScalesUnreachableError(problem="broken_off")

    shop.device.during = switch_off
    _, cause = failure(shop)
    assert cause.facts["problem"] == "refused"


def test_of_nonsense_nobody_is_told_how_it_read_but_that_it_is_a_web_server() -> None:
    shop = InMemory()
    device = shop.cases.devices.show(shop.anna, shop.id).device
    nonsense = ScalesNonsenseError(problem="SSH-2.0.")
    vague = for_owner(nonsense, device, shop.storage)
    assert Cause.of(vague) == NO_SCALE
    web = WebServerError()
    assert for_owner(web, device, shop.storage) is web


def test_a_database_that_is_busy_tells_nobody_more(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = InMemory()
    shop.read()
    device = shop.cases.devices.show(shop.anna, shop.id).device

    def busy() -> None:
        raise StorageNotReadyError("Other writers keep it busy.")

    monkeypatch.setattr(shop.storage, "snapshot", busy)
    refused = ScalesUnreachableError(problem="refused")
    assert Cause.of(for_owner(refused, device, shop.storage)) == NOT_REACHED
    assert device.address == HERE
