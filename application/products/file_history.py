"""Product files that were replaced: kept, compared, restored."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from application.ports.clock import Clock
from application.ports.repositories.former_files import FormerFile, UnknownFileError
from application.ports.storage import Storage, Transaction
from application.products.catalogues import require_catalogue
from application.products.large_files import LargeFiles, changed_without_blocking
from application.products.showing import ShownProducts
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.products import restoring
from domain.products.catalogue import Catalogue
from domain.products.differences import FileDifference, differ_beyond_dates, difference
from domain.products.product_file import ProductFile
from domain.renewal.time_zones import TimeZones


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """Remembers the last `most` files of each device that were replaced by different ones.

    A file with other dates only is not a different one.
    """

    clock: Clock
    most: int

    def replace(
        self,
        tx: Transaction,
        before: Catalogue | None,
        after: Catalogue,
        *,
        differs: bool | None = None,
    ) -> None:
        """Save `after` in place of `before`, and keep the file of `before` where it differs.

        `differs` says whether it does, where that is known already.
        """
        tx.catalogues.save(after)
        if before is None:
            return
        if differs is None:
            differs = differ_beyond_dates(before.file, after.file)
        if differs:
            tx.former_files.keep(
                after.device_id,
                before.file,
                read_at=before.read_at,
                at=self.clock.now(),
                most=self.most,
            )


@dataclass(frozen=True, slots=True)
class ListFormerFiles:
    """The former files of a device, newest first."""

    storage: Storage

    def __call__(self, owner_id: UserId, device_id: DeviceId) -> Sequence[FormerFile]:
        """Raises UnknownDeviceError."""
        with self.storage.snapshot() as tx:
            tx.devices.owned(owner_id, device_id)
            return tx.former_files.of_device(device_id)


@dataclass(frozen=True, slots=True)
class ShowFormerFile:
    """One former file, whole."""

    storage: Storage
    large_files: LargeFiles = field(default_factory=LargeFiles)

    def __call__(self, owner_id: UserId, device_id: DeviceId, number: int) -> ProductFile:
        """Raises UnknownDeviceError, UnknownFileError, FileTooLargeError and TooManyFilesError."""
        with self.storage.snapshot() as tx:
            tx.devices.owned(owner_id, device_id)
            size = _size(tx, device_id, number)
        with self.large_files.place(size), self.storage.snapshot() as tx:
            return tx.former_files.get(device_id, number)


@dataclass(frozen=True, slots=True)
class CompareFiles:
    """How a former file differs from another, or from the device's present one."""

    storage: Storage
    large_files: LargeFiles = field(default_factory=LargeFiles)

    def __call__(
        self, owner_id: UserId, device_id: DeviceId, number: int, other: int | None
    ) -> FileDifference:
        """From the former file to `other`; None stands for the present file, without edits.

        Raises UnknownDeviceError, UnknownFileError, FileTooLargeError, NothingReadError
        and TooManyFilesError.
        """
        with self.storage.snapshot() as tx:
            tx.devices.owned(owner_id, device_id)
            size = _size(tx, device_id, number)
            size += (
                tx.rendered_files.size(device_id) if other is None else _size(tx, device_id, other)
            )
        with self.large_files.place(size):
            with self.storage.snapshot() as tx:
                before = tx.former_files.get(device_id, number)
                if other is None:
                    after = require_catalogue(tx, device_id).file
                else:
                    after = tx.former_files.get(device_id, other)
            return difference(before, after)


@dataclass(frozen=True, slots=True)
class RestoreFile:
    """Turn the difference to a former file into edits and added products, for upload."""

    storage: Storage
    clock: Clock
    zones: TimeZones
    large_files: LargeFiles = field(default_factory=LargeFiles)

    def __call__(self, owner_id: UserId, device_id: DeviceId, number: int) -> ShownProducts:
        """Raises UnknownDeviceError, UnknownFileError, FileTooLargeError, NothingReadError,
        TooManyEditsError and TooManyFilesError."""
        with self.storage.snapshot() as tx:
            device = tx.devices.owned(owner_id, device_id)
            policy = tx.renewal_exceptions.policy_of(device_id)
            size = max(_size(tx, device_id, number), tx.rendered_files.size(device_id))
        now = self.clock.now()
        today = now.astimezone(self.zones.of(device)).date()

        with self.large_files.place(size):
            with self.storage.snapshot() as tx:
                former = tx.former_files.get(device_id, number)
            restored = changed_without_blocking(
                self.storage,
                device_id,
                lambda tx: tx.devices.owned(owner_id, device_id),
                lambda catalogue: restoring.restored(
                    catalogue, former, by=owner_id, at=now, today=today, renews=policy.renews
                ),
            )
            return ShownProducts(restored.shown, restored.after.shown.warnings())


def _size(tx: Transaction, device_id: DeviceId, number: int) -> int:
    """Bytes of a former file. Raises UnknownFileError."""
    for file in tx.former_files.of_device(device_id):
        if file.number == number:
            return file.size
    raise UnknownFileError
