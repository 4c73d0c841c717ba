"""What any storage promises of fleets and of the states of devices."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from application.ports.repositories.fleet import DueDevice, FleetCounts
from application.ports.storage import Storage, Transaction
from domain.accounts.user import UserId
from domain.devices.device import Device, DeviceId
from domain.devices.state import LATE_AFTER, DeviceState
from domain.errors import Cause
from domain.runs.run import Ending, Outcome, RunKind
from tests.harness import stored
from tests.harness.storages import PassTime
from tests.harness.stored import HOUR, NOON, SECOND

MICROSECOND = timedelta(microseconds=1)
Put = Callable[[Transaction, Device], object]


def shop(storage: Storage, *puts: Put) -> tuple[UserId, list[DeviceId]]:
    """An owner with a device for each of these, beside somebody else's who has them all alike."""
    with storage.transaction() as tx:
        owners = [stored.user(tx, email) for email in ("anna@example.com", "boris@example.com")]
        devices = [
            (owner, stored.device(tx, owner, f"Device {number}"), put)
            for number, put in enumerate(puts)
            for owner in owners
        ]
        for _, device, put in devices:
            put(tx, device)
    return owners[0], [device.id for owner, device, _ in devices if owner == owners[0]]


def nothing(_tx: Transaction, _device: Device) -> None:
    """A device that nothing more is known of, not even a schedule."""


def due(at: datetime | None, **more: object) -> Put:
    def put(tx: Transaction, device: Device) -> None:
        schedule = replace(stored.schedule(device.id, at), **more)  # type: ignore[arg-type]  # as named
        tx.schedules.save(schedule)

    return put


def refused(*others: Put) -> Put:
    def put(tx: Transaction, device: Device) -> None:
        for other in others:
            other(tx, device)
        tx.devices.save(device.password_refused(NOON))

    return put


def cached(*, edited: bool = False, unverified: bool = False, replaced: bool = False) -> Put:
    def put(tx: Transaction, device: Device) -> None:
        catalogue = replace(stored.catalogue(device.id), unverified=unverified, replaced=replaced)
        edits = (stored.edit(1),) if edited else ()
        tx.catalogues.save(replace(catalogue, edits=edits))

    return put


def leased(tx: Transaction, device: Device) -> None:
    cached(unverified=True)(tx, device)
    assert tx.leases.take(device.id, 15 * SECOND) is not None


def clock(seconds: int) -> Put:
    def put(tx: Transaction, device: Device) -> None:
        tx.devices.save(replace(device, clock_ahead=seconds * SECOND))

    return put


LATEST = NOON - LATE_AFTER
STATES: dict[DeviceState, tuple[list[Put], list[Put]]] = {
    DeviceState.FAILING: (
        [due(NOON, consecutive_failures=1), refused(due(NOON, consecutive_failures=1))],
        [nothing, due(NOON), due(NOON, last_status="OK"), due(None, consecutive_failures=1)],
    ),
    DeviceState.LATE: (
        [
            due(LATEST),
            due(LATEST - HOUR, last_status="ERROR"),
            due(NOON + HOUR, looked_at=NOON + HOUR),
            due(NOON + HOUR, dates_from=NOON + HOUR),
        ],
        [
            due(None, dates_from=NOON + HOUR),
            due(NOON + HOUR, looked_at=NOON, dates_from=NOON),
            refused(due(NOON + HOUR, looked_at=NOON + HOUR)),
            nothing,
            due(None),
            due(LATEST + MICROSECOND),
            due(NOON),
            refused(due(LATEST)),
        ],
    ),
    DeviceState.UNVERIFIED: (
        [cached(unverified=True)],
        [nothing, cached(edited=True), leased, due(LATEST)],
    ),
    DeviceState.REPLACED: (
        [cached(replaced=True), cached(replaced=True, edited=True)],
        [nothing, cached(unverified=True), due(NOON, last_status="ERROR")],
    ),
    DeviceState.WRONG_PASSWORD: (
        [refused(), refused(due(LATEST)), refused(cached(edited=True))],
        [nothing, cached(edited=True), due(NOON, consecutive_failures=1)],
    ),
    DeviceState.WRONG_CLOCK: (
        [clock(301), clock(-301), clock(86_400)],
        [nothing, clock(0), clock(300), clock(-300), due(LATEST), refused()],
    ),
    DeviceState.EDITED: (
        [cached(edited=True), cached(edited=True, unverified=True)],
        [nothing, cached(unverified=True), due(LATEST), refused()],
    ),
}


