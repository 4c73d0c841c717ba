"""What any storage promises of the states of devices: it means by them what the domain means."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from random import Random
from typing import Any, TypeAlias

import pytest

from application.ports.repositories.fleet import DueDevice
from application.ports.storage import Storage, Transaction
from domain.accounts.user import UserId
from domain.devices.device import Device
from domain.devices.state import CLOCK_OFF, LATE_AFTER, DeviceFacts, DeviceState, states_of
from domain.renewal.schedule import CLOCKS_DIFFER
from tests.harness import stored
from tests.harness.stored import HOUR, NOON, SECOND

Values: TypeAlias = dict[str, Any]
Known: TypeAlias = dict[Device, DeviceFacts]

SMALLEST = timedelta(microseconds=1)
ANY_TIME = [NOON - HOUR, NOON + CLOCKS_DIFFER, NOON + CLOCKS_DIFFER + SMALLEST]
TURNS = [NOON - HOUR, NOON - LATE_AFTER, NOON - LATE_AFTER + SMALLEST, NOON, NOON + SMALLEST]
SCHEDULES: list[Values] = [
    {},
    *(
        {"enabled": True, "due_at": due_at, "looked_at": looked_at, "dates_from": dates_from}
        for due_at, looked_at, dates_from in product(
            [*TURNS, NOON + HOUR], [None, *ANY_TIME], [None, *ANY_TIME]
        )
    ),
    *(
        {"enabled": False, "due_at": None, "looked_at": None, "dates_from": dates_from}
        for dates_from in [None, *ANY_TIME]
    ),
]
CATALOGUES: list[Values] = [
    {},
    *(
        {"unverified": unverified, "replaced": replaced, "edited": edited}
        for unverified, replaced, edited in product([False, True], repeat=3)
    ),
]
CLOCKS = [
    None,
    timedelta(),
    CLOCK_OFF,
    CLOCK_OFF + SECOND,
    -CLOCK_OFF,
    -CLOCK_OFF - SECOND,
    timedelta(days=400),
]


def combinations() -> Iterator[tuple[Values, Values]]:
    """What may be known of a device, and of its schedule. Each schedule comes with and without a
    refused password; what does not depend on one another comes in any mixture."""
    mixture = Random(20_260_302)  # noqa: S311 - the same each time
    for schedule, refusals in product(SCHEDULES, [0, 2]):
        facts: Values = {
            "refusals": refusals,
            "clock_ahead": mixture.choice(CLOCKS),
            "in_conversation": mixture.random() < 0.5,
            **mixture.choice(CATALOGUES),
        }
        failures = mixture.choice([0, 1, 7])
        settings = schedule and {**schedule, "consecutive_failures": failures}
        yield facts, settings


def put(tx: Transaction, device: Device, facts: Values, settings: Values) -> DeviceFacts:
    """Have the storage hold this, and tell it as the domain knows it."""
    for _ in range(facts["refusals"]):
        device = device.password_refused(NOON)
    tx.devices.save(replace(device, clock_ahead=facts["clock_ahead"]))
    known = DeviceFacts(**facts)
    if "edited" in facts:
        catalogue = replace(
            stored.catalogue(device.id), unverified=known.unverified, replaced=known.replaced
        )
        edits = (stored.edit(1),) if known.edited else ()
        tx.catalogues.save(replace(catalogue, edits=edits))
    if settings:
        schedule = replace(stored.schedule(device.id), **settings)
        tx.schedules.save(schedule)
        known = replace(
            known,
            auto_update=schedule.enabled,
            due_at=schedule.due_at,
            clock_was_ahead=schedule.clock_was_ahead(NOON),
            consecutive_failures=schedule.consecutive_failures,
        )
    if known.in_conversation:
        assert tx.leases.take(device.id, HOUR) is not None
    return known


@pytest.fixture
def fleet(storage: Storage) -> tuple[UserId, Known]:
    """An owner with a device in each combination."""
    known: Known = {}
    with storage.transaction() as tx:
        owner = stored.user(tx)
        for number, (facts, settings) in enumerate(combinations()):
            device = stored.device(tx, owner, f"Device {number}")
            known[device] = put(tx, device, facts, settings)
    return owner, known


def test_the_combinations_have_devices_in_each_state_and_out_of_it() -> None:
    """Else what follows would say nothing of that state."""
    every = [DeviceFacts(**facts) for facts, _ in combinations()]
    states = [states_of(facts, NOON) for facts in every]
    for state in set(DeviceState) - {DeviceState.LATE, DeviceState.FAILING}:
        assert 20 < sum(state in each for each in states) < len(every) - 20


def test_a_state_means_what_the_domain_means_by_it(
    storage: Storage, fleet: tuple[UserId, Known]
) -> None:
    owner, known = fleet
    with storage.snapshot() as tx:
        found = {
            state: {summary.device.id for summary in tx.devices.in_state(owner, state, NOON)}
            for state in DeviceState
        }
    assert found == {
        state: {device.id for device, facts in known.items() if state in states_of(facts, NOON)}
        for state in DeviceState
    }
    assert all(20 < len(ids) < len(known) - 20 for ids in found.values())


def test_counts_are_of_what_the_domain_means(storage: Storage, fleet: tuple[UserId, Known]) -> None:
    owner, known = fleet
    with storage.snapshot() as tx:
        counts = tx.fleet.counts(owner, NOON)
    assert counts.devices == len(known)
    assert counts.auto_update == sum(facts.auto_update for facts in known.values())
    assert counts.due == sum(facts.is_due(NOON) for facts in known.values())
    assert counts.states == {
        state: sum(state in states_of(facts, NOON) for facts in known.values())
        for state in DeviceState
    }


def test_turns_are_what_the_domain_means(storage: Storage, fleet: tuple[UserId, Known]) -> None:
    owner, known = fleet
    with storage.snapshot() as tx:
        shown = {each.device.id: each.next_run_at for each in tx.devices.summaries(owner)}
        late = tx.fleet.oldest_late(owner, NOON)
        following = tx.fleet.next_due(owner, NOON)
    assert shown == {device.id: facts.next_turn for device, facts in known.items()}
    assert late == first(
        {each: at for each, at in known.items() if DeviceState.LATE in states_of(at, NOON)}
    )
    assert following == first({each: at for each, at in known.items() if not at.is_due(NOON)})


def first(devices: Known) -> DueDevice | None:
    """The one whose turn is first."""
    turns = [
        DueDevice(device.id, device.name, turn)
        for device, facts in devices.items()
        if (turn := facts.next_turn) is not None
    ]
    return min(turns, key=when, default=None)


def when(turn: DueDevice) -> tuple[datetime, int]:
    return turn.due_at, turn.device_id
