"""What the storage in memory remembers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.former_files import FormerFile
from application.ports.repositories.rendered_files import RenderedFile
from application.ports.storage import ReadOnlyError
from domain.accounts.user import User, UserId
from domain.devices.device import Device, DeviceId
from domain.errors import Cause
from domain.products.catalogue import Catalogue
from domain.products.label_checks.report import DeviceCheck
from domain.renewal.policy import RenewalException
from domain.renewal.schedule import AutoUpdate
from domain.runs.batch import Batch, BatchId
from domain.runs.run import Run, RunId
from domain.runs.turns import Turn


class Kept(NamedTuple):
    """A catalogue, its file as text, and what clients see."""

    catalogue: Catalogue
    body: bytes
    rendered: RenderedFile
    labels: Sequence[DeviceCheck] = ()
    labels_checked: bool = True


class Held(NamedTuple):
    """The last lease of a device or endpoint; it ended where there is no expiry."""

    fence: int
    expires_at: datetime | None
    lasts: timedelta = timedelta(seconds=15)

    def at(self, now: datetime) -> bool:
        """Whether it lasts at that moment; one of a clock that was ahead does not."""
        return self.expires_at is not None and now < self.expires_at <= now + 2 * self.lasts


class Item(NamedTuple):
    """A device of a batch: its last run, or why it came to none."""

    run_id: RunId | None = None
    unbegun: Cause | None = None


@dataclass
class State:
    """Everything that is remembered; its values are never changed in place."""

    users: dict[UserId, User] = field(default_factory=dict)
    devices: dict[DeviceId, Device] = field(default_factory=dict)
    catalogues: dict[DeviceId, Kept] = field(default_factory=dict)
    schedules: dict[DeviceId, AutoUpdate] = field(default_factory=dict)
    owner_exceptions: dict[UserId, tuple[RenewalException, ...]] = field(default_factory=dict)
    device_exceptions: dict[DeviceId, tuple[RenewalException, ...]] = field(default_factory=dict)
    runs: dict[RunId, Run] = field(default_factory=dict)
    fences: dict[RunId, int] = field(default_factory=dict)
    former_files: dict[DeviceId, tuple[tuple[FormerFile, bytes], ...]] = field(default_factory=dict)
    files_ever: dict[DeviceId, int] = field(default_factory=dict)
    leases: dict[DeviceId, Held] = field(default_factory=dict)
    endpoints: dict[str, Held] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    look_at: dict[DeviceId, datetime | None] = field(default_factory=dict)
    batches: dict[BatchId, Batch] = field(default_factory=dict)
    batch_items: dict[tuple[BatchId, DeviceId], Item] = field(default_factory=dict)
    jobs: dict[int, Turn] = field(default_factory=dict)
    batches_ever: int = 0
    jobs_ever: int = 0
    users_ever: int = 0
    devices_ever: int = 0
    runs_ever: int = 0

    def copy(self) -> "State":
        """Independent of this one."""
        return replace(
            self,
            users=dict(self.users),
            devices=dict(self.devices),
            catalogues=dict(self.catalogues),
            schedules=dict(self.schedules),
            owner_exceptions=dict(self.owner_exceptions),
            device_exceptions=dict(self.device_exceptions),
            runs=dict(self.runs),
            fences=dict(self.fences),
            former_files=dict(self.former_files),
            files_ever=dict(self.files_ever),
            leases=dict(self.leases),
            endpoints=dict(self.endpoints),
            refusals=dict(self.refusals),
            look_at=dict(self.look_at),
            batches=dict(self.batches),
            batch_items=dict(self.batch_items),
            jobs=dict(self.jobs),
        )

    def require_device(self, device_id: DeviceId) -> Device:
        """Raises UnknownDeviceError."""
        if device_id not in self.devices:
            raise UnknownDeviceError
        return self.devices[device_id]

    def forget_device(self, device_id: DeviceId) -> None:
        """With everything that belongs to it."""
        del self.devices[device_id], self.leases[device_id]
        self.catalogues.pop(device_id, None)
        self.schedules.pop(device_id, None)
        self.device_exceptions.pop(device_id, None)
        self.former_files.pop(device_id, None)
        self.look_at.pop(device_id, None)
        self.runs = {id_: run for id_, run in self.runs.items() if run.device_id != device_id}
        self.batch_items = {
            key: each for key, each in self.batch_items.items() if key[1] != device_id
        }
        self.jobs = {
            id_: turn for id_, turn in self.jobs.items() if turn.job.device_id != device_id
        }

    def forget_batch(self, batch_id: BatchId) -> None:
        """With everything that belongs to it."""
        del self.batches[batch_id]
        self.batch_items = {
            key: each for key, each in self.batch_items.items() if key[0] != batch_id
        }
        self.jobs = {id_: turn for id_, turn in self.jobs.items() if turn.job.batch_id != batch_id}


class InMemoryRepository:
    """One transaction's view of what is remembered."""

    def __init__(self, state: State, now: Callable[[], datetime], *, writable: bool) -> None:
        self._seen = state
        self._now = now
        self._writable = writable

    @property
    def _changing(self) -> State:
        if not self._writable:
            raise ReadOnlyError("A snapshot cannot be written to.")
        return self._seen

    def _leased(self, device_id: DeviceId) -> bool:
        held = self._seen.leases.get(device_id)
        return held is not None and held.at(self._now())
