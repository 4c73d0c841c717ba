"""What any storage promises of runs."""

from datetime import datetime, timedelta

import pytest

from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.leases import Lease
from application.ports.storage import Storage
from domain.accounts.user import UserId
from domain.devices.device import Device, DeviceId
from domain.errors import Cause
from domain.runs.run import MOVES_PRODUCTS, Ending, Outcome, Run, RunId, RunKind
from tests.harness import stored
from tests.harness.storages import PassTime
from tests.harness.stored import HOUR, NOON, SECOND

LASTS = 15 * SECOND
ENDINGS = [each for each in Outcome if each not in (Outcome.RUNNING, Outcome.INTERRUPTED)]
FULL = Ending(
    at=NOON + HOUR,
    outcome=Outcome.FAILED,
    products=20_000,
    bytes=2**40,
    retries=2,
    cause=Cause("ScalesUnreachable", {"problem": "Связь\0", "number": 2**60, "half": 0.5}),
)


@pytest.fixture
def device(storage: Storage) -> Device:
    return stored.stored_device(storage)


def started(
    storage: Storage,
    lease: Lease,
    kind: RunKind = RunKind.READ,
    *,
    at: datetime = NOON,
    by: UserId | None = None,
) -> RunId:
    with storage.transaction() as tx:
        return tx.runs.start(lease, kind=kind, asked_by=by, at=at)


def ended(
    storage: Storage,
    device: Device,
    outcome: Outcome = Outcome.OK,
    kind: RunKind = RunKind.READ,
    *,
    at: datetime = NOON,
) -> RunId:
    run_id = started(storage, Lease(device.id, 1), kind, at=at)
    with storage.transaction() as tx:
        tx.runs.end(run_id, Ending(at=at, outcome=outcome))
    return run_id


def only(storage: Storage, device: Device) -> Run:
    """The one run of a device, as every way to ask gives it back."""
    with storage.snapshot() as tx:
        [run] = stored.runs_of(tx, device)
        assert tx.runs.last(device.id) == run
    return run


@pytest.mark.parametrize("kind", RunKind)
def test_gives_back_every_field_of_a_run_under_way(
    storage: Storage, device: Device, kind: RunKind
) -> None:
    lease = stored.taken(storage, device.id)
    run = Run(
        id=started(storage, lease, kind, by=device.owner_id),
        device_id=device.id,
        kind=kind,
        asked_by=device.owner_id,
        started_at=NOON,
        ending=None,
        leased=True,
    )
    assert only(storage, device) == run


@pytest.mark.parametrize("ending", [FULL, *(Ending(at=NOON, outcome=each) for each in ENDINGS)])
def test_gives_back_every_field_of_a_run_that_ended(
    storage: Storage, device: Device, ending: Ending
) -> None:
    lease = Lease(device.id, 1)
    other, run_id = started(storage, lease), started(storage, lease, RunKind.UPLOAD)
    with storage.transaction() as tx:
        tx.runs.end(run_id, ending)
    with storage.snapshot() as tx:
        runs = {run.id: run for run in stored.runs_of(tx, device)}
    assert runs[run_id].ending == ending
    assert runs[run_id].outcome == ending.outcome
    assert runs[run_id].asked_by is None
    assert runs[other].ending is None


def test_runs_while_its_own_lease_lasts_and_reads_interrupted_afterwards(
    storage: Storage, device: Device, pass_time: PassTime
) -> None:
    lease = stored.taken(storage, device.id, LASTS)
    run_id = started(storage, lease)
    assert only(storage, device).outcome is Outcome.RUNNING
    pass_time(10 * SECOND)
    with storage.transaction() as tx:
        assert tx.leases.renew(lease, LASTS)
    pass_time(10 * SECOND)
    assert only(storage, device).outcome is Outcome.RUNNING
    pass_time(5 * SECOND)
    assert only(storage, device).outcome is Outcome.INTERRUPTED
    later = stored.taken(storage, device.id, LASTS)
    assert only(storage, device).outcome is Outcome.INTERRUPTED
    with storage.transaction() as tx:
        tx.leases.release(later)
        tx.runs.end(run_id, FULL)
    assert only(storage, device).outcome is Outcome.FAILED


def test_an_ended_run_is_not_leased_whoever_has_the_lease(storage: Storage, device: Device) -> None:
    run_id = started(storage, stored.taken(storage, device.id))
    with storage.transaction() as tx:
        tx.runs.end(run_id, FULL)
    assert not only(storage, device).leased


