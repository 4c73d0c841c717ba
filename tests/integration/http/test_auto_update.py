"""Schedules over HTTP."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapters.rest.schemas import LONGEST_INTERVAL
from domain.device import DeviceId
from tests.fakes.clock import NOON
from tests.integration.http.shop import HERE, Shop, User, kind, problem
from tests.work import do_all

OFF = {
    "enabled": False,
    "interval_minutes": 720,
    "last_run_utc": None,
    "last_status": None,
    "last_error": None,
    "next_run_utc": None,
}
ON = {**OFF, "enabled": True, "next_run_utc": "2026-03-02T12:00:00Z"}
PATH = "/devices/1/auto-update"


@pytest.fixture(autouse=True)
def _device(anna: User) -> None:
    anna.add_device()


def run_due(shop: Shop) -> None:
    do_all(shop.cases)


def test_a_new_device_has_the_defaults(anna: User) -> None:
    answer = anna.get(PATH)
    assert (answer.status_code, answer.json) == (200, OFF)


def test_a_schedule_that_is_missing_is_made(shop: Shop, anna: User) -> None:
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


def test_a_run_that_ended_well_is_told(shop: Shop, anna: User) -> None:
    shop.plug_in()
    anna.put(PATH, json={"enabled": True, "interval_minutes": 60})
    run_due(shop)
    assert anna.get(PATH).json == {
        "enabled": True,
        "interval_minutes": 60,
        "last_run_utc": "2026-03-02T12:00:00Z",
        "last_status": "OK",
        "last_error": None,
        "next_run_utc": "2026-03-02T13:00:00Z",
    }


def test_a_run_that_failed_is_told_with_its_reason(shop: Shop, anna: User) -> None:
    anna.put(PATH, json={"enabled": True, "interval_minutes": 60})
    run_due(shop)
    told = anna.get(PATH).json
    assert (told["last_status"], told["last_run_utc"][:10]) == ("ERROR", "2026-03-02")
    assert HERE.host in told["last_error"]
    at = datetime.fromisoformat(told["next_run_utc"])
    assert at > NOON


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("enabled", None),
        ("enabled", "true"),
        ("enabled", 1),
        ("interval_minutes", None),
        ("interval_minutes", 0),
        ("interval_minutes", -5),
        ("interval_minutes", LONGEST_INTERVAL + 1),
        ("interval_minutes", 1.5),
        ("interval_minutes", "60"),
        ("interval_minutes", True),
    ],
)
def test_settings_that_do_not_fit_are_named(anna: User, field: str, value: object) -> None:
    answer = anna.put(PATH, json={"enabled": True, "interval_minutes": 60, field: value})
    assert kind(answer) == (422, "invalid-request")
    assert list(problem(answer)["errors"]["json"]) == [field]
    assert anna.get(PATH).json == OFF


@pytest.mark.parametrize("minutes", [1, LONGEST_INTERVAL])
def test_an_interval_is_a_minute_to_ten_years(anna: User, minutes: int) -> None:
    answer = anna.put(PATH, json={"enabled": True, "interval_minutes": minutes})
    assert answer.json["interval_minutes"] == minutes


def test_both_settings_are_required(anna: User) -> None:
    answer = anna.put(PATH, json={})
    assert problem(answer)["errors"]["json"].keys() == {"enabled", "interval_minutes"}


def test_times_are_told_to_the_second(shop: Shop, anna: User) -> None:
    shop.clock.advance(timedelta(milliseconds=1500))
    answer = anna.put(PATH, json={"enabled": True, "interval_minutes": 60})
    assert answer.json["next_run_utc"] == "2026-03-02T12:00:01Z"
