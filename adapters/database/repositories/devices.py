"""Devices in the database."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    and_,
    bindparam,
    delete,
    exists,
    false,
    func,
    insert,
    select,
    update,
)

from adapters.database.causes import cause_of
from adapters.database.repositories.conditions import FREE, STATES, WITH_ALL, times_of
from adapters.database.repositories.repository import AnyRow, ConstraintError, Repository, Values
from adapters.database.tables import MAX_ID, auto_updates, catalogues, devices, leases, users
from application.ports.repositories.devices import (
    DeviceNameTakenError,
    Devices,
    DeviceSummary,
    UnknownDeviceError,
)
from application.ports.repositories.users import UnknownUserError
from domain.accounts.user import UserId
from domain.devices.device import Address, Device, DeviceDetails, DeviceId
from domain.devices.state import DeviceState

_COLUMNS = (
    devices.c.id,
    devices.c.owner_id,
    devices.c.name,
    devices.c.description,
    devices.c.host,
    devices.c.port,
    devices.c.protocol,
    devices.c.encrypted_password,
    devices.c.time_zone,
    devices.c.moves,
    devices.c.refusals,
    devices.c.refused_at,
    devices.c.endpoint,
    devices.c.clock_ahead,
    devices.c.doubtful,
)
_ID = devices.c.id == bindparam("device_id")
_OWNER = devices.c.owner_id == bindparam("user_id")

_SECOND = timedelta(seconds=1)

GET = select(*_COLUMNS).where(_ID)
OWNED = GET.where(_OWNER)
DOUBTFUL = select(devices.c.id).where(_OWNER, devices.c.doubtful)
_OTHERS = devices.alias("others")
SHARED = exists(
    select(_OTHERS.c.id).where(
        _OTHERS.c.endpoint == devices.c.endpoint,
        _OTHERS.c.owner_id == devices.c.owner_id,
        _OTHERS.c.id != devices.c.id,
    )
)
SUMMARIES = (
    select(
        *_COLUMNS,
        func.coalesce(catalogues.c.dirty, false()),
        func.coalesce(and_(catalogues.c.unverified, FREE), false()),
        func.coalesce(catalogues.c.replaced, false()),
        func.coalesce(auto_updates.c.enabled, false()),
        auto_updates.c.due_at,
        auto_updates.c.last_run_at,
        auto_updates.c.last_status,
        auto_updates.c.last_error_type,
        auto_updates.c.last_error_facts,
        auto_updates.c.last_error,
        func.coalesce(auto_updates.c.consecutive_failures, 0),
        SHARED,
    )
    .select_from(WITH_ALL)
    .where(_OWNER)
    .order_by(devices.c.id)
)
SUMMARY = SUMMARIES.where(_ID)
IN_STATE = {state: SUMMARIES.where(wanted) for state, wanted in STATES.items()}
AT = select(devices.c.id).where(devices.c.endpoint == bindparam("its_endpoint"))
OWNER = select(users.c.id).where(users.c.id == bindparam("user_id"))
ADD = insert(devices)
ADD_LEASE = insert(leases)
SAVE = update(devices).where(_ID)
DELETE = delete(devices).where(_ID)


class SqlDevices(Repository, Devices):
    """Every registered device."""

    def add(self, owner_id: UserId, details: DeviceDetails) -> Device:
        """Raises also UnknownUserError."""
        endpoint = details.address.endpoint
        values = {
            "owner_id": owner_id,
            **_details(details),
            "moves": 0,
            "endpoint": endpoint and str(endpoint),
        }
        with self._refused_readably(owner_id, details):
            device_id = DeviceId(self._add(ADD, values))
        self._write(ADD_LEASE, {"device_id": device_id, "fence": 0})
        return Device(
            id=device_id,
            owner_id=owner_id,
            name=details.name,
            description=details.description,
            address=details.address,
            protocol=details.protocol,
            encrypted_password=details.encrypted_password,
            time_zone=details.time_zone,
        )

    def adopt(self, device: Device) -> None:
        values = {"id": device.id, "owner_id": device.owner_id, **_values(device)}
        with self._refused_readably(device.owner_id, device):
            self._adopt(ADD, values)
        self._write(ADD_LEASE, {"device_id": device.id, "fence": 0})

    def get(self, device_id: DeviceId) -> Device:
        self._guard.hold(device_id)
        row = self._read(GET, {"device_id": device_id}).first()
        if row is None:
            raise UnknownDeviceError
        return _device(row)

    def doubtful(self, owner_id: UserId) -> Collection[DeviceId]:
        return {DeviceId(row[0]) for row in self._read(DOUBTFUL, {"user_id": owner_id})}

    def owned(self, owner_id: UserId, device_id: DeviceId) -> Device:
        return _device(self._owned(OWNED, owner_id, device_id))

    def summary(self, owner_id: UserId, device_id: DeviceId) -> DeviceSummary:
        return _summary(self._owned(SUMMARY, owner_id, device_id))

    def summaries(self, owner_id: UserId) -> Sequence[DeviceSummary]:
        return [_summary(row) for row in self._read(SUMMARIES, {"user_id": owner_id}).all()]

    def at(self, endpoint: str) -> Sequence[DeviceId]:
        return sorted(DeviceId(row[0]) for row in self._read(AT, {"its_endpoint": endpoint}))

    def in_state(
        self, owner_id: UserId, state: DeviceState, now: datetime
    ) -> Sequence[DeviceSummary]:
        times = times_of(now) if state is DeviceState.LATE else {}
        return [
            _summary(row) for row in self._read(IN_STATE[state], {"user_id": owner_id, **times})
        ]

    def save(self, device: Device) -> None:
        self._guard.hold(device.id)
        try:
            saved = self._try(SAVE, {"device_id": device.id, **_values(device)})
        except ConstraintError:
            raise DeviceNameTakenError(device.name) from None
        if not saved.rowcount:
            raise UnknownDeviceError

    def delete(self, device_id: DeviceId) -> None:
        self._guard.hold(device_id)
        if not self._write(DELETE, {"device_id": device_id}).rowcount:
            raise UnknownDeviceError

    @contextmanager
    def _refused_readably(self, owner_id: UserId, details: DeviceDetails) -> Iterator[None]:
        """Raises UnknownUserError and DeviceNameTakenError for a row that was not added."""
        try:
            yield
        except ConstraintError:
            if self._read(OWNER, {"user_id": owner_id}).first() is None:
                raise UnknownUserError from None
            raise DeviceNameTakenError(details.name) from None

    def _owned(self, statement: Any, owner_id: UserId, device_id: DeviceId) -> AnyRow:
        # An address may name any number, also one that no column holds.
        if device_id > MAX_ID:
            raise UnknownDeviceError
        self._guard.hold(device_id)
        row = self._read(statement, {"user_id": owner_id, "device_id": device_id}).first()
        if row is None:
            raise UnknownDeviceError
        return row


def _details(details: DeviceDetails) -> Values:
    return {
        "name": details.name,
        "description": details.description,
        "host": details.address.host,
        "port": details.address.port,
        "protocol": details.protocol,
        "encrypted_password": details.encrypted_password,
        "time_zone": details.time_zone,
    }


def _values(device: Device) -> Values:
    return {
        **_details(device),
        "moves": device.moves,
        "refusals": device.refusals,
        "refused_at": device.refused_at,
        "endpoint": device.endpoint,
        "clock_ahead": None if device.clock_ahead is None else device.clock_ahead // _SECOND,
        "doubtful": device.doubtful,
    }


def _device(row: AnyRow) -> Device:
    device_id, owner_id, name, description, host, port, protocol, password, *rest = row
    zone, moves, refusals, refused_at, endpoint, ahead, doubtful = rest[:7]
    address = Address(host, port)
    return Device(
        id=DeviceId(device_id),
        owner_id=UserId(owner_id),
        name=name,
        description=description,
        address=address,
        protocol=protocol,
        encrypted_password=password,
        time_zone=zone,
        moves=moves,
        refusals=refusals,
        refused_at=refused_at,
        found_at=None if address.endpoint else endpoint,
        clock_ahead=None if ahead is None else ahead * _SECOND,
        doubtful=bool(doubtful),
    )


def _summary(row: AnyRow) -> DeviceSummary:
    dirty, unverified, replaced, enabled, due_at, last_run_at, *rest = row[len(_COLUMNS) :]
    status, *cause, failures, shared = rest
    return DeviceSummary(
        device=_device(row),
        cached_dirty=bool(dirty),
        unverified=bool(unverified),
        replaced=bool(replaced),
        auto_update=bool(enabled),
        due_at=due_at,
        last_run_at=last_run_at,
        last_status=status,
        last_error=cause_of(*cause),
        consecutive_failures=failures,
        shared_address=bool(shared),
    )
