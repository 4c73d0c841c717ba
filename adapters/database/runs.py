"""Runs in the database."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from adapters.database.repository import AnyRow, ConstraintError, Repository
from adapters.database.rows import runs
from application.ports.storage import Lease, Runs
from domain.device import DeviceId
from domain.errors import UnknownDeviceError
from domain.run import Ending, Outcome, Run, RunId, RunKind
from domain.user import UserId

OF_DEVICE = (
    select(
        runs.c.id,
        runs.c.device_id,
        runs.c.kind,
        runs.c.asked_by,
        runs.c.started_at,
        runs.c.ended_at,
        runs.c.outcome,
        runs.c.products,
        runs.c.bytes,
        runs.c.retries,
        runs.c.error_type,
        runs.c.error,
    )
    .where(runs.c.device_id == bindparam("id"))
    .order_by(runs.c.id.desc())
    .limit(bindparam("at_most"))
)
START = insert(runs)
END = update(runs).where(runs.c.id == bindparam("run_id"))


class SqlRuns(Repository, Runs):
    """Every conversation with a device."""

    def start(self, lease: Lease, *, kind: RunKind, asked_by: UserId | None, at: datetime) -> RunId:
        """Raises UnknownDeviceError."""
        values = {
            "device_id": lease.device_id,
            "fence": lease.fence,
            "kind": kind.value,
            "asked_by": asked_by,
            "started_at": at,
        }
        try:
            return RunId(self._add(START, values))
        except ConstraintError:
            raise UnknownDeviceError from None

    def end(self, run_id: RunId, ending: Ending) -> None:
        values = {
            "run_id": run_id,
            "ended_at": ending.at,
            "outcome": ending.outcome.value,
            "products": ending.products,
            "bytes": ending.bytes,
            "retries": ending.retries,
            "error_type": ending.error_type,
            "error": ending.error,
        }
        self._write(END, values)

    def of_device(self, device_id: DeviceId, *, limit: int = 50) -> Sequence[Run]:
        return [_run(row) for row in self._read(OF_DEVICE, {"id": device_id, "at_most": limit})]


def _run(row: AnyRow) -> Run:
    run_id, device_id, kind, asked_by, started_at, ended_at, outcome, *rest = row
    products, size, retries, error_type, error = rest
    return Run(
        id=RunId(run_id),
        device_id=DeviceId(device_id),
        kind=RunKind(kind),
        asked_by=None if asked_by is None else UserId(asked_by),
        started_at=started_at,
        ending=None
        if ended_at is None
        else Ending(
            at=ended_at,
            outcome=Outcome(outcome),
            products=products,
            bytes=size,
            retries=retries,
            error_type=error_type,
            error=error,
        ),
    )
