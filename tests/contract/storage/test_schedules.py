"""What any storage promises of schedules."""

from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.schedules import Due
from application.ports.storage import Storage, Transaction
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.errors import Cause
from domain.renewal.schedule import AutoUpdate
from tests.harness import stored
from tests.harness.stored import HOUR, NOON, SECOND

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)


def due(storage: Storage, now: datetime = NOON, limit: int = 10) -> list[DeviceId]:
    """Who would be claimed; the claim itself is taken back."""
    found: list[DeviceId] = []
    with suppress(TakenBackError), storage.transaction() as tx:
        any_due = tx.schedules.any_due(now)
        found = claim(tx, now, limit=limit)
        assert any_due == bool(found)
        raise TakenBackError
    return found


def claim(tx: Transaction, now: datetime = NOON, *, limit: int = 10) -> list[DeviceId]:
    claimed = tx.schedules.claim_due(now, until=now + HOUR, limit=limit)
    return [each.device_id for each in claimed]


class TakenBackError(Exception):
    """Ends a transaction without a trace."""


def save(storage: Storage, *schedules: AutoUpdate) -> None:
    with storage.transaction() as tx:
        for schedule in schedules:
            tx.schedules.save(schedule)


def test_gives_back_every_field(storage: Storage) -> None:
    device = stored.stored_device(storage)
    schedule = AutoUpdate(
        device_id=device.id,
        enabled=True,
        interval=timedelta(days=400, minutes=7),
        due_at=NOON,
        dates_written=date(2026, 3, 1),
        last_run_at=NOON - HOUR,
        last_status="ERROR",
        last_error=Cause(
            "ScalesRefused", {"reason": "неверный\0пароль", "result": 17, "more": [None]}
        ),
        daily_at=(time(0), time(6, 30), time(23, 59)),
        clock_read=datetime(2026, 3, 2, 15, 0, 0, 123456),  # noqa: DTZ001  # on the wall
        consecutive_failures=7,
        looked_at=NOON - SECOND,
        dates_from=NOON - 12 * HOUR,
    )
    save(storage, schedule)
    with storage.snapshot() as tx:
        assert tx.schedules.find(device.id) == schedule


def test_gives_back_what_replaced_it(storage: Storage) -> None:
    device = stored.stored_device(storage)
    bare = AutoUpdate(device_id=device.id, enabled=False, interval=HOUR, due_at=None)
    save(
        storage,
        replace(
            stored.schedule(device.id),
            dates_written=date(2026, 3, 1),
            last_run_at=NOON,
            last_status="OK",
            last_error=Cause("ScalesTimedOut"),
            daily_at=(time(6),),
            clock_read=datetime(2026, 3, 2),  # noqa: DTZ001  # on the wall
            consecutive_failures=1,
            looked_at=NOON,
            dates_from=NOON,
        ),
        bare,
    )
    with storage.snapshot() as tx:
        assert tx.schedules.find(device.id) == bare


def test_there_is_none_until_one_is_saved(storage: Storage) -> None:
    device = stored.stored_device(storage)
    with storage.transaction() as tx:
        assert tx.schedules.find(device.id) is None
        with pytest.raises(UnknownDeviceError):
            tx.schedules.save(stored.schedule(DeviceId(device.id + 1)))


def test_due_is_who_waits_longest_first(storage: Storage) -> None:
    now, later, soon, tie, off = stored.stored_devices(storage, *"abcde")
    save(
        storage,
        stored.schedule(now, NOON),
        stored.schedule(later, NOON + MICROSECOND),
        stored.schedule(soon, NOON - MICROSECOND),
        stored.schedule(tie, NOON - MICROSECOND),
        stored.schedule(off, None),
    )
    assert due(storage) == [soon, tie, now]
    assert due(storage, limit=2) == [soon, tie]
    assert due(storage, NOON + HOUR) == [soon, tie, now, later]
    assert due(storage, NOON - HOUR) == []


def test_due_compares_instants_whole_seconds_included(storage: Storage) -> None:
    device = stored.stored_device(storage)
    whole = NOON.replace(microsecond=0)
    save(storage, stored.schedule(device.id, whole))
    assert due(storage, whole) == [device.id]
    assert due(storage, whole + MICROSECOND) == [device.id]
    assert due(storage, whole - MICROSECOND) == []


