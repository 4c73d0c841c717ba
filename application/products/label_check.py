"""What a shop should look at on its labels."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from application.ports.clock import Clock
from application.ports.storage import Storage, Transaction
from application.products.catalogues import require_catalogue
from application.products.large_files import LargeFiles, changed_without_blocking
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.errors import NothingReadError
from domain.products.catalogue import Catalogue
from domain.products.label_checks.report import LabelReport, report
from domain.renewal.policy import RenewalPolicy
from domain.renewal.time_zones import TimeZones

AT_ONCE: Final = 20
"""Devices whose labels are checked at a time, so that what is due need not wait for long."""


@dataclass(frozen=True, slots=True)
class CheckedLabels:
    """What is to be looked at on a device, and which of its products keep their dates."""

    report: LabelReport
    policy: RenewalPolicy


@dataclass(frozen=True, slots=True)
class CheckLabels:
    """Look at every product of a device as it is shown: as last read, with the waiting edits."""

    storage: Storage
    clock: Clock
    zones: TimeZones
    large_files: LargeFiles

    def __call__(self, owner_id: UserId, device_id: DeviceId) -> CheckedLabels:
        """Raises UnknownDeviceError, NothingReadError and TooManyFilesError."""
        with self.storage.snapshot() as tx:
            device = tx.devices.owned(owner_id, device_id)
            size = tx.rendered_files.size(device_id)
        with self.large_files.place(size):
            with self.storage.snapshot() as tx:
                catalogue = require_catalogue(tx, device_id)
                policy = tx.renewal_exceptions.policy_of(device_id)
            today = self.zones.day(device.time_zone, self.clock.now())
            found = report(catalogue.shown, today, policy.renews, listed=policy.excepts)
            return CheckedLabels(found, policy)


@dataclass(frozen=True, slots=True)
class CheckForgottenLabels:
    """Check the labels of some devices again: those that were edited, or whose renewal leaves out
    other products than before. So the counts of the fleet become right."""

    storage: Storage

    def __call__(self) -> int:
        """Returns how many devices were checked; others may be left."""
        with self.storage.snapshot() as tx:
            forgotten = tx.label_checks.forgotten(AT_ONCE)
        for device_id in forgotten:
            # The device may have been deleted by now.
            with suppress(NothingReadError):
                changed_without_blocking(self.storage, device_id, _anything, _as_it_is, adds=False)
        return len(forgotten)


def _anything(_: Transaction) -> None:
    """Nothing has to be checked."""


def _as_it_is(catalogue: Catalogue) -> Catalogue:
    return catalogue
