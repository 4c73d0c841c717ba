"""The status of a device over HTTP."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.mertech.emulator.faults import Fault
from application.conversations.lease_keeper import LEASE
from domain.devices.device import DeviceId
from tests.harness.over_http import OverHttp, User

STATUS = "/devices/1/status"
UNTOLD = {"protocol": None, "scale_app": None, "service_app": None, "android": None, "sdk": None}
NEVER = {
    "checked_at": "2026-03-02T12:00:00Z",
    "latency_ms": None,
    "model": None,
    "serial_number": None,
    "versions": UNTOLD,
    "products_updated": None,
    "printer_ready": None,
    "clock": None,
    "clock_ahead_seconds": None,
    "last_read": None,
    "last_upload": None,
    "last_run": None,
    "unverified": False,
    "wrong_password": False,
}


@pytest.fixture(autouse=True)
def _device(anna: User) -> None:
    anna.add_device()


def status(user: User) -> dict[str, Any]:
    answer = user.get(STATUS)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json
    return told


@pytest.mark.parametrize("fault", [Fault.REFUSE_CONNECTIONS, Fault.SILENT])
def test_a_device_that_does_not_answer_is_an_answer(
    shop: OverHttp, anna: User, fault: Fault
) -> None:
    shop.plug_in().fault = fault
    told = status(anna)
    assert told.pop("error")
    assert told == {**NEVER, "reachable": False}


def test_a_device_tells_of_itself(shop: OverHttp, anna: User) -> None:
    device = shop.plug_in()
    device.takes = 0.25
    device.information = {
        "scaleModel": "M-ER 725 PM-15.2",
        "serialNumber": "21B06847",
        "protocolVersion": "0.16",
        "scaleAppVersion": "1.2.3",
        "serviceAppVersion": "1.2.5.562",
        "androidVersion": "5.1.1",
        "sdkVersion": "22",
        "networkInfo": [{"name": "eth0"}],
    }
    assert status(anna) == {
        **NEVER,
        "reachable": True,
        "latency_ms": 250,
        "model": "M-ER 725 PM-15.2",
        "serial_number": "21B06847",
        "versions": {
            "protocol": "0.16",
            "scale_app": "1.2.3",
            "service_app": "1.2.5.562",
            "android": "5.1.1",
            "sdk": "22",
        },
        "error": None,
    }


def test_newer_firmware_tells_more(shop: OverHttp, anna: User) -> None:
    device = shop.plug_in()
    device.information = {"productUpdateDateTime": "2026-03-02", "printInfo": {"isReady": True}}
    told = status(anna)
    assert (told["products_updated"], told["printer_ready"]) == ("2026-03-02", True)


@pytest.mark.parametrize(
    ("printer", "ready"),
    [
        ({"isReady": False}, False),
        ({"isReady": "true"}, True),
        ({"isReady": 1}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_an_odd_printer_is_not_told(
    shop: OverHttp, anna: User, printer: object, ready: bool | None
) -> None:
    shop.plug_in().information = {"printInfo": printer}  # type: ignore[dict-item]  # as it comes
    assert status(anna)["printer_ready"] is ready


def test_the_clock_is_compared_in_the_devices_zone(shop: OverHttp, anna: User) -> None:
    device = shop.plug_in()
    anna.put("/devices/1", json={"time_zone": "Asia/Tokyo"})
    device.clock = datetime(2026, 3, 2, 20, 59, 23)  # noqa: DTZ001  # the device's
    told = status(anna)
    assert (told["clock"], told["clock_ahead_seconds"]) == ("2026-03-02T20:59:23", -37)


@pytest.mark.parametrize(
    ("ahead", "wrong"), [(300, False), (301, True), (-300, False), (-301, True), (86_400, True)]
)
def test_the_fleet_counts_clocks_that_are_off(
    shop: OverHttp, anna: User, ahead: int, wrong: bool
) -> None:
    device = shop.plug_in()
    anna.put("/devices/1", json={"time_zone": "UTC"})
    shown = shop.clock.now().replace(tzinfo=None)
    device.clock = shown + timedelta(seconds=ahead)
    status(anna)
    device.fault = Fault.REFUSE_CONNECTIONS
    assert status(anna)["clock"] is None
    assert anna.get("/fleet").json["states"]["wrong_clock"] == wrong
    assert [each["id"] for each in anna.get("/devices?state=wrong_clock").json] == [1] * wrong
    device.fault = None
    device.clock = shown
    status(anna)
    assert anna.get("/fleet").json["states"]["wrong_clock"] == 0


def test_another_address_forgets_the_clock(shop: OverHttp, anna: User) -> None:
    shop.plug_in().clock = datetime(2001, 1, 1)  # noqa: DTZ001  # the device's
    status(anna)
    assert anna.get("/fleet").json["states"]["wrong_clock"] == 1
    anna.put("/devices/1", json={"port": 9})
    assert anna.get("/fleet").json["states"]["wrong_clock"] == 0


def test_odd_information_is_told_as_text_or_not_at_all(shop: OverHttp, anna: User) -> None:
    shop.plug_in().information = {
        "scaleModel": ["M-ER"],
        "serialNumber": 21068470000000000000000,
        "protocolVersion": 0.16,
        "sdkVersion": True,
        "androidVersion": {},
    }
    told = status(anna)
    assert (told["model"], told["serial_number"]) == (None, "21068470000000000000000")
    assert told["versions"] == {**UNTOLD, "protocol": "0.16"}


def test_firmware_that_does_not_know_the_question_is_there(shop: OverHttp, anna: User) -> None:
    shop.plug_in().information = None
    told = status(anna)
    assert (told["reachable"], told["error"], told["model"]) == (True, None, None)
    assert told["latency_ms"] == 0


def test_a_busy_device_is_neither_reachable_nor_not(shop: OverHttp, anna: User) -> None:
    device = shop.plug_in()
    with shop.storage.transaction() as tx:
        tx.leases.take(DeviceId(1), LEASE)
    told = status(anna)
    assert told["reachable"] is None
    assert "busy" in told["error"]
    assert device.counts["connections"] == 0


def test_what_went_before_is_told(shop: OverHttp, anna: User) -> None:
    device = shop.plug_in()
    anna.get("/devices/1/products")
    shop.clock.advance(timedelta(hours=1))
    anna.post("/devices/1/upload")
    shop.clock.advance(timedelta(hours=1))
    device.fault = Fault.RESET_AFTER_LAST_PORTION
    anna.post("/devices/1/upload")
    device.fault = None
    told = status(anna)
    assert (told["last_read"], told["last_upload"]) == (
        "2026-03-02T12:00:00Z",
        "2026-03-02T13:00:00Z",
    )
    assert told["last_run"] == anna.get("/runs?kind=upload").json["runs"][0]
    assert (told["last_run"]["outcome"], told["unverified"]) == ("unknown", True)


def test_a_wrong_password_is_told_and_not_tried(shop: OverHttp, anna: User) -> None:
    device = shop.plug_in()
    device.fault = Fault.WRONG_PASSWORD
    anna.get("/devices/1/products")
    told = status(anna)
    assert (told["reachable"], told["wrong_password"]) == (True, True)
    assert device.counts["wrong passwords"] == 1


@pytest.mark.parametrize("runs", ["/runs", "/devices/1/runs"])
def test_a_status_is_a_run_of_its_own_kind(shop: OverHttp, anna: User, runs: str) -> None:
    shop.plug_in()
    assert status(anna)["last_run"] is None
    [run] = anna.get(f"{runs}?kind=status&outcome=ok").json["runs"]
    assert (run["kind"], run["by"], run["asked_by"]) == ("status", "user", 1)
    assert (run["products"], run["bytes"], run["error_type"], run["error"]) == (None,) * 4
    for kind in ("read", "upload", "auto_update"):
        assert anna.get(f"{runs}?kind={kind}").json["runs"] == []


def test_a_status_without_an_answer_is_a_run_that_failed(shop: OverHttp, anna: User) -> None:
    shop.plug_in().fault = Fault.REFUSE_CONNECTIONS
    told = status(anna)
    [run] = anna.get("/runs").json["runs"]
    assert (run["kind"], run["outcome"]) == ("status", "failed")
    assert (run["error_type"], run["error"]) == ("ScalesUnreachable", told["error"])