def test_a_busy_device_is_due_all_the_same(storage: Storage) -> None:
    busy, free = stored.stored_devices(storage, "busy", "free")
    save(storage, stored.schedule(busy, NOON - HOUR), stored.schedule(free, NOON))
    stored.taken(storage, busy)
    assert due(storage) == [busy, free]


def test_what_was_claimed_is_not_claimed_again_before_its_time(storage: Storage) -> None:
    one, two, three = stored.stored_devices(storage, *"abc")
    save(storage, *(stored.schedule(each, NOON) for each in (one, two, three)))
    with storage.transaction() as tx:
        assert claim(tx, limit=2) == [one, two]
    with storage.transaction() as tx:
        assert claim(tx) == [three]
        assert claim(tx, NOON + HOUR - SECOND) == []
    assert due(storage, NOON + HOUR) == [one, two, three]


def test_a_claim_leaves_the_schedule_as_it_is_but_for_the_look_at_it(storage: Storage) -> None:
    device = stored.stored_device(storage)
    save(storage, stored.schedule(device.id, NOON - SECOND))
    with storage.transaction() as tx:
        claim(tx)
        assert tx.schedules.find(device.id) == replace(
            stored.schedule(device.id, NOON - SECOND), looked_at=NOON
        )


@pytest.mark.parametrize("ahead", [10 * SECOND, 31 * DAY, 366 * DAY])
def test_what_was_settled_by_a_clock_that_was_ahead_is_due(
    storage: Storage, ahead: timedelta
) -> None:
    wrong, right, off = stored.stored_devices(storage, "wrong", "right", "off")
    then = NOON + ahead
    save(
        storage,
        replace(stored.schedule(wrong, then + 12 * HOUR), looked_at=then),
        replace(stored.schedule(right, NOON + HOUR), looked_at=NOON + SECOND),
        replace(stored.schedule(off, None), looked_at=None, dates_from=then),
    )
    with storage.transaction() as tx:
        assert claim(tx) == [wrong]
        settled = tx.schedules.find(wrong)
    assert settled is not None
    assert (settled.due_at, settled.looked_at) == (NOON, NOON)
    assert due(storage, NOON + HOUR - SECOND) == []
    assert due(storage, NOON + HOUR) == [wrong, right]


@pytest.mark.parametrize("ahead", [10 * SECOND, 31 * DAY, 366 * DAY])
def test_a_claim_by_a_clock_that_was_ahead_hides_nobody(storage: Storage, ahead: timedelta) -> None:
    device = stored.stored_device(storage)
    save(storage, stored.schedule(device.id))
    with storage.transaction() as tx:
        assert claim(tx, NOON + ahead) == [device.id]
    assert due(storage) == [device.id]


def test_who_waits_comes_before_what_a_clock_settled_that_was_ahead(storage: Storage) -> None:
    ahead, late, refusing = stored.stored_devices(storage, "ahead", "late", "refusing")
    then = NOON + DAY
    save(
        storage,
        replace(stored.schedule(ahead, then), looked_at=then),
        stored.schedule(late),
        replace(stored.schedule(refusing, then), looked_at=then),
    )
    with storage.transaction() as tx:
        tx.devices.save(tx.devices.get(refusing).password_refused(NOON))
    assert due(storage, limit=1) == [late]
    assert sorted(due(storage, limit=2)) == [ahead, late]


def test_what_was_claimed_and_is_saved_is_due_when_its_schedule_says(storage: Storage) -> None:
    device = stored.stored_device(storage)
    save(storage, stored.schedule(device.id))
    with storage.transaction() as tx:
        claim(tx)
    save(storage, stored.schedule(device.id, NOON + SECOND))
    assert due(storage, NOON) == []
    assert due(storage, NOON + SECOND) == [device.id]
    save(storage, stored.schedule(device.id, None))
    assert due(storage, NOON + 24 * HOUR) == []


def doubted(storage: Storage, *names: str) -> tuple[UserId, list[DeviceId]]:
    """An owner, and devices of his that did not answer last time."""
    return doubted_of(storage, "anna@example.com", *names)