def test_the_last_is_the_newest_of_its_kind_that_ended_so(storage: Storage, device: Device) -> None:
    read = ended(storage, device)
    upload = ended(storage, device, Outcome.UNKNOWN, RunKind.UPLOAD)
    failed = ended(storage, device, Outcome.FAILED, at=NOON - HOUR)
    interrupted = started(storage, Lease(device.id, 0))
    ended(storage, stored.stored_device(storage, "other"))
    status = ended(storage, device, kind=RunKind.STATUS)
    asked: list[tuple[set[RunKind], set[Outcome], RunId | None]] = [
        (set(), set(), status),
        (set(MOVES_PRODUCTS), set(), interrupted),
        (set(MOVES_PRODUCTS), {Outcome.OK, Outcome.FAILED}, failed),
        (set(), {Outcome.INTERRUPTED}, interrupted),
        (set(), {Outcome.RUNNING}, None),
        (set(), {Outcome.RUNNING, Outcome.UNKNOWN}, upload),
        ({RunKind.READ}, {Outcome.OK}, read),
        ({RunKind.READ}, {Outcome.OK, Outcome.FAILED}, failed),
        ({RunKind.READ}, {Outcome.UNKNOWN}, None),
        ({RunKind.UPLOAD}, set(), upload),
        ({RunKind.UPLOAD, RunKind.STATUS}, set(), status),
        ({RunKind.AUTO_UPDATE}, set(), None),
    ]
    with storage.snapshot() as tx:
        for kinds, outcomes, expected in asked:
            last = tx.runs.last(device.id, kinds, outcomes)
            assert (last and last.id) == expected, (kinds, outcomes)


def test_there_is_no_last_of_a_device_without_runs(storage: Storage, device: Device) -> None:
    with storage.snapshot() as tx:
        assert tx.runs.last(device.id) is None
        assert tx.runs.last(DeviceId(999), {RunKind.READ}, {Outcome.OK}) is None


def test_prunes_what_started_earlier(storage: Storage, device: Device) -> None:
    other = stored.stored_device(storage, "other")
    microsecond = timedelta(microseconds=1)
    ended(storage, device, at=NOON - HOUR)
    ended(storage, other, at=NOON - microsecond)
    exactly = ended(storage, device, at=NOON)
    started(storage, Lease(device.id, 1), at=NOON - HOUR)
    later = ended(storage, other, at=NOON + microsecond)
    with storage.transaction() as tx:
        assert tx.runs.prune(NOON) == 3
        assert tx.runs.prune(NOON) == 0
    assert only(storage, device).id == exactly
    assert only(storage, other).id == later


def test_prunes_of_one_kind_only_where_it_is_told_which(storage: Storage, device: Device) -> None:
    other = stored.stored_device(storage, "other")
    read = ended(storage, device, at=NOON - HOUR)
    ended(storage, device, kind=RunKind.STATUS, at=NOON - HOUR)
    ended(storage, other, kind=RunKind.STATUS, at=NOON - HOUR)
    status = ended(storage, other, kind=RunKind.STATUS, at=NOON)
    with storage.transaction() as tx:
        assert tx.runs.prune(NOON, RunKind.STATUS) == 2
        assert tx.runs.prune(NOON, RunKind.STATUS) == 0
    assert only(storage, device).id == read
    assert only(storage, other).id == status


def test_an_id_is_never_given_again(storage: Storage) -> None:
    gone, kept = stored.stored_device(storage, "gone"), stored.stored_device(storage, "kept")
    run_id = started(storage, Lease(gone.id, 1))
    with storage.transaction() as tx:
        tx.devices.delete(gone.id)
    second = started(storage, Lease(kept.id, 1))
    assert second > run_id
    with storage.transaction() as tx:
        assert tx.runs.prune(NOON + HOUR) == 1
    assert started(storage, Lease(kept.id, 1)) > second


def test_the_end_of_a_run_that_is_gone_is_of_no_interest(storage: Storage, device: Device) -> None:
    with storage.transaction() as tx:
        tx.runs.end(RunId(999), FULL)
        assert stored.runs_of(tx, device) == []


def test_a_device_that_is_gone_begins_none(storage: Storage) -> None:
    with storage.transaction() as tx, pytest.raises(UnknownDeviceError):
        tx.runs.start(Lease(DeviceId(999), 1), kind=RunKind.READ, asked_by=None, at=NOON)
