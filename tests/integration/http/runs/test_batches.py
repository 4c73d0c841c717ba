"""Runs on request over HTTP: begun at once, done later."""

from datetime import timedelta

import pytest

from adapters.mertech.emulator.faults import Fault
from adapters.rest.shared.runs import STATES
from adapters.rest.shared.which_devices import MOST_DEVICES
from domain.devices.device import Address
from tests.harness.over_http import Answer, OverHttp, User, kind, problem
from tests.harness.products import bun, muffin
from tests.harness.work import claimed, do_all

BATCH = "/runs/batches/1"
RETRY = f"{BATCH}/retry"
WAITS = {
    "device_id": 1,
    "name": "Bakery",
    "state": "waiting",
    "run_id": None,
    "started_at": None,
    "ended_at": None,
    "products": None,
    "error_type": None,
    "error": None,
}


@pytest.fixture(autouse=True)
def _devices(shop: OverHttp, anna: User) -> None:
    """A bakery, and a deli at another address."""
    shop.plug_in()
    shop.scales.plug_in(Address("10.0.0.8", 1111), {"products": [muffin(), bun()]})
    anna.add_device()
    anna.add_device(name="Deli", ip="10.0.0.8")


def start(user: User, kind: str = "read", **members: object) -> Answer:
    which = {} if {"device_ids", "all"} & members.keys() else {"all": True}
    return user.post("/runs", json={"kind": kind, **which, **members})


def states(user: User, path: str = BATCH) -> list[str]:
    return [device["state"] for device in user.get(path).json["devices"]]


def counts(**states: int) -> dict[str, int]:
    return {**dict.fromkeys(STATES, 0), **states}


def test_a_batch_is_begun_and_not_waited_for(shop: OverHttp, anna: User) -> None:
    answer = start(anna, device_ids=[1])
    assert (answer.status_code, answer.headers["Location"]) == (202, BATCH)
    assert answer.json == {
        "id": 1,
        "kind": "read",
        "source": None,
        "scope": None,
        "created_at": "2026-03-02T12:00:00Z",
        "total": 1,
        "counts": counts(waiting=1),
        "done": False,
        "devices": [WAITS],
    }
    assert anna.get(BATCH).json == answer.json
    assert anna.get("/runs").json["runs"] == []


def test_each_device_says_how_it_fared(shop: OverHttp, anna: User) -> None:
    shop.scales.plug_in(Address("10.0.0.8", 1111), {}).fault = Fault.REFUSE_CONNECTIONS
    start(anna)
    assert do_all(shop.cases) == 2
    seen = anna.get(BATCH).json
    assert (seen["total"], seen["done"]) == (2, True)
    assert seen["counts"] == counts(ok=1, failed=1)
    read, failed = seen["devices"]
    at = "2026-03-02T12:00:00Z"
    assert read == {
        **WAITS,
        "state": "ok",
        "run_id": 1,
        "started_at": at,
        "ended_at": at,
        "products": 2,
    }
    assert (failed["name"], failed["state"], failed["run_id"]) == ("Deli", "failed", 2)
    assert (failed["error_type"], failed["products"]) == ("ScalesUnreachable", None)
    assert failed["error"] == "The scale cannot be reached."
    [run] = anna.get("/devices/2/runs").json["runs"]
    assert {name: run[name] for name in ("id", "error_type", "error")} == {
        "id": failed["run_id"],
        "error_type": failed["error_type"],
        "error": failed["error"],
    }


def test_one_under_way_is_running_and_one_cut_off_is_done_again(shop: OverHttp, anna: User) -> None:
    start(anna, device_ids=[2])
    [(_, job, lease, _)] = claimed(shop.cases)
    with shop.storage.transaction() as tx:
        run_id = tx.runs.start(lease, kind=job.kind, asked_by=None, at=shop.clock.now())
        assert job.batch_id is not None
        tx.batches.began(job.batch_id, lease.device_id, run_id)
    seen = anna.get(BATCH).json
    assert (states(anna), seen["done"], seen["counts"]) == (["running"], False, counts(running=1))
    shop.clock.advance(timedelta(seconds=16))
    assert (states(anna), anna.get(BATCH).json["done"]) == (["interrupted"], False)
    do_all(shop.cases)
    assert states(anna) == ["ok"]


