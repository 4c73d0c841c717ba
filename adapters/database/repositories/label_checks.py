"""What a shop should look at on its labels, in the database."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    bindparam,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)

from adapters.database.repositories.renewal_exceptions import SqlRenewalExceptions
from adapters.database.repositories.repository import Repository
from adapters.database.tables import (
    auto_updates,
    catalogues,
    device_exceptions,
    devices,
    label_checks,
    owner_exceptions,
)
from application.ports.repositories.label_checks import LabelChecks
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.products.label_checks.checks import Check
from domain.products.label_checks.report import DeviceCheck, device_checks
from domain.products.product_file import ProductFile
from domain.renewal.policy import EVERYTHING

ORDER: Final = list(Check)


def selective(device_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a renewal leaves some products of a device as they are: hardly any is so."""
    return or_(
        exists().where(device_exceptions.c.device_id == device_id),
        exists().where(
            auto_updates.c.device_id == device_id, auto_updates.c.dates != EVERYTHING.dates
        ),
        exists().where(
            owner_exceptions.c.owner_id == devices.c.owner_id, devices.c.id == device_id
        ),
    )


_DEVICE: ColumnElement[int] = bindparam("id")
OF_DEVICE = select(
    label_checks.c.name,
    label_checks.c.first_day,
    label_checks.c.last_day,
    label_checks.c.except_day,
).where(label_checks.c.device_id == _DEVICE)
SELECTIVE = select(selective(_DEVICE))
DELETE = delete(label_checks).where(label_checks.c.device_id == _DEVICE)
ADD = insert(label_checks)
FORGET = update(catalogues).where(catalogues.c.device_id == _DEVICE).values(labels_digest=None)
# In the order in which everybody locks: the devices by ascending id, then what belongs to them.
HOLD_OWNED = (
    select(devices.c.id)
    .where(devices.c.owner_id == bindparam("user_id"))
    .order_by(devices.c.id)
    .with_for_update(key_share=True)
)
FORGET_ALL = (
    update(catalogues)
    .where(
        catalogues.c.device_id.in_(
            select(devices.c.id).where(devices.c.owner_id == bindparam("user_id"))
        )
    )
    .values(labels_digest=None)
)
FORGOTTEN = (
    select(catalogues.c.device_id)
    .where(catalogues.c.labels_digest.is_(None))
    .order_by(catalogues.c.device_id)
    .limit(bindparam("at_most"))
)


class Known(NamedTuple):
    """What stands in the tables: the digest of the checks, and whether the device's renewal leaves
    products as they are."""

    digest: str | None
    selective: bool


class SqlLabelChecks(Repository, LabelChecks):
    """A row for each check that finds something."""

    def of_device(self, device_id: DeviceId) -> Sequence[DeviceCheck]:
        self._guard.hold(device_id)
        found = [
            DeviceCheck(Check(name), *days)
            for name, *days in self._read(OF_DEVICE, {"id": device_id})
        ]
        return sorted(found, key=lambda each: ORDER.index(each.check))

    def forget(self, device_id: DeviceId) -> None:
        self._guard.hold(device_id)
        self._write(FORGET, {"id": device_id})

    def forget_all(self, owner_id: UserId) -> None:
        held = self._lock(HOLD_OWNED, {"user_id": owner_id})
        self._guard.note_held(DeviceId(row[0]) for row in held)
        self._write(FORGET_ALL, {"user_id": owner_id})

    def forgotten(self, limit: int) -> Sequence[DeviceId]:
        return [DeviceId(row[0]) for row in self._read(FORGOTTEN, {"at_most": limit})]

    def known(self, device_id: DeviceId) -> Known:
        """Of a device whose catalogue was not looked at: nothing of its checks."""
        return Known(None, bool(self._read(SELECTIVE, {"id": device_id}).scalar_one()))

    def checked(
        self, device_id: DeviceId, file: ProductFile, known: Known
    ) -> tuple[Known, Sequence[DeviceCheck] | None]:
        """What is known of a file as it is shown now, and its checks where they are others."""
        policy = EVERYTHING
        if known.selective:
            policy = SqlRenewalExceptions(
                self._connection, self._guard, writable=self._writable
            ).policy_of(device_id)
        found = device_checks(file, policy.renews)
        text = repr([(each.check.value, each.first, each.last, each.but) for each in found])
        digest = sha256(text.encode()).hexdigest()[:16]
        return known._replace(digest=digest), None if digest == known.digest else found

    def save(self, device_id: DeviceId, found: Sequence[DeviceCheck]) -> None:
        """In place of the checks that there were."""
        self._write(DELETE, {"id": device_id})
        rows = [
            {
                "device_id": device_id,
                "name": each.check.value,
                "first_day": each.first,
                "last_day": each.last,
                "except_day": each.but,
            }
            for each in found
        ]
        if rows:
            self._write(ADD, rows)
