"""Conversations with devices over HTTP."""

from datetime import timedelta
from typing import Any

import pytest

from adapters.mertech.emulator.faults import Fault
from adapters.rest.http.schemas import LONGEST_PAGE
from tests.harness.over_http import OverHttp, User, kind, problem

PATHS = ["/runs", "/devices/1/runs"]
READ = {
    "id": 1,
    "device_id": 1,
    "kind": "read",
    "by": "user",
    "asked_by": 1,
    "started_at": "2026-03-02T12:00:00Z",
    "ended_at": "2026-03-02T12:00:00Z",
    "outcome": "ok",
    "products": 2,
    "retries": 0,
    "error_type": None,
    "error": None,
}


@pytest.fixture(autouse=True)
def _device(anna: User) -> None:
    anna.add_device()


def ids(answer: dict[str, Any]) -> list[int]:
    return [run["id"] for run in answer["runs"]]


def read(user: User, *, times: int = 1, device_id: int = 1) -> None:
    for _ in range(times):
        user.get(f"/devices/{device_id}/products")


@pytest.mark.parametrize("path", PATHS)
def test_without_conversations_there_are_no_runs(anna: User, path: str) -> None:
    answer = anna.get(path)
    assert (answer.status_code, answer.json) == (200, {"runs": [], "next": None})


@pytest.mark.parametrize("path", PATHS)
def test_a_conversation_is_told_with_its_end(shop: OverHttp, anna: User, path: str) -> None:
    device = shop.plug_in()
    read(anna)
    [run] = anna.get(path).json["runs"]
    assert device.text is not None
    assert run == {**READ, "bytes": len(device.text)}


def test_a_failure_is_told_with_its_reason(shop: OverHttp, anna: User) -> None:
    shop.plug_in().fault = Fault.RESET_IN_DOWNLOAD
    read(anna)
    [run] = anna.get("/runs").json["runs"]
    told = {"outcome": "failed", "retries": 2, "products": None, "bytes": None}
    assert run.items() >= told.items()
    assert (run["error_type"], run["error"]) == (
        "ScalesUnreachable",
        "The scale at 10.0.0.7:1111 broke the connection.",
    )