def test_what_came_to_no_run_says_why_all_the_same(shop: OverHttp, anna: User) -> None:
    start(anna, "upload", device_ids=[1])
    do_all(shop.cases)
    [device] = anna.get(BATCH).json["devices"]
    assert device == {
        **WAITS,
        "state": "failed",
        "error_type": "NothingRead",
        "error": "Nothing has been read from this scale yet.",
    }


def test_dates_are_renewed_on_request(shop: OverHttp, anna: User) -> None:
    start(anna, "auto_update")
    do_all(shop.cases)
    assert states(anna) == ["ok", "ok"]
    start(anna, "auto_update")
    do_all(shop.cases)
    assert anna.get("/runs/batches/2").json["counts"] == counts(nothing_to_do=2)


@pytest.mark.parametrize(
    ("members", "sent", "shown"),
    [
        ({}, 2, (None, None)),
        ({"scope": "all"}, 2, (None, None)),
        ({"scope": "edits"}, 1, (None, "edits")),
        ({"source": "cache"}, 2, ("cache", None)),
    ],
)
def test_an_upload_sends_what_was_asked(
    shop: OverHttp, anna: User, members: dict[str, str], sent: int, shown: tuple[str | None, ...]
) -> None:
    anna.get("/devices/1/products")
    anna.patch("/devices/1/products/607", json={"fields": {"price": 79.5}})
    started = start(anna, "upload", device_ids=[1], **members).json
    assert (started["source"], started["scope"]) == shown
    do_all(shop.cases)
    [device] = anna.get(BATCH).json["devices"]
    assert (device["state"], device["products"]) == ("ok", sent)
    assert anna.get("/devices/1").json["cached_dirty"] is False


def test_a_device_named_twice_is_done_once(shop: OverHttp, anna: User) -> None:
    answer = start(anna, device_ids=[2, 1, 2, 2.0])
    assert [device["device_id"] for device in answer.json["devices"]] == [1, 2]
    assert do_all(shop.cases) == 2


def test_all_devices_of_somebody_who_has_none(shop: OverHttp, boris: User) -> None:
    answer = start(boris)
    assert (answer.status_code, answer.json["total"], answer.json["done"]) == (202, 0, True)
    assert do_all(shop.cases) == 0


@pytest.mark.parametrize("ids", [[3], [1, 3], [999], [0], [2**63 - 1], [1, 999]])
def test_one_device_that_is_not_ones_own_stops_all_of_it(
    shop: OverHttp, anna: User, boris: User, ids: list[int]
) -> None:
    assert boris.add_device() == 3
    answer = start(anna, device_ids=ids)
    assert kind(answer) == (404, "unknown-device")
    assert problem(answer)["detail"] == f"There are no such scales: {ids[-1]}. Nothing was begun."
    assert kind(anna.get(BATCH)) == (404, "unknown-batch")
    assert do_all(shop.cases) == 0


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        ({"all": True}, "kind", "Is missing."),
        ({"kind": "status", "all": True}, "kind", "Must be one of: read, upload, auto_update."),
        ({"kind": "READ", "all": True}, "kind", "Must be one of"),
        ({"kind": None, "all": True}, "kind", "null"),
        ({"kind": "read"}, "device_ids", "Is missing: give device_ids, or all: true."),
        ({"kind": "read", "all": True, "device_ids": [1]}, "all", "together with device_ids"),
        ({"kind": "read", "all": False}, "all", "Must be true"),
        ({"kind": "read", "all": False, "device_ids": [1]}, "all", "Must be true"),
        ({"kind": "read", "all": 1}, "all", "Must be true or false."),
        ({"kind": "read", "all": "yes, all"}, "all", "Must be true or false."),
        ({"kind": "read", "all": None}, "all", "null"),
        ({"kind": "read", "device_ids": []}, "device_ids", "from 1 to 10000 members"),
        ({"kind": "read", "device_ids": None}, "device_ids", "null"),
        ({"kind": "read", "device_ids": 1}, "device_ids", "Must be a list."),
        ({"kind": "read", "device_ids": "1"}, "device_ids", "Must be a list."),
        ({"kind": "read", "device_ids": {"1": 1}}, "device_ids", "Must be a list."),
        (
            {"kind": "read", "device_ids": [1, "two"]},
            "device_ids",
            "Number 2 of the list: Must be",
        ),
        ({"kind": "read", "device_ids": [True]}, "device_ids", "Number 1 of the list: Must be"),
        ({"kind": "read", "device_ids": [1, 1.5]}, "device_ids", "Number 2 of the list: Must be"),
        ({"kind": "read", "device_ids": [None]}, "device_ids", "Number 1 of the list: Must not"),
        ({"kind": "read", "device_ids": [[1]]}, "device_ids", "Number 1 of the list: Must be"),
        ({"kind": "read", "device_ids": [-1]}, "device_ids", "Number 1 of the list: Must be at"),
        ({"kind": "read", "device_ids": [1, 2**63]}, "device_ids", "at most 64 bits"),
        ({"kind": "upload", "all": True, "source": "device"}, "source", "Must be one of: cache."),
        ({"kind": "upload", "all": True, "scope": ""}, "scope", "Must be one of: all, edits."),
        (
            {"kind": "upload", "all": True, "source": "cache", "scope": "edits"},
            "scope",
            "Must not be given together with source.",
        ),
        ({"kind": "read", "all": True, "source": "cache"}, "source", "Only an upload has one."),
        ({"kind": "auto_update", "all": True, "scope": "all"}, "scope", "Only an upload has one."),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_named(
    shop: OverHttp, anna: User, body: dict[str, object], field: str, reason: str
) -> None:
    answer = anna.post("/runs", json=body)
    assert kind(answer) == (422, "invalid-request")
    assert list(problem(answer)["errors"]["json"]) == [field]
    assert reason in problem(answer)["detail"]
    assert do_all(shop.cases) == 0


