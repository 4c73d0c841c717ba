"""What any storage promises of pages of runs."""

from datetime import datetime, timedelta
from itertools import product

import pytest

from application.ports.repositories.leases import Lease
from application.ports.repositories.runs import RunFilter
from application.ports.storage import Storage
from domain.accounts.user import UserId
from domain.devices.device import Device, DeviceId
from domain.runs.run import Ending, Outcome, Run, RunId, RunKind
from tests.harness import stored
from tests.harness.storages import PassTime
from tests.harness.stored import HOUR, NOON, SECOND

ALL = RunFilter()
MICROSECOND = timedelta(microseconds=1)


def page(
    storage: Storage,
    owner_id: UserId,
    wanted: RunFilter = ALL,
    *,
    before: RunId | None = None,
    limit: int = 50,
) -> list[RunId]:
    with storage.snapshot() as tx:
        return [run.id for run in tx.runs.page(owner_id, wanted, before=before, limit=limit)]


def started(
    storage: Storage, *devices: Device, kind: RunKind = RunKind.READ, at: datetime = NOON
) -> list[RunId]:
    """A run of each, in this order; no lease lasts."""
    with storage.transaction() as tx:
        return [
            tx.runs.start(Lease(device.id, 0), kind=kind, asked_by=None, at=at)
            for device in devices
        ]


def two_of_one_owner(storage: Storage) -> tuple[Device, Device]:
    one = stored.stored_device(storage, "one")
    with storage.transaction() as tx:
        return one, stored.device(tx, one.owner_id, "two")


def test_newest_first_over_all_devices_of_the_owner_and_of_nobody_else(storage: Storage) -> None:
    one, two = two_of_one_owner(storage)
    theirs = stored.stored_device(storage, "theirs")
    first, _, second, third, other = started(storage, one, theirs, two, one, theirs)
    assert page(storage, one.owner_id) == [third, second, first]
    assert page(storage, one.owner_id, RunFilter(device_id=one.id)) == [third, first]
    assert page(storage, one.owner_id, RunFilter(device_id=two.id)) == [second]
    assert page(storage, theirs.owner_id)[0] == other
    assert page(storage, one.owner_id, RunFilter(device_id=theirs.id)) == []
    assert page(storage, UserId(999)) == []


@pytest.mark.parametrize("unknown", [0, -1, 999, 2**63 - 1, 2**63, 10**30])
def test_there_are_none_of_an_unknown_device(storage: Storage, unknown: int) -> None:
    device = stored.stored_device(storage)
    started(storage, device)
    assert page(storage, device.owner_id, RunFilter(device_id=DeviceId(unknown))) == []


def test_the_newest_began_last_whatever_the_clock_said(storage: Storage) -> None:
    device = stored.stored_device(storage)
    [first] = started(storage, device, at=NOON)
    [second] = started(storage, device, at=NOON - HOUR)
    assert page(storage, device.owner_id) == [second, first]


def test_page_after_page_shows_each_once_while_others_begin(storage: Storage) -> None:
    one, two = two_of_one_owner(storage)
    ids = started(storage, *[one, two] * 30)[::-1]
    assert page(storage, one.owner_id) == ids[:50]
    first = page(storage, one.owner_id, limit=25)
    started(storage, one, two)
    second = page(storage, one.owner_id, before=first[-1], limit=25)
    third = page(storage, one.owner_id, before=second[-1], limit=25)
    assert [len(first), len(second), len(third)] == [25, 25, 10]
    assert first + second + third == ids
    assert page(storage, one.owner_id, before=third[-1]) == []


@pytest.mark.parametrize("beyond", [2**63 - 1, 2**63, 10**30])
def test_before_may_be_any_number(storage: Storage, beyond: int) -> None:
    device = stored.stored_device(storage)
    ids = started(storage, device)
    assert page(storage, device.owner_id, before=RunId(beyond)) == ids


def test_since_is_the_instant_of_the_start_itself_included(storage: Storage) -> None:
    device = stored.stored_device(storage)
    whole = NOON.replace(microsecond=0)
    [first], [second], [third] = (
        started(storage, device, at=at) for at in (whole, whole + MICROSECOND, whole - HOUR)
    )
    owner = device.owner_id
    assert page(storage, owner, RunFilter(since=whole)) == [second, first]
    assert page(storage, owner, RunFilter(since=whole + MICROSECOND)) == [second]
    assert page(storage, owner, RunFilter(since=whole + HOUR)) == []
    assert page(storage, owner, RunFilter(since=whole - HOUR)) == [third, second, first]


def test_the_filters_of_all_kinds_work_together(storage: Storage, pass_time: PassTime) -> None:
    one, two = two_of_one_owner(storage)
    theirs = stored.stored_device(storage, "theirs")
    runs = [run for device in (one, two, theirs) for run in every_run_of(storage, device)]
    pass_time(5 * SECOND)
    with storage.snapshot() as tx:
        everything = list(tx.runs.page(one.owner_id, ALL, limit=1_000))
        assert {run.id for run in everything} < set(runs)
        assert {run.outcome for run in everything} == set(Outcome)
        for device_id, kind, outcome, since in product(
            (None, one.id, theirs.id),
            (None, *RunKind),
            (None, *Outcome),
            (None, NOON),
        ):
            wanted = RunFilter(device_id=device_id, kind=kind, outcome=outcome, since=since)
            expected = [run for run in everything if fits(run, wanted)]
            assert list(tx.runs.page(one.owner_id, wanted, limit=1_000)) == expected, wanted
            assert list(tx.runs.page(one.owner_id, wanted, limit=1)) == expected[:1], wanted


def every_run_of(storage: Storage, device: Device) -> list[RunId]:
    """Runs of every kind and outcome, on each side of noon; the last lease still lasts."""
    ids = []
    for lease in (stored.taken(storage, device.id, SECOND), None):
        with storage.transaction() as tx:
            if lease is not None:
                tx.leases.release(lease)
            else:
                lease = tx.leases.take(device.id, HOUR)
                assert lease is not None
            for kind, at in product(RunKind, (NOON, NOON - MICROSECOND)):
                ids.append(tx.runs.start(lease, kind=kind, asked_by=None, at=at))
                for outcome in set(Outcome) - {Outcome.RUNNING, Outcome.INTERRUPTED}:
                    ids.append(tx.runs.start(lease, kind=kind, asked_by=None, at=at))
                    tx.runs.end(ids[-1], Ending(at=at, outcome=outcome))
    return ids


def fits(run: Run, wanted: RunFilter) -> bool:
    return (
        wanted.device_id in (None, run.device_id)
        and wanted.kind in (None, run.kind)
        and wanted.outcome in (None, run.outcome)
        and (wanted.since is None or run.started_at >= wanted.since)
    )
