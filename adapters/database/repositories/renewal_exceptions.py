"""Products that keep their dates, in the database."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, Table, bindparam, delete, insert, literal, select

from adapters.database.repositories.repository import AnyRow, ConstraintError, Repository
from adapters.database.tables import (
    auto_updates,
    device_exceptions,
    devices,
    owner_exceptions,
    users,
)
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.renewal_exceptions import RenewalExceptions
from application.ports.repositories.users import UnknownUserError
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.renewal.policy import EVERYTHING, RenewalException, RenewalPolicy


def _listed(table: Table) -> tuple[Any, ...]:
    return table.c.kind, table.c.number, table.c.note, table.c.place


_ID: BindParameter[int] = bindparam("id")
OF_OWNER = (
    select(*_listed(owner_exceptions))
    .where(owner_exceptions.c.owner_id == _ID)
    .order_by(owner_exceptions.c.place)
)
OF_DEVICE = (
    select(*_listed(device_exceptions))
    .where(device_exceptions.c.device_id == _ID)
    .order_by(device_exceptions.c.place)
)
DATES = select(auto_updates.c.dates).where(auto_updates.c.device_id == _ID)
APPLYING = (
    select(*_listed(device_exceptions), literal(0).label("far"))
    .where(device_exceptions.c.device_id == _ID)
    .union_all(
        select(*_listed(owner_exceptions), literal(1))
        .join(devices, devices.c.owner_id == owner_exceptions.c.owner_id)
        .where(devices.c.id == _ID)
    )
    .order_by("far", "place")
)
# Of two that set the same list at once, the second waits for the first.
HOLD_OWNER = select(users.c.id).where(users.c.id == _ID).with_for_update(key_share=True)
DEVICE = select(devices.c.id).where(devices.c.id == _ID)
FORGET_OF_OWNER = delete(owner_exceptions).where(owner_exceptions.c.owner_id == _ID)
FORGET_OF_DEVICE = delete(device_exceptions).where(device_exceptions.c.device_id == _ID)
ADD_FOR_OWNER = insert(owner_exceptions)
ADD_FOR_DEVICE = insert(device_exceptions)


class SqlRenewalExceptions(Repository, RenewalExceptions):
    """A row for each, numbered by its place in the list."""

    def of_owner(self, owner_id: UserId) -> Sequence[RenewalException]:
        return [_exception(row) for row in self._read(OF_OWNER, {"id": owner_id})]

    def of_device(self, device_id: DeviceId) -> Sequence[RenewalException]:
        self._guard.hold(device_id)
        return [_exception(row) for row in self._read(OF_DEVICE, {"id": device_id})]

    def set_for_owner(self, owner_id: UserId, exceptions: Sequence[RenewalException]) -> None:
        if self._lock(HOLD_OWNER, {"id": owner_id}).first() is None:
            raise UnknownUserError
        self._write(FORGET_OF_OWNER, {"id": owner_id})
        if exceptions:
            self._write(ADD_FOR_OWNER, _rows("owner_id", owner_id, exceptions))

    def set_for_device(self, device_id: DeviceId, exceptions: Sequence[RenewalException]) -> None:
        self._guard.hold(device_id)
        self._write(FORGET_OF_DEVICE, {"id": device_id})
        if not exceptions:
            if self._read(DEVICE, {"id": device_id}).first() is None:
                raise UnknownDeviceError
            return
        try:
            self._try(ADD_FOR_DEVICE, _rows("device_id", device_id, exceptions))
        except ConstraintError:
            raise UnknownDeviceError from None

    def policy_of(self, device_id: DeviceId) -> RenewalPolicy:
        self._guard.hold(device_id)
        dates = self._read(DATES, {"id": device_id}).scalar() or EVERYTHING.dates
        rows = self._read(APPLYING, {"id": device_id}).all()
        return RenewalPolicy(dates=dates, exceptions=tuple(_exception(row) for row in rows))


def _rows(
    whose: str, number: int, exceptions: Sequence[RenewalException]
) -> Sequence[dict[str, object]]:
    return [
        {whose: number, "place": place, "kind": each.kind, "number": each.number, "note": each.note}
        for place, each in enumerate(exceptions, start=1)
    ]


def _exception(row: AnyRow) -> RenewalException:
    return RenewalException(kind=row[0], number=row[1], note=row[2])
