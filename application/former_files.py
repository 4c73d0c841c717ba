"""Product files that were replaced: kept, compared, restored."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.catalogues import ShownProducts, read_catalogue
from application.ports.clock import Clock
from application.ports.storage import FormerFile, ShownFile, Storage, Transaction
from application.time_zones import TimeZones
from domain.catalogue import Catalogue
from domain.device import DeviceId
from domain.differences import FileDifference, differ_beyond_dates, difference
from domain.product_file import ProductFile
from domain.user import UserId


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """Remembers the last `most` files of each device that were replaced by different ones.

    New dates alone make no different file.
    """

    clock: Clock
    most: int

    def replace(self, tx: Transaction, before: Catalogue | None, after: Catalogue) -> ShownFile:
        """Save a catalogue whose file may be another than `before`, the saved one."""
        shown = tx.catalogues.save(after)
        if before is not None and differ_beyond_dates(before.file, after.file):
            tx.former_files.keep(
                after.device_id,
                before.file,
                read_at=before.read_at,
                at=self.clock.now(),
                most=self.most,
            )
        return shown


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

    def __call__(self, owner_id: UserId, device_id: DeviceId, number: int) -> ProductFile:
        """Raises UnknownDeviceError, UnknownFileError and FileTooLargeError."""
        with self.storage.snapshot() as tx:
            tx.devices.owned(owner_id, device_id)
            return tx.former_files.get(device_id, number)


@dataclass(frozen=True, slots=True)
class CompareFiles:
    """How a former file differs from another, or from the device's present one."""

    storage: Storage

    def __call__(
        self, owner_id: UserId, device_id: DeviceId, number: int, other: int | None
    ) -> FileDifference:
        """From the former file to `other`; None stands for the present file, without edits.

        Raises UnknownDeviceError, UnknownFileError, FileTooLargeError and NothingReadError.
        """
        with self.storage.snapshot() as tx:
            tx.devices.owned(owner_id, device_id)
            before = tx.former_files.get(device_id, number)
            if other is None:
                after = read_catalogue(tx, device_id).file
            else:
                after = tx.former_files.get(device_id, other)
        return difference(before, after)


@dataclass(frozen=True, slots=True)
class RestoreFile:
    """Turn the difference to a former file into edits and added products, for upload."""

    storage: Storage
    clock: Clock
    zones: TimeZones

    def __call__(self, owner_id: UserId, device_id: DeviceId, number: int) -> ShownProducts:
        """Raises UnknownDeviceError, UnknownFileError, FileTooLargeError, NothingReadError and
        TooManyEditsError."""
        with self.storage.transaction() as tx:
            device = tx.devices.owned(owner_id, device_id)
            former = tx.former_files.get(device_id, number)
            policy = tx.renewal_exceptions.policy_of(device_id)
            now = self.clock.now()
            restored = read_catalogue(tx, device_id).restored(
                former,
                by=owner_id,
                at=now,
                today=now.astimezone(self.zones.of(device)).date(),
                policy=policy,
            )
            shown = tx.catalogues.save(restored)
        return ShownProducts(shown, restored.shown.warnings())