@pytest.mark.parametrize("state", DeviceState)
def test_lists_and_counts_the_devices_in_a_state(storage: Storage, state: DeviceState) -> None:
    inside, outside = STATES[state]
    owner, ids = shop(storage, *outside, *inside)
    with storage.snapshot() as tx:
        listed = tx.devices.in_state(owner, state, NOON)
        every = tx.devices.summaries(owner)
        counts = tx.fleet.counts(owner, NOON)
    assert [summary.device.id for summary in listed] == ids[len(outside) :]
    assert list(listed) == list(every[len(outside) :])
    assert counts.states[state] == len(inside)


def test_no_fleet_is_a_fleet_of_none(storage: Storage) -> None:
    with storage.transaction() as tx:
        owner = stored.user(tx)
        assert tx.fleet.counts(owner, NOON) == FleetCounts(
            devices=0, auto_update=0, due=0, states=dict.fromkeys(DeviceState, 0)
        )
        assert tx.fleet.oldest_late(owner, NOON) is None
        assert tx.fleet.next_due(owner, NOON) is None
        assert list(tx.fleet.running(owner)) == []


def test_counts_who_is_on_and_whose_turn_has_come(storage: Storage) -> None:
    owner, _ = shop(
        storage,
        nothing,
        due(None),
        due(NOON),
        due(LATEST),
        due(NOON + MICROSECOND),
        refused(due(LATEST)),
    )
    with storage.snapshot() as tx:
        counts = tx.fleet.counts(owner, NOON)
    assert (counts.devices, counts.auto_update, counts.due) == (6, 4, 2)


def test_names_who_is_late_the_longest_and_who_is_next(storage: Storage) -> None:
    owner, ids = shop(
        storage,
        refused(due(LATEST - 2 * HOUR)),
        due(LATEST),
        due(LATEST - HOUR),
        due(LATEST - HOUR),
        due(NOON),
        due(NOON + 2 * SECOND),
        refused(due(NOON + SECOND)),
        due(NOON + SECOND),
        due(None),
        nothing,
    )
    with storage.snapshot() as tx:
        late = tx.fleet.oldest_late(owner, NOON)
        following = tx.fleet.next_due(owner, NOON)
    assert late == DueDevice(ids[2], "Device 2", LATEST - HOUR)
    assert following == DueDevice(ids[7], "Device 7", NOON + SECOND)


def test_nobody_is_late_or_next_where_nobody_is(storage: Storage) -> None:
    owner, _ = shop(storage, due(NOON), due(None), refused(due(LATEST)))
    with storage.snapshot() as tx:
        assert tx.fleet.oldest_late(owner, NOON) is None
        assert tx.fleet.next_due(owner, NOON) is None


def test_shows_the_conversations_that_go_on(storage: Storage, pass_time: PassTime) -> None:
    owner, [ended, asked, scheduled, _] = shop(storage, nothing, nothing, nothing, nothing)
    started = {}
    for device_id, asked_by in ((ended, owner), (asked, owner), (scheduled, None)):
        lease = stored.taken(storage, device_id)
        with storage.transaction() as tx:
            started[device_id] = tx.runs.start(lease, kind=RunKind.READ, asked_by=asked_by, at=NOON)
    with storage.transaction() as tx:
        tx.runs.end(started[ended], Ending(at=NOON, outcome=Outcome.OK))
    with storage.snapshot() as tx:
        running = list(tx.fleet.running(owner))
    assert [(name, run.id, run.device_id, run.asked_by) for name, run in running] == [
        ("Device 1", started[asked], asked, owner),
        ("Device 2", started[scheduled], scheduled, None),
    ]
    assert {run.outcome for _, run in running} == {Outcome.RUNNING}
    pass_time(16 * SECOND)
    with storage.snapshot() as tx:
        assert list(tx.fleet.running(owner)) == []


def test_a_summary_tells_how_the_auto_update_is_doing(storage: Storage) -> None:
    told = {
        "last_run_at": NOON - HOUR,
        "last_status": "ERROR",
        "last_error": Cause("ScalesTimedOut"),
    }
    owner, ids = shop(
        storage, nothing, due(NOON, **told, consecutive_failures=3), refused(due(NOON))
    )
    with storage.snapshot() as tx:
        bare, failing, waiting = (tx.devices.summary(owner, device_id) for device_id in ids)
    assert (bare.auto_update, bare.next_run_at, bare.consecutive_failures) == (False, None, 0)
    assert type(failing.auto_update) is bool
    assert failing == replace(
        bare,
        device=failing.device,
        auto_update=True,
        due_at=NOON,
        consecutive_failures=3,
        **told,  # type: ignore[arg-type]  # as named
    )
    assert failing.next_run_at == NOON
    assert (waiting.auto_update, waiting.next_run_at) == (True, None)