def test_the_scheduler_is_told_from_users(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    shop.renew(1)
    [run] = anna.get("/runs").json["runs"]
    assert (run["kind"], run["by"], run["asked_by"]) == ("auto_update", "scheduler", None)
    shop.renew(1)
    assert anna.get("/runs").json["runs"][0]["outcome"] == "nothing_to_do"


def test_a_conversation_under_way_is_running(shop: OverHttp, anna: User) -> None:
    device = shop.plug_in()
    meanwhile: list[Any] = []
    device.during = lambda stage: meanwhile.append(anna.get("/runs").json["runs"][0])
    read(anna)
    [run] = meanwhile
    assert (run["outcome"], run["ended_at"], run["retries"]) == ("running", None, 0)


def test_a_conversation_cut_off_by_a_crash_reads_interrupted(shop: OverHttp, anna: User) -> None:
    device = shop.plug_in()

    def crash(stage: str) -> None:
        raise KeyboardInterrupt

    device.during = crash
    with pytest.raises(KeyboardInterrupt):
        read(anna)
    shop.clock.advance(timedelta(seconds=16))
    [run] = anna.get("/runs?outcome=interrupted").json["runs"]
    assert (run["outcome"], run["ended_at"]) == ("interrupted", None)


@pytest.mark.parametrize("path", PATHS)
def test_runs_are_paged_newest_first(shop: OverHttp, anna: User, path: str) -> None:
    shop.plug_in()
    read(anna, times=5)
    pages = [anna.get(f"{path}?limit=2").json]
    read(anna)
    while pages[-1]["next"]:
        assert pages[-1]["next"].startswith(f"{path}?")
        pages.append(anna.get(pages[-1]["next"]).json)
    assert [ids(page) for page in pages] == [[5, 4], [3, 2], [1]]


def test_a_last_page_that_is_full_has_no_next(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    read(anna, times=2)
    assert anna.get("/runs?limit=2").json["next"] is None


def test_fifty_are_answered_unless_told_otherwise(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    read(anna, times=51)
    first = anna.get("/runs").json
    assert len(first["runs"]) == 50
    assert ids(anna.get(first["next"]).json) == [1]
    assert len(anna.get(f"/runs?limit={LONGEST_PAGE}").json["runs"]) == 51


def test_runs_of_one_device_are_told_apart(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    other = anna.add_device(name="Butcher")
    read(anna)
    read(anna, device_id=other)
    assert ids(anna.get("/runs").json) == [2, 1]
    for path in (f"/devices/{other}/runs", f"/runs?device_id={other}"):
        assert ids(anna.get(path).json) == [2]
    assert ids(anna.get("/devices/1/runs").json) == [1]


@pytest.mark.parametrize("path", PATHS)
def test_runs_are_filtered(shop: OverHttp, anna: User, path: str) -> None:
    device = shop.plug_in()
    read(anna)
    shop.clock.advance(timedelta(hours=1))
    anna.post("/devices/1/upload")
    device.fault = Fault.REFUSE_CONNECTIONS
    read(anna)
    for query, found in (
        ("kind=read", [3, 1]),
        ("kind=upload", [2]),
        ("kind=auto_update", []),
        ("outcome=failed", [3]),
        ("outcome=ok", [2, 1]),
        ("since=2026-03-02T13:00:00Z", [3, 2]),
        ("since=2026-03-02T16:00:00%2B03:00", [3, 2]),
        ("since=2026-03-02T13:00:00.000001Z", []),
        ("kind=read&outcome=ok", [1]),
        ("since=0001-01-01T00:00:00Z", [3, 2, 1]),
        ("before=3", [2, 1]),
        (f"before={2**63 - 1}", [3, 2, 1]),
        ("before=0", []),
    ):
        assert ids(anna.get(f"{path}?{query}").json) == found, query


@pytest.mark.parametrize("path", ["/runs?device_id=1&", "/devices/1/runs?"])
def test_filters_hold_on_the_next_page(shop: OverHttp, anna: User, path: str) -> None:
    shop.plug_in()
    other = anna.add_device(name="Butcher")
    read(anna)
    shop.clock.advance(timedelta(hours=1))
    anna.post("/devices/1/upload")
    read(anna, times=3)
    read(anna, device_id=other)
    query = "kind=read&outcome=ok&since=2026-03-02T15:30:00%2B03:00&limit=2"
    first = anna.get(f"{path}{query}").json
    assert ids(first) == [5, 4]
    second = anna.get(first["next"]).json
    assert (ids(second), second["next"]) == ([3], None)


def test_runs_of_a_device_are_of_no_other(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    other = anna.add_device(name="Butcher")
    read(anna, device_id=other)
    assert ids(anna.get(f"/devices/1/runs?device_id={other}").json) == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("limit", ""),
        ("limit", "0"),
        ("limit", "-1"),
        ("limit", str(LONGEST_PAGE + 1)),
        ("limit", "1_0"),
        ("limit", "1.0"),
        ("limit", "%D9%A1"),
        ("before", ""),
        ("before", "x"),
        ("before", str(2**63)),
        ("before", "9" * 5000),
    ],
)
def test_a_page_that_cannot_be_is_named(anna: User, path: str, field: str, value: str) -> None:
    answer = anna.get(f"{path}?{field}={value}")
    assert kind(answer) == (422, "invalid-request")
    assert list(problem(answer)["errors"]["query"]) == [field]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "READ"),
        ("kind", ""),
        ("outcome", "good"),
        ("since", "yesterday"),
        ("since", "2026-03-02"),
        ("since", "2026-03-02T12:00:00"),
        ("since", "2026-02-30T12:00:00Z"),
        ("since", "0001-01-01T00:00:00%2B03:00"),
        ("since", "9999-12-31T23:59:59-03:00"),
    ],
)
def test_a_filter_that_cannot_be_is_named(anna: User, path: str, field: str, value: str) -> None:
    answer = anna.get(f"{path}?{field}={value}")
    assert kind(answer) == (422, "invalid-request")
    assert list(problem(answer)["errors"]["query"]) == [field]


def test_a_device_that_cannot_be_is_named(anna: User) -> None:
    answer = anna.get("/runs?device_id=x")
    assert kind(answer) == (422, "invalid-request")
    assert list(problem(answer)["errors"]["query"]) == ["device_id"]


def test_the_instants_that_are_taken_are_said(anna: User) -> None:
    detail = problem(anna.get("/runs?since=2026-03-02T12:00:00"))["detail"]
    assert "2026-11-23T00:00:00Z" in detail