def doubted_of(storage: Storage, email: str, *names: str) -> tuple[UserId, list[DeviceId]]:
    with storage.transaction() as tx:
        owner = stored.user(tx, email)
        devices = [stored.device(tx, owner, name) for name in names]
        for device in devices:
            tx.devices.save(replace(device, doubtful=True))
        return owner, [device.id for device in devices]


def test_who_did_not_answer_last_time_is_told_when_due(storage: Storage) -> None:
    owner, [silent] = doubted(storage, "silent")
    with storage.transaction() as tx:
        healthy = stored.device(tx, owner, "healthy").id
        other = stored.device(tx, name="another's")
    save(storage, *map(stored.schedule, (silent, healthy, other.id)))
    with storage.transaction() as tx:
        claimed = tx.schedules.claim_due(NOON, until=NOON + HOUR, limit=9)
        assert claimed == [
            Due(silent, owner, True),
            Due(healthy, owner, False),
            Due(other.id, other.owner_id, False),
        ]
        assert tx.devices.doubtful(owner) == {silent}
        assert tx.devices.doubtful(other.owner_id) == set()


def test_an_owners_doubtful_devices_can_be_tried_sooner(storage: Storage) -> None:
    owner, [long_ago, just_now, never, soon, off, due_now] = doubted(storage, *"abcdef")
    with storage.transaction() as tx:
        healthy = stored.device(tx, owner, "healthy").id
    _, [others] = doubted_of(storage, "ben@example.com", "another's")
    later, spacing = NOON + HOUR, 10 * SECOND
    tried = {
        long_ago: (NOON - spacing, later),
        just_now: (NOON - SECOND, later),
        never: (None, later),
        soon: (NOON - SECOND, NOON + SECOND),
        off: (NOON - spacing, None),
        due_now: (NOON - spacing, NOON - SECOND),
        healthy: (NOON - spacing, later),
        others: (NOON - spacing, later),
    }
    save(
        storage,
        *(
            replace(stored.schedule(each, due_at), last_run_at=last)
            for each, (last, due_at) in tried.items()
        ),
    )
    with storage.transaction() as tx:
        tx.schedules.hasten(owner, NOON, spacing=spacing)
        found = {each: tx.schedules.find(each) for each in tried}
    assert {each: schedule.due_at for each, schedule in found.items() if schedule} == {
        long_ago: NOON,
        just_now: NOON + spacing,
        never: NOON,
        soon: NOON + SECOND,
        off: None,
        due_now: NOON - SECOND,
        healthy: later,
        others: later,
    }
    assert set(due(storage, NOON)) == {long_ago, never, due_now}
    assert set(due(storage, NOON + spacing)) == {long_ago, never, due_now, just_now, soon}


def test_a_device_that_refused_its_password_waits_for_the_user(storage: Storage) -> None:
    refusing, other = stored.stored_device(storage, "refusing"), stored.stored_device(storage, "b")
    save(storage, stored.schedule(refusing.id, NOON - HOUR), stored.schedule(other.id))
    with storage.transaction() as tx:
        tx.devices.save(refusing.password_refused(NOON))
    assert due(storage, limit=1) == [other.id]
    with storage.transaction() as tx:
        tx.devices.save(tx.devices.get(refusing.id).password_taken())
    assert due(storage) == [refusing.id, other.id]


def test_a_deleted_device_is_never_due(storage: Storage) -> None:
    device = stored.stored_device(storage)
    save(storage, stored.schedule(device.id))
    with storage.transaction() as tx:
        tx.devices.delete(device.id)
    assert due(storage) == []


def test_enabled_is_every_one_that_is_on_with_its_devices_zone(storage: Storage) -> None:
    on, off, also_on = stored.stored_devices(storage, "on", "off", "also on")
    save(
        storage,
        stored.schedule(also_on, NOON + HOUR),
        stored.schedule(off, None),
        stored.schedule(on),
    )
    with storage.transaction() as tx:
        tx.devices.save(replace(tx.devices.get(also_on), time_zone="Asia/Tokyo"))
    with storage.snapshot() as tx:
        enabled = list(tx.schedules.enabled())
    assert enabled == [
        (stored.schedule(on), None),
        (stored.schedule(also_on, NOON + HOUR), "Asia/Tokyo"),
    ]
