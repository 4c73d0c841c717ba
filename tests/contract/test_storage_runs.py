"""What any storage promises of runs."""

import pytest

from application.ports.storage import Lease, Storage
from domain.device import DeviceId
from domain.errors import UnknownDeviceError
from domain.run import Ending, Outcome, Run, RunId, RunKind
from tests.contract import stored
from tests.contract.stored import HOUR, NOON, SECOND

FULL = Ending(
    at=NOON + HOUR,
    outcome=Outcome.FAILED,
    products=20_000,
    bytes=2**40,
    retries=2,
    error_type="ScalesUnreachable",
    error="Связь прервалась",
)


@pytest.mark.parametrize("kind", RunKind)
def test_gives_back_every_field_of_a_run_under_way(storage: Storage, kind: RunKind) -> None:
    device = stored.stored_device(storage)
    with storage.transaction() as tx:
        run_id = tx.runs.start(Lease(device.id, 7), kind=kind, asked_by=device.owner_id, at=NOON)
    run = Run(
        id=run_id,
        device_id=device.id,
        kind=kind,
        asked_by=device.owner_id,
        started_at=NOON,
        ending=None,
    )
    with storage.snapshot() as tx:
        assert list(tx.runs.of_device(device.id)) == [run]


@pytest.mark.parametrize(
    "ending", [FULL, *(Ending(at=NOON, outcome=outcome) for outcome in Outcome)]
)
def test_gives_back_every_field_of_a_run_that_ended(storage: Storage, ending: Ending) -> None:
    device = stored.stored_device(storage)
    lease = Lease(device.id, 1)
    with storage.transaction() as tx:
        other = tx.runs.start(lease, kind=RunKind.READ, asked_by=None, at=NOON)
        run_id = tx.runs.start(lease, kind=RunKind.UPLOAD, asked_by=None, at=NOON)
    with storage.transaction() as tx:
        tx.runs.end(run_id, ending)
    with storage.snapshot() as tx:
        runs = {run.id: run for run in tx.runs.of_device(device.id)}
    assert runs[run_id].ending == ending
    assert runs[run_id].asked_by is None
    assert runs[other].ending is None


def test_lists_the_newest_of_one_device_first(storage: Storage) -> None:
    mine, other = stored.stored_devices(storage, "mine", "other")
    with storage.transaction() as tx:
        ids = [
            tx.runs.start(Lease(mine, 1), kind=RunKind.READ, asked_by=None, at=NOON - n * SECOND)
            for n in range(53)
        ]
        tx.runs.start(Lease(other, 1), kind=RunKind.READ, asked_by=None, at=NOON)
    newest = ids[::-1]
    with storage.snapshot() as tx:
        assert [run.id for run in tx.runs.of_device(mine, limit=2)] == newest[:2]
        assert [run.id for run in tx.runs.of_device(mine)] == newest[:50]
        assert [run.id for run in tx.runs.of_device(mine, limit=100)] == newest


def test_an_id_is_never_given_again(storage: Storage) -> None:
    gone, kept = stored.stored_devices(storage, "gone", "kept")
    with storage.transaction() as tx:
        run_id = tx.runs.start(Lease(gone, 1), kind=RunKind.READ, asked_by=None, at=NOON)
    with storage.transaction() as tx:
        tx.devices.delete(gone)
    with storage.transaction() as tx:
        assert tx.runs.start(Lease(kept, 1), kind=RunKind.READ, asked_by=None, at=NOON) > run_id


def test_the_end_of_a_run_that_is_gone_is_of_no_interest(storage: Storage) -> None:
    device = stored.stored_device(storage)
    with storage.transaction() as tx:
        tx.runs.end(RunId(999), FULL)
        assert list(tx.runs.of_device(device.id)) == []


def test_a_device_that_is_gone_begins_none(storage: Storage) -> None:
    with storage.transaction() as tx, pytest.raises(UnknownDeviceError):
        tx.runs.start(Lease(DeviceId(999), 1), kind=RunKind.READ, asked_by=None, at=NOON)