def test_ten_thousand_devices_can_be_named_and_no_more(anna: User) -> None:
    within = start(anna, device_ids=[1] * MOST_DEVICES)
    assert (within.status_code, within.json["total"]) == (202, 1)
    assert kind(start(anna, device_ids=[1] * (MOST_DEVICES + 1))) == (422, "invalid-request")


def test_a_retry_repeats_only_what_failed(shop: OverHttp, anna: User) -> None:
    device = shop.plug_in()
    device.fault = Fault.NOT_JSON
    start(anna)
    do_all(shop.cases)
    assert states(anna) == ["failed", "ok"]
    device.fault = None
    answer = anna.post(RETRY)
    assert (answer.status_code, answer.headers["Location"]) == (202, BATCH)
    assert answer.json["counts"] == counts(waiting=1, ok=1)
    assert (answer.json["done"], answer.json["devices"][0]) == (False, WAITS)
    assert do_all(shop.cases) == 1
    assert states(anna) == ["ok", "ok"]


def test_a_retry_of_what_did_not_fail_changes_nothing(shop: OverHttp, anna: User) -> None:
    start(anna)
    assert anna.post(RETRY).json["counts"] == counts(waiting=2)
    assert do_all(shop.cases) == 2
    answer = anna.post(RETRY)
    assert (answer.status_code, answer.json["done"]) == (202, True)
    assert do_all(shop.cases) == 0


def test_a_batch_is_its_owners_alone(shop: OverHttp, anna: User, boris: User) -> None:
    start(anna)
    for ask in ("GET", BATCH), ("POST", RETRY):
        missing = boris.ask(ask[0], ask[1].replace("1", "999"))
        answer = boris.ask(*ask)
        assert kind(answer) == kind(missing) == (404, "unknown-batch")
        assert answer.text == missing.text.replace("999", "1")
        assert boris.ask(ask[0], ask[1].replace("1", str(2**63 - 1))).status_code == 404
    assert states(anna) == ["waiting", "waiting"]


def test_a_device_deleted_meanwhile_leaves_the_batch(shop: OverHttp, anna: User) -> None:
    start(anna)
    anna.delete("/devices/1")
    do_all(shop.cases)
    seen = anna.get(BATCH).json
    assert (seen["total"], seen["done"], seen["counts"]) == (1, True, counts(ok=1))


def test_listing_runs_is_as_it_was(anna: User) -> None:
    assert anna.get("/runs").json == {"runs": [], "next": None}
    answer = anna.delete("/runs")
    assert kind(answer) == (405, "method-not-allowed")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
