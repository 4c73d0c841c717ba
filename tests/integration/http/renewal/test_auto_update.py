"""Schedules over HTTP."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.devices.device import DeviceId
from domain.renewal.rules import INTERVAL_MINUTES
from tests.fakes.clock import NOON
from tests.harness.over_http import OverHttp, User, kind, problem
from tests.harness.work import do_all

OFF = {
    "enabled": False,
    "interval_minutes": 720,
    "daily_at": [],
    "dates": "all",
    "last_run_utc": None,
    "last_status": None,
    "last_error": None,
    "consecutive_failures": 0,
    "next_run_utc": None,
}
ON = {**OFF, "enabled": True, "next_run_utc": "2026-03-02T12:00:00Z"}
PATH = "/devices/1/auto-update"


@pytest.fixture(autouse=True)
def _device(anna: User) -> None:
    anna.add_device()


def run_due(shop: OverHttp) -> None:
    do_all(shop.cases)


def test_a_new_device_has_the_defaults(anna: User) -> None:
    answer = anna.get(PATH)
    assert (answer.status_code, answer.json) == (200, OFF)


def test_a_schedule_that_is_missing_is_made(shop: OverHttp, anna: User) -> None:
    with shop.storage.transaction() as tx:
        details = tx.devices.get(DeviceId(1))
        bare = tx.devices.add(details.owner_id, replace(details, name="Without a schedule"))
    assert anna.get(f"/devices/{bare.id}/auto-update").json == OFF


def test_switched_on_it_is_due_at_once(anna: User) -> None:
    answer = anna.put(PATH, json={"enabled": True, "interval_minutes": 720})
    assert (answer.status_code, answer.json) == (200, ON)
    assert anna.get(PATH).json == ON


def test_what_was_shown_can_be_sent_back(anna: User) -> None:
    shown = anna.put(PATH, json={"enabled": True, "interval_minutes": 720}).json
    sent_back = {**shown, "last_run_utc": "yesterday", "last_status": 7, "id": [1], "x": None}
    assert anna.put(PATH, json=sent_back).json == ON


def test_a_run_that_ended_well_is_told(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    anna.put(PATH, json={"enabled": True, "interval_minutes": 60})
    run_due(shop)
    assert anna.get(PATH).json == {
        "enabled": True,
        "interval_minutes": 60,
        "daily_at": [],
        "dates": "all",
        "last_run_utc": "2026-03-02T12:00:00Z",
        "last_status": "OK",
        "last_error": None,
        "consecutive_failures": 0,
        "next_run_utc": "2026-03-02T13:00:00Z",
    }


def test_a_run_that_failed_is_told_with_its_reason(shop: OverHttp, anna: User) -> None:
    anna.put(PATH, json={"enabled": True, "interval_minutes": 60})
    run_due(shop)
    told = anna.get(PATH).json
    assert (told["last_status"], told["last_run_utc"][:10]) == ("ERROR", "2026-03-02")
    # Nobody has heard of a scale there yet: no more is said than that it was not reached.
    assert told["last_error"] == "The scale cannot be reached."
    assert told["consecutive_failures"] == 1
    at = datetime.fromisoformat(told["next_run_utc"])
    assert NOON + timedelta(seconds=45) <= at <= NOON + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("enabled", None),
        ("enabled", "maybe"),
        ("enabled", ""),
        ("enabled", 1),
        ("interval_minutes", None),
        ("interval_minutes", 0),
        ("interval_minutes", -5),
        ("interval_minutes", INTERVAL_MINUTES.highest + 1),
        ("interval_minutes", 1.5),
        ("interval_minutes", "sixty"),
        ("interval_minutes", "0"),
        ("interval_minutes", True),
        ("dates", "none"),
        ("dates", None),
        ("dates", True),
        ("daily_at", "06:00"),
        ("daily_at", {"06:00": True}),
        ("daily_at", ["6:00"]),
        ("daily_at", ["06:00", "24:00"]),
        ("daily_at", ["06:60"]),
        ("daily_at", ["06:00:00"]),
        ("daily_at", ["06:00\n"]),
        ("daily_at", ["٠٦:٠٠"]),
        ("daily_at", [360]),
        ("daily_at", [None]),
        ("daily_at", [f"{hour:02}:00" for hour in range(24)] + ["00:30"]),
    ],
)
def test_settings_that_do_not_fit_are_named(anna: User, field: str, value: object) -> None:
    answer = anna.put(PATH, json={"enabled": True, "interval_minutes": 60, field: value})
    assert kind(answer) == (422, "invalid-request")
    assert list(problem(answer)["errors"]["json"]) == [field]
    assert anna.get(PATH).json == OFF


@pytest.mark.parametrize("minutes", [1, INTERVAL_MINUTES.highest])
def test_an_interval_is_a_minute_to_ten_years(anna: User, minutes: int) -> None:
    answer = anna.put(PATH, json={"enabled": True, "interval_minutes": minutes})
    assert answer.json["interval_minutes"] == minutes


def test_which_products_are_renewed_stays_as_it_was_where_it_is_absent(anna: User) -> None:
    settings = {"enabled": False, "interval_minutes": 720}
    assert anna.put(PATH, json={**settings, "dates": "dated"}).json == {**OFF, "dates": "dated"}
    assert anna.put(PATH, json=settings).json == {**OFF, "dates": "dated"}
    assert anna.get(PATH).json["dates"] == "dated"
    assert anna.put(PATH, json={**settings, "dates": "all"}).json == OFF


def test_both_settings_are_required(anna: User) -> None:
    answer = anna.put(PATH, json={})
    assert problem(answer)["errors"]["json"].keys() == {"enabled", "interval_minutes"}


def daily(user: User, *times: str, **members: object) -> Any:
    """The schedule with these times of day."""
    settings = {"enabled": True, "interval_minutes": 60, "daily_at": list(times), **members}
    answer = user.put(PATH, json=settings)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_dates_are_renewed_at_times_of_day_in_the_devices_zone(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    daily(anna, "18:30", "06:00")
    for time_zone, due in (
        (None, "2026-03-02T15:30:00Z"),  # the service's: Moscow
        ("Asia/Kathmandu", "2026-03-02T12:45:00Z"),
        ("Europe/Berlin", "2026-03-02T17:30:00Z"),
    ):
        anna.put("/devices/1", json={"time_zone": time_zone})
        run_due(shop)
        assert anna.get(PATH).json["next_run_utc"] == due


def test_times_of_day_are_merged_and_put_in_order(anna: User) -> None:
    assert daily(anna, "18:30", "06:00", "18:30")["daily_at"] == ["06:00", "18:30"]
    assert len(daily(anna, *(f"{hour:02}:59" for hour in range(24)))["daily_at"]) == 24


def test_times_of_day_that_are_absent_stay(anna: User) -> None:
    shown = daily(anna, "06:00")
    assert anna.put(PATH, json={"enabled": True, "interval_minutes": 60}).json == shown
    assert anna.put(PATH, json=shown).json == shown


@pytest.mark.parametrize("none", [None, []])
def test_without_times_of_day_the_interval_counts_again(
    shop: OverHttp, anna: User, none: object
) -> None:
    shop.plug_in()
    daily(anna, "18:30")
    run_due(shop)
    settings = {"enabled": True, "interval_minutes": 60, "daily_at": none}
    told = anna.put(PATH, json=settings).json
    assert (told["daily_at"], told["next_run_utc"]) == ([], "2026-03-02T13:00:00Z")


def test_one_that_waits_for_its_password_has_no_next_run(shop: OverHttp, anna: User) -> None:
    right = {"password": "4321"}
    shop.plug_in().password = right["password"]
    daily(anna, "18:30")
    run_due(shop)
    assert anna.get(PATH).json["next_run_utc"] is None
    assert daily(anna, "19:30")["next_run_utc"] is None
    shop.clock.advance(timedelta(hours=20))
    assert do_all(shop.cases) == 0
    assert anna.put("/devices/1", json=right).json["next_run_utc"] is not None
    run_due(shop)
    assert anna.get(PATH).json["last_status"] == "OK"


def test_times_are_told_to_the_second(shop: OverHttp, anna: User) -> None:
    shop.clock.advance(timedelta(milliseconds=1500))
    answer = anna.put(PATH, json={"enabled": True, "interval_minutes": 60})
    assert answer.json["next_run_utc"] == "2026-03-02T12:00:01Z"
