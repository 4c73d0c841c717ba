"""What becomes of each record of the former service."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from application.ports.cipher import Cipher, UnreadableSecretError
from application.ports.former_service import (
    FormerDevice,
    FormerRecords,
    FormerSchedule,
    FormerUser,
)
from application.ports.password_hasher import PasswordHasher
from application.ports.storage import Transaction
from application.takeover import values
from application.takeover.values import Tell
from domain.accounts.rules import email_key
from domain.accounts.user import User, UserId
from domain.devices import rules
from domain.devices.device import Address, Device, DeviceId
from domain.devices.networks import DeviceNetworks
from domain.errors import BadProductFileError, Cause, Failure
from domain.json_value import Json
from domain.notices import Notice
from domain.products.catalogue import Catalogue
from domain.products.product_file import ProductFile
from domain.renewal.rules import INTERVAL_MINUTES
from domain.renewal.schedule import AutoUpdate, ScheduleDefaults

NEVER: Final = -1
"""A count of moves that no device has: nothing is uploaded before a read has seen what stands
there, for the former service did not keep track of addresses."""


class CannotMoveInError(Failure):
    """Something cannot be taken over, so nothing was; `obstacles` holds each."""

    code = "CannotMoveIn"

    def __init__(self, obstacles: Sequence[Notice]) -> None:
        super().__init__(", ".join(each.code for each in obstacles))
        self.obstacles = obstacles


class Remark(NamedTuple):
    """What could not be taken as it was, and what was done about it."""

    about: Notice
    what: Notice


@dataclass(slots=True, kw_only=True)
class TakeoverReport:
    """What came. `unsent` names the devices with edits that the former service had not sent."""

    users: int = 0
    devices: int = 0
    files: int = 0
    schedules: int = 0
    switched_on: int = 0
    unsent: list[Notice] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


class Takeover:
    """One taking over, within its transaction. Nothing more is written after an obstacle."""

    def __init__(
        self,
        tx: Transaction,
        *,
        hasher: PasswordHasher,
        cipher: Cipher,
        schedule: ScheduleDefaults,
        networks: DeviceNetworks,
        now: datetime,
    ) -> None:
        self.report = TakeoverReport()
        self._tx = tx
        self._hasher = hasher
        self._cipher = cipher
        self._defaults = schedule
        self._networks = networks
        self._now = now
        self._obstacles: list[Notice] = []
        self._emails: dict[str, int] = {}
        self._users: set[int] = set()
        self._devices: dict[int, Notice] = {}
        self._names: set[tuple[int, str]] = set()
        self._nowhere: set[int] = set()
        self._schedules: dict[int, AutoUpdate] = {}
        self._readable = 0
        self._unreadable: list[int] = []

    def take(self, records: FormerRecords) -> None:
        """Raises FormerServiceError and CannotMoveInError."""
        for user in records.users():
            self._take_user(user)
        for device in records.devices():
            self._take_device(device)
        if self._unreadable:
            devices = list[Json](self._unreadable)
            if self._readable:
                self._refuse("some_passwords_unreadable", devices=devices, readable=self._readable)
            else:
                self._refuse("no_password_readable", devices=devices)
        for schedule in records.schedules():
            self._take_schedule(schedule)
        if self._obstacles:
            raise CannotMoveInError(self._obstacles)
        for device_id in self._devices:
            # Without one it would be made by whoever asks for it, and may then be on.
            self._tx.schedules.save(self._schedules.get(device_id) or self._off(device_id))
        self.report.schedules = len(self._schedules)
        self.report.switched_on = sum(each.enabled for each in self._schedules.values())

    def _tell(self, about: Notice) -> Tell:
        def tell(code: str, **facts: Json) -> None:
            self.report.remarks.append(Remark(about, Notice(code, facts)))

        return tell

    def _refuse(self, code: str, **facts: Json) -> None:
        self._obstacles.append(Notice(code, facts))

    def _take_user(self, former: FormerUser) -> None:
        user_id = values.identity(former.id)
        if user_id is None or user_id in self._users:
            self._refuse("bad_user_id", value=repr(former.id))
            return
        self._users.add(user_id)
        tell = self._tell(Notice("user", {"id": user_id}))
        email = values.text(former.email, "email", tell)
        key = email_key(email)
        if not key:
            self._refuse("no_email", user=user_id)
            return
        if key in self._emails:
            self._refuse("shared_email", first=self._emails[key], second=user_id, email=email)
            return
        self._emails[key] = user_id
        password_hash = values.text(former.password_hash, "password_hash", tell)
        if not self._hasher.recognises(password_hash):
            tell("unknown_password_hash", email=email)
        if not self._obstacles:
            self._tx.users.adopt(User(id=UserId(user_id), email=email, password_hash=password_hash))
            self.report.users += 1

    def _take_device(self, former: FormerDevice) -> None:
        device_id, owner_id = values.identity(former.id), values.identity(former.owner_id)
        if device_id is None or device_id in self._devices:
            self._refuse("bad_device_id", value=repr(former.id))
            return
        if owner_id not in self._users or owner_id is None:
            tell = self._tell(Notice("device", {"id": device_id, "name": ""}))
            tell("unknown_owner", owner=repr(former.owner_id))
            return
        name = values.text(former.name, "", _pass_over)
        about = Notice("device", {"id": device_id, "name": name})
        self._devices[device_id] = about
        tell = self._tell(about)
        port = values.port(former.port, tell)
        address = Address(values.host(former.host, tell), port or rules.DEFAULT_PORT)
        if port is None or address.host == values.NOWHERE:
            self._nowhere.add(device_id)
        elif not self._networks.allow_host(address.host):
            tell("outside_networks", address=address.host)
        device = Device(
            id=DeviceId(device_id),
            owner_id=UserId(owner_id),
            name=self._name(former, device_id, owner_id, tell),
            description=values.text(former.description, "description", tell),
            address=address,
            protocol=rules.TCP,
            encrypted_password=self._password(former, device_id, tell),
        )
        if rules.DESCRIPTION.fault(device.description):
            tell("description_too_long", most=rules.DESCRIPTION.most)
        protocol = values.text(former.protocol, "protocol", tell).strip().upper()
        if protocol not in (*rules.PROTOCOLS, ""):
            tell("unknown_protocol", protocol=protocol)
        file = self._file(former, tell)
        if self._obstacles or self._unreadable:
            return
        self._tx.devices.adopt(device)
        self.report.devices += 1
        if file is not None:
            self._keep(device, file, dirty=values.flag(former.dirty, "dirty", tell))

    def _name(self, former: FormerDevice, device_id: int, owner_id: int, tell: Tell) -> str:
        name = values.text(former.name, "name", tell)
        if not name:
            name = f"Device {device_id}"
            tell("no_name", name=name)
        while (owner_id, name) in self._names:
            name = f"{name} ({device_id})"
            tell("name_taken", name=name)
        self._names.add((owner_id, name))
        if rules.NAME.fault(name):
            tell("name_too_long", most=rules.NAME.most)
        return name

    def _password(self, former: FormerDevice, device_id: int, tell: Tell) -> str:
        """As it was encrypted; an empty one where there was none."""
        encrypted = values.text(former.encrypted_password, "", _pass_over)
        if not encrypted:
            tell("no_password")
            return self._cipher.encrypt("")
        try:
            password = self._cipher.decrypt(encrypted)
        except UnreadableSecretError:
            self._unreadable.append(device_id)
            return encrypted
        self._readable += 1
        if rules.password_fault(password):
            tell("odd_password")
        return encrypted

    def _file(self, former: FormerDevice, tell: Tell) -> ProductFile | None:
        try:
            if former.products_fault is not None:
                raise former.products_fault
            file = values.product_file(former.products)
        except BadProductFileError as error:
            file = None
            tell("useless_products", failure=error.code, **error.facts)
        if file is None and values.flag(former.dirty, "", _pass_over):
            tell("lost_edits")
        return file

    def _keep(self, device: Device, file: ProductFile, *, dirty: bool) -> None:
        self._tx.catalogues.save(
            Catalogue(
                device_id=device.id,
                file=file,
                read_at=self._now,
                moves=NEVER,
                merged_by=device.owner_id if dirty else None,
            )
        )
        self.report.files += 1
        if dirty:
            self.report.unsent.append(self._devices[device.id])

    def _take_schedule(self, former: FormerSchedule) -> None:
        device_id = values.identity(former.device_id)
        if device_id is None or device_id not in self._devices:
            self._tell(Notice("schedule_of_unknown", {"id": repr(former.device_id)}))(
                "unknown_device"
            )
            return
        tell = self._tell(Notice("schedule", self._devices[device_id].facts))
        if device_id in self._schedules:
            tell("two_schedules")
        enabled = values.flag(former.enabled, "enabled", tell)
        if enabled and device_id in self._nowhere:
            tell("switched_off")
            enabled = False
        minutes = values.whole(former.interval_minutes)
        interval = timedelta(minutes=minutes or 0)
        if minutes is None or INTERVAL_MINUTES.fault(minutes):
            interval = self._defaults.interval
            instead = interval // timedelta(minutes=1)
            tell("odd_interval", value=repr(former.interval_minutes), minutes=instead)
        error = values.text(former.last_error, "last_error", tell)
        status = values.last_status(former.last_status, tell)
        self._schedules[device_id] = replace(
            # Due at once when it is on: what the labels bear is not known.
            AutoUpdate.new(DeviceId(device_id), enabled=enabled, interval=interval, now=self._now),
            last_run_at=values.instant(former.last_run, "last_run", tell),
            last_status=status,
            last_error=Cause(None, text=error) if error else None,
            # How many came before the last one is not known.
            consecutive_failures=int(status == "ERROR"),
        )

    def _off(self, device_id: int) -> AutoUpdate:
        return AutoUpdate.new(
            DeviceId(device_id), enabled=False, interval=self._defaults.interval, now=self._now
        )


def _pass_over(code: str, **facts: Json) -> None:
    """For what is told elsewhere."""
