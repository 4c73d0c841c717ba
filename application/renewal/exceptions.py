"""Products that keep their dates when dates are renewed."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.storage import Storage
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.renewal.policy import RenewalException, require_few_and_distinct


@dataclass(frozen=True, slots=True)
class ListRenewalExceptions:
    """Those of one device, or those that hold for all devices of an owner."""

    storage: Storage

    def __call__(
        self, owner_id: UserId, device_id: DeviceId | None = None
    ) -> Sequence[RenewalException]:
        """Without a device, those of all. Raises UnknownDeviceError."""
        with self.storage.snapshot() as tx:
            if device_id is None:
                return tx.renewal_exceptions.of_owner(owner_id)
            tx.devices.owned(owner_id, device_id)
            return tx.renewal_exceptions.of_device(device_id)


@dataclass(frozen=True, slots=True)
class SetRenewalExceptions:
    """Replace the whole list. It counts from the next renewal on."""

    storage: Storage

    def __call__(
        self,
        owner_id: UserId,
        device_id: DeviceId | None,
        exceptions: Sequence[RenewalException],
    ) -> Sequence[RenewalException]:
        """Without a device, the list of all devices. Raises UnknownDeviceError and
        InvalidFieldsError."""
        require_few_and_distinct(exceptions)
        with self.storage.transaction() as tx:
            if device_id is None:
                tx.renewal_exceptions.set_for_owner(owner_id, exceptions)
                tx.label_checks.forget_all(owner_id)
            else:
                tx.devices.owned(owner_id, device_id)
                tx.renewal_exceptions.set_for_device(device_id, exceptions)
                tx.label_checks.forget(device_id)
        return exceptions
