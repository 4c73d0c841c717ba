"""Jobs that wait in a storage, as its contracts look at them."""

from collections.abc import Sequence

import pytest

from application.ports.storage import Storage
from application.ports.waiting_jobs import ClaimedJob, WaitingJobs
from domain.devices.device import DeviceId
from domain.runs.job import Job
from domain.runs.run import RunKind
from tests.harness.deferred import Claim, Turn
from tests.harness.storages import Opened
from tests.harness.stored import SECOND

LASTS = 15 * SECOND


@pytest.fixture
def waiting(opened: Opened) -> WaitingJobs:
    if opened.waiting_jobs is None:
        pytest.skip("jobs wait elsewhere")
    return opened.waiting_jobs


@pytest.fixture
def claim(waiting: WaitingJobs) -> Claim:
    def claim(
        done: Sequence[int] = (), places: int = 10, ordinary_places: int = 10
    ) -> Sequence[ClaimedJob]:
        return waiting.claim(done=done, places=places, ordinary_places=ordinary_places, lasts=LASTS)

    return claim


@pytest.fixture
def turn(storage: Storage) -> Turn:
    def turn(device_id: DeviceId, *, doubtful: bool = False) -> Job:
        with storage.snapshot() as tx:
            owner_id = tx.devices.get(device_id).owner_id
        return Job(
            kind=RunKind.AUTO_UPDATE, device_id=device_id, owner_id=owner_id, doubtful=doubtful
        )

    return turn
