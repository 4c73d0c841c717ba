"""Batches of runs in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, insert, select, update

from adapters.database.batching import parts
from adapters.database.causes import cause_of, columns_of
from adapters.database.repositories.repository import AnyRow, ConstraintError, Repository
from adapters.database.repositories.runs import COLUMNS, run_of
from adapters.database.tables import MAX_ID, batch_items, batches, devices, leases, runs
from application.ports.repositories.batches import Batches, UnknownBatchError
from application.ports.repositories.devices import UnknownDeviceError
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.errors import Cause
from domain.runs.batch import Batch, BatchId, BatchItem, UploadOf
from domain.runs.run import RunId, RunKind

_ID = batches.c.id == bindparam("its_id")
_ITEM = (
    batch_items.c.batch_id == bindparam("its_batch"),
    batch_items.c.device_id == bindparam("its_device"),
)

ADD = insert(batches)
ADD_ITEMS = insert(batch_items)
GET = select(
    batches.c.id, batches.c.owner_id, batches.c.kind, batches.c.upload_of, batches.c.created_at
).where(_ID)
OWNED = GET.where(batches.c.owner_id == bindparam("user_id"))
HOLD_OWNED = OWNED.with_for_update(key_share=True)
ITEMS = (
    select(
        batch_items.c.device_id,
        devices.c.name,
        batch_items.c.error_type,
        batch_items.c.error_facts,
        batch_items.c.error,
        *COLUMNS,
    )
    .join_from(batch_items, devices, devices.c.id == batch_items.c.device_id)
    .join(leases, leases.c.device_id == batch_items.c.device_id)
    .outerjoin(runs, runs.c.id == batch_items.c.run_id)
    .where(batch_items.c.batch_id == bindparam("its_batch"))
    .order_by(batch_items.c.device_id)
)
ITEM = ITEMS.where(_ITEM[1])
CHANGE_ITEM = update(batch_items).where(*_ITEM)
NO_CAUSE: Final = {"error_type": None, "error_facts": None, "error": None}
BEGIN_AGAIN = (
    update(batch_items)
    .where(_ITEM[0], batch_items.c.device_id.in_(bindparam("its_devices", expanding=True)))
    .values(run_id=None, **NO_CAUSE)
)
PRUNE = delete(batches).where(batches.c.created_at < bindparam("before"))


class SqlBatches(Repository, Batches):
    """What users asked to be done with several devices."""

    def add(
        self,
        owner_id: UserId,
        device_ids: Sequence[DeviceId],
        *,
        kind: RunKind,
        upload_of: UploadOf,
        at: datetime,
    ) -> Batch:
        values = {
            "owner_id": owner_id,
            "kind": kind.value,
            "upload_of": upload_of.value,
            "created_at": at,
        }
        self._guard.hold_all(device_ids)
        try:
            batch_id = BatchId(self._add(ADD, values))
            for some in parts(device_ids):
                self._try(ADD_ITEMS, [{"batch_id": batch_id, "device_id": each} for each in some])
        except ConstraintError:
            raise UnknownDeviceError from None
        return Batch(id=batch_id, owner_id=owner_id, kind=kind, upload_of=upload_of, created_at=at)

    def get(self, batch_id: BatchId) -> Batch:
        return _batch(self._read(GET, {"its_id": batch_id}).first())

    def owned(self, owner_id: UserId, batch_id: BatchId) -> Batch:
        # An address may name any number, also one that no column holds.
        if batch_id > MAX_ID:
            raise UnknownBatchError
        # Two who have it done again take turns.
        statement = HOLD_OWNED if self._writable else OWNED
        return _batch(self._read(statement, {"its_id": batch_id, "user_id": owner_id}).first())

    def items(self, batch_id: BatchId) -> Sequence[BatchItem]:
        return [_item(row) for row in self._read(ITEMS, {"its_batch": batch_id})]

    def item(self, batch_id: BatchId, device_id: DeviceId) -> BatchItem | None:
        self._guard.hold(device_id)
        row = self._read(ITEM, {"its_batch": batch_id, "its_device": device_id}).first()
        return None if row is None else _item(row)

    def began(self, batch_id: BatchId, device_id: DeviceId, run_id: RunId) -> None:
        self._change(batch_id, device_id, run_id=run_id, **NO_CAUSE)

    def failed(self, batch_id: BatchId, device_id: DeviceId, cause: Cause) -> None:
        code, facts, text = columns_of(cause)
        self._change(batch_id, device_id, error_type=code, error_facts=facts, error=text)

    def begin_again(self, batch_id: BatchId, device_ids: Sequence[DeviceId]) -> None:
        self._guard.hold_all(device_ids)
        for some in parts(device_ids):
            self._write(BEGIN_AGAIN, {"its_batch": batch_id, "its_devices": some})

    def prune(self, before: datetime) -> int:
        return self._write(PRUNE, {"before": before}).rowcount

    def _change(self, batch_id: BatchId, device_id: DeviceId, **values: object) -> None:
        self._guard.hold(device_id)
        self._write(CHANGE_ITEM, {"its_batch": batch_id, "its_device": device_id, **values})


def _batch(row: AnyRow | None) -> Batch:
    if row is None:
        raise UnknownBatchError
    batch_id, owner_id, kind, upload_of, created_at = row
    return Batch(
        id=BatchId(batch_id),
        owner_id=UserId(owner_id),
        kind=RunKind(kind),
        upload_of=UploadOf(upload_of),
        created_at=created_at,
    )


def _item(row: AnyRow) -> BatchItem:
    device_id, name, *cause = row[:5]
    run = row[5:]
    return BatchItem(
        device_id=DeviceId(device_id),
        device_name=name,
        run=None if run[0] is None else run_of(run),
        unbegun=cause_of(*cause),
    )
