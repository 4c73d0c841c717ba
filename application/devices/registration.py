"""Devices: registering them and what their owner says of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.cipher import Cipher
from application.ports.clock import Clock
from application.ports.repositories.devices import DeviceSummary
from application.ports.scales import Scales
from application.ports.storage import Storage, Transaction
from domain.accounts.user import UserId
from domain.devices.device import Address, Device, DeviceDetails, DeviceId
from domain.devices.networks import DeviceNetworks
from domain.devices.state import DeviceState
from domain.errors import Fault, InvalidFieldsError
from domain.renewal.schedule import AutoUpdate, ScheduleDefaults
from domain.renewal.time_zones import TimeZones


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceChanges:
    """What to change of a device; None leaves a detail as it is.

    An empty time zone is none of its own: the device follows the service's.
    """

    name: str | None = None
    description: str | None = None
    host: str | None = None
    port: int | None = None
    protocol: str | None = None
    password: str | None = None
    time_zone: str | None = None

    def applied_to(self, address: Address) -> Address:
        """The address with these changes."""
        return Address(self.host or address.host, self.port or address.port)


@dataclass(frozen=True, slots=True)
class ListDevices:
    """All devices of one owner, or those that are in one state."""

    storage: Storage
    clock: Clock

    def __call__(
        self, owner_id: UserId, state: DeviceState | None = None
    ) -> Sequence[DeviceSummary]:
        with self.storage.snapshot() as tx:
            if state is None:
                return tx.devices.summaries(owner_id)
            return tx.devices.in_state(owner_id, state, self.clock.now())


@dataclass(frozen=True, slots=True)
class ShowDevice:
    """One device of its owner."""

    storage: Storage

    def __call__(self, owner_id: UserId, device_id: DeviceId) -> DeviceSummary:
        """Raises UnknownDeviceError."""
        with self.storage.snapshot() as tx:
            return tx.devices.summary(owner_id, device_id)


@dataclass(frozen=True, slots=True)
class AddDevice:
    """Register a device, with the schedule that new devices start with."""

    storage: Storage
    scales: Scales
    cipher: Cipher
    clock: Clock
    schedule: ScheduleDefaults
    networks: DeviceNetworks

    def __call__(
        self,
        owner_id: UserId,
        *,
        name: str,
        description: str,
        address: Address,
        protocol: str,
        password: str,
        time_zone: str | None = None,
    ) -> DeviceSummary:
        """Raises DeviceNameTakenError, and InvalidFieldsError for a host outside the networks."""
        require_allowed(address.host, self.networks)
        details = DeviceDetails(
            name=name,
            description=description,
            address=address,
            protocol=protocol,
            encrypted_password=self.cipher.encrypt(password),
            time_zone=time_zone or None,
        )
        # Outside of the transaction: looking a name up takes its time.
        ends = self.scales.endpoints(address)
        with self.storage.transaction() as tx:
            device = tx.devices.add(owner_id, details)
            found = device.found(ends)
            if found != device:
                tx.devices.save(found)
            tx.schedules.save(
                AutoUpdate.new(
                    device.id,
                    enabled=self.schedule.enabled,
                    interval=self.schedule.interval,
                    now=self.clock.now(),
                )
            )
            return tx.devices.summary(owner_id, device.id)


@dataclass(frozen=True, slots=True)
class ChangeDevice:
    """Change what the owner says of a device. A new address wants a read before any upload, and a
    new zone has turns of its own. A new password is tried at once where the former was refused.
    """

    storage: Storage
    scales: Scales
    cipher: Cipher
    clock: Clock
    zones: TimeZones
    networks: DeviceNetworks

    def __call__(
        self, owner_id: UserId, device_id: DeviceId, changes: DeviceChanges
    ) -> DeviceSummary:
        """Raises UnknownDeviceError, DeviceNameTakenError, and InvalidFieldsError for a new host
        outside the networks."""
        with self.storage.snapshot() as tx:
            before = tx.devices.owned(owner_id, device_id).address
        address = changes.applied_to(before)
        if address.host != before.host:
            require_allowed(address.host, self.networks)
        ends = () if address == before else self.scales.endpoints(address)
        with self.storage.transaction() as tx:
            device = tx.devices.owned(owner_id, device_id)
            if changes.applied_to(device.address) != address:
                ends = ()  # somebody else changed it in between: the next conversation looks it up
            wanted = {
                "name": changes.name,
                "description": changes.description,
                "protocol": changes.protocol,
                "encrypted_password": changes.password and self.cipher.encrypt(changes.password),
                "address": changes.applied_to(device.address),
            }
            details: dict[str, object] = {
                name: value for name, value in wanted.items() if value is not None
            }
            if changes.time_zone is not None:
                details["time_zone"] = changes.time_zone or None
            changed = device.changed(**details).found(ends)
            tx.devices.save(changed)
            self._reschedule(tx, device, changed)
            return tx.devices.summary(owner_id, device_id)

    def _reschedule(self, tx: Transaction, device: Device, changed: Device) -> None:
        schedule = tx.schedules.find(device.id)
        if schedule is None:
            return
        now, rescheduled = self.clock.now(), schedule
        if self.zones.of(changed) != self.zones.of(device):
            rescheduled = rescheduled.rescheduled(now, self.zones.calendar(changed))
        if changed.moves != device.moves:
            rescheduled = rescheduled.dates_unknown(now)
        if device.refusals and not changed.refusals:
            rescheduled = rescheduled.due_at_once(now)
        if rescheduled != schedule:
            tx.schedules.save(rescheduled)


@dataclass(frozen=True, slots=True)
class ClearRefusals:
    """Have passwords tried again where too many were refused, for whoever runs the service."""

    storage: Storage
    scales: Scales
    clock: Clock

    def __call__(self, address: Address) -> int:
        """How many refusals there were. Devices there that were refused are due at once."""
        endpoints = [str(end) for end in self.scales.endpoints(address)]
        with self.storage.transaction() as tx:
            # In the order in which everybody locks: devices by their ids, then endpoints.
            for device_id in sorted({id_ for each in endpoints for id_ in tx.devices.at(each)}):
                device = tx.devices.get(device_id)
                if device.refusals:
                    tx.devices.save(device.password_taken())
                    schedule = tx.schedules.find(device_id)
                    if schedule is not None:
                        tx.schedules.save(schedule.due_at_once(self.clock.now()))
            return tx.refusals.clear(endpoints)


@dataclass(frozen=True, slots=True)
class RemoveDevice:
    """Forget a device with its products and schedule; a conversation under way is dropped."""

    storage: Storage

    def __call__(self, owner_id: UserId, device_id: DeviceId) -> None:
        """Raises UnknownDeviceError."""
        with self.storage.transaction() as tx:
            tx.devices.owned(owner_id, device_id)
            tx.devices.delete(device_id)


def require_allowed(host: str, networks: DeviceNetworks) -> None:
    """Raises InvalidFieldsError when no device may be at this host."""
    if not networks.allow_host(host):
        raise InvalidFieldsError({"ip": [Fault("network_not_allowed", {"address": host})]})
