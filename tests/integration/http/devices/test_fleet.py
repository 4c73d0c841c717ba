"""The fleet at a glance, and the devices that want looking after, over HTTP."""

from datetime import timedelta

import pytest

from domain.devices.device import DeviceId
from domain.runs.run import RunKind
from tests.harness.over_http import OverHttp, User, kind, problem
from tests.harness.work import do_all

ON = {"enabled": True, "interval_minutes": 720}


def listed(user: User, state: str) -> list[int]:
    answer = user.get(f"/devices?state={state}")
    assert answer.status_code == 200
    return [device["id"] for device in answer.json]


def run_due(shop: OverHttp) -> None:
    do_all(shop.cases)


def test_which_ones_failed_and_why_is_one_call(shop: OverHttp, anna: User) -> None:
    anna.add_device()
    shop.plug_in()
    unplugged = anna.add_device(name="Fish", ip="10.0.0.8")
    for device_id in (1, unplugged):
        anna.put(f"/devices/{device_id}/auto-update", json=ON)
    run_due(shop)
    [failing] = anna.get("/devices?state=failing").json
    assert (failing["id"], failing["name"]) == (unplugged, "Fish")
    assert "cannot be reached" in failing["last_error"]
    assert failing["consecutive_failures"] == 1
    anna.put(f"/devices/{unplugged}/auto-update", json={**ON, "enabled": False})
    assert listed(anna, "failing") == []


def test_devices_are_listed_by_state(shop: OverHttp, anna: User, boris: User) -> None:
    device = shop.plug_in()
    anna.add_device()
    anna.get("/devices/1/products")
    anna.add_device(name="Fish", ip="10.0.0.8")
    boris.add_device()
    for user, path in ((anna, "/devices/2"), (boris, "/devices/3")):
        user.put(f"{path}/auto-update", json=ON)
    anna.patch("/devices/1/products/607", json={"fields": {"price": 1}})
    shop.clock.advance(timedelta(minutes=4, seconds=59))
    assert listed(anna, "late") == []
    shop.clock.advance(timedelta(seconds=1))
    device.password = "4321"  # noqa: S105 - the device's
    anna.get("/devices/1/products")
    assert listed(anna, "edited") == [1]
    assert listed(anna, "wrong_password") == [1]
    assert listed(anna, "late") == [2]
    assert listed(anna, "unverified") == []
    assert listed(boris, "late") == [3]
    fleet = anna.get("/fleet").json
    assert fleet["states"] == {
        "failing": 0,
        "late": 1,
        "unverified": 0,
        "replaced": 0,
        "wrong_password": 1,
        "wrong_clock": 0,
        "edited": 1,
    }
    assert (fleet["devices"], fleet["auto_update"], fleet["due"]) == (2, 1, 1)
    assert fleet["oldest_late"] == {
        "device_id": 2,
        "name": "Fish",
        "due_utc": "2026-03-02T12:00:00Z",
    }


@pytest.mark.parametrize("state", ["", "broken", "FAILING", "failing,late"])
def test_a_state_that_nobody_knows_is_named(anna: User, state: str) -> None:
    answer = anna.get(f"/devices?state={state}")
    assert kind(answer) == (422, "invalid-request")
    assert list(problem(answer)["errors"]["query"]) == ["state"]


def test_shows_what_goes_on_and_what_comes_next(shop: OverHttp, anna: User, boris: User) -> None:
    shop.plug_in()
    anna.add_device()
    anna.put("/devices/1/auto-update", json={**ON, "daily_at": ["18:30"]})
    run_due(shop)
    fleet = anna.get("/fleet").json
    assert fleet["next_due"] == {
        "device_id": 1,
        "name": "Bakery",
        "due_utc": "2026-03-02T15:30:00Z",
    }
    assert (fleet["due"], fleet["oldest_late"], fleet["running"]) == (0, None, [])
    with shop.storage.transaction() as tx:
        lease = tx.leases.take(DeviceId(1), timedelta(seconds=15))
        assert lease is not None
        owner = tx.devices.get(DeviceId(1)).owner_id
        tx.runs.start(lease, kind=RunKind.UPLOAD, asked_by=owner, at=shop.clock.now())
    assert anna.get("/fleet").json["running"] == [
        {
            "run_id": 2,
            "device_id": 1,
            "name": "Bakery",
            "kind": "upload",
            "by": "user",
            "asked_by": owner,
            "since": "2026-03-02T12:00:00Z",
        }
    ]
    assert boris.get("/fleet").json["running"] == []
    shop.clock.advance(timedelta(seconds=16))
    assert anna.get("/fleet").json["running"] == []


def test_a_replaced_scale_is_a_state_of_its_own(shop: OverHttp, anna: User) -> None:
    device = shop.plug_in()
    anna.add_device()
    anna.get("/devices/1/products")
    device.document = {"products": []}
    anna.put("/devices/1/auto-update", json=ON)
    do_all(shop.cases)
    [replaced] = anna.get("/devices?state=replaced").json
    assert (replaced["replaced"], replaced["last_status"]) == (True, "ERROR")
    assert "replaced or wiped" in replaced["last_error"]
    assert anna.get("/fleet").json["states"]["replaced"] == 1
    assert listed(anna, "failing") == []
    assert anna.post("/devices/1/upload?source=cache").status_code == 200
    assert listed(anna, "replaced") == []
    do_all(shop.cases)
    assert anna.get("/devices/1/auto-update").json["last_status"] == "OK"
