"""Runs in the database."""

from collections.abc import Container, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)

from adapters.database.causes import cause_of, columns_of
from adapters.database.repositories.conditions import FREE
from adapters.database.repositories.repository import ConstraintError, Repository
from adapters.database.tables import MAX_ID, devices, leases, runs, users
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.leases import Lease
from application.ports.repositories.runs import RunFilter, Runs
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.runs.run import Ending, Outcome, Run, RunId, RunKind

AnySelect = Select[*tuple[Any, ...]]

_OPEN = runs.c.outcome.is_(None)
LEASED = and_(_OPEN, leases.c.fence == runs.c.fence, not_(FREE))

COLUMNS: Final = (
    runs.c.id,
    runs.c.device_id,
    runs.c.kind,
    runs.c.asked_by,
    runs.c.started_at,
    LEASED,
    runs.c.ended_at,
    runs.c.outcome,
    runs.c.products,
    runs.c.bytes,
    runs.c.retries,
    runs.c.error_type,
    runs.c.error_facts,
    runs.c.error,
)
"""What `run_of` makes a run of; the device's lease must be joined."""

NEWEST_FIRST = (
    select(*COLUMNS)
    .join_from(runs, leases, leases.c.device_id == runs.c.device_id)
    .order_by(runs.c.id.desc())
)
START = insert(runs).values(
    owner_id=select(devices.c.owner_id)
    .where(devices.c.id == bindparam("its_device"))
    .scalar_subquery()
)
END = update(runs).where(runs.c.id == bindparam("run_id"))
# By owner, since the index of what began when begins with the owner; without those that are
# being deleted with their device, so that it need not wait for anybody.
_OLD = (
    select(runs.c.id)
    .where(runs.c.owner_id.in_(select(users.c.id)), runs.c.started_at < bindparam("before"))
    .with_for_update(of=runs, skip_locked=True)
)
PRUNE = delete(runs).where(runs.c.id.in_(_OLD))
PRUNE_KIND = delete(runs).where(runs.c.id.in_(_OLD.where(runs.c.kind == bindparam("its_kind"))))


def page_of(
    owner_id: UserId, wanted: RunFilter, *, before: RunId | None = None, limit: int = 50
) -> AnySelect:
    """The statement for a page."""
    page = NEWEST_FIRST.limit(limit)
    if wanted.device_id is None:
        page = page.where(runs.c.owner_id == owner_id)
    else:
        # Asked like this, both databases take the index that begins with the device.
        device = select(devices.c.id).where(
            devices.c.id == min(wanted.device_id, MAX_ID), devices.c.owner_id == owner_id
        )
        page = page.where(runs.c.device_id == device.scalar_subquery())
    if before is not None:
        page = page.where(runs.c.id < min(before, MAX_ID))
    if wanted.kind is not None:
        page = page.where(runs.c.kind == wanted.kind.value)
    if wanted.outcome is not None:
        page = page.where(_ended_with(wanted.outcome))
    if wanted.since is not None:
        # Clocks go back, so that a run may begin before one of a lower id.
        first = select(func.min(runs.c.id)).where(
            runs.c.owner_id == owner_id, runs.c.started_at >= wanted.since
        )
        page = page.where(runs.c.id >= first.scalar_subquery(), runs.c.started_at >= wanted.since)
    return page


def last_of(
    device_id: DeviceId, kinds: Container[RunKind] = (), outcomes: Container[Outcome] = ()
) -> AnySelect:
    """The statement for the newest run."""
    last = NEWEST_FIRST.where(runs.c.device_id == device_id).limit(1)
    of_kind = [kind.value for kind in RunKind if kind in kinds]
    if of_kind:
        last = last.where(runs.c.kind.in_(of_kind))
    wanted = [_ended_with(outcome) for outcome in Outcome if outcome in outcomes]
    return last.where(or_(*wanted)) if wanted else last


def _ended_with(outcome: Outcome) -> ColumnElement[bool]:
    """Also for those that have not ended."""
    if outcome is Outcome.RUNNING:
        return LEASED
    if outcome is Outcome.INTERRUPTED:
        return and_(_OPEN, not_(LEASED))
    return runs.c.outcome == bindparam(None, outcome.value)


class SqlRuns(Repository, Runs):
    """Every conversation with a device."""

    def start(self, lease: Lease, *, kind: RunKind, asked_by: UserId | None, at: datetime) -> RunId:
        """Raises UnknownDeviceError."""
        self._guard.hold(lease.device_id)
        values = {
            "device_id": lease.device_id,
            "its_device": lease.device_id,
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
        code, facts, text = columns_of(ending.cause)
        values = {
            "run_id": run_id,
            "ended_at": ending.at,
            "outcome": ending.outcome.value,
            "products": ending.products,
            "bytes": ending.bytes,
            "retries": ending.retries,
            "error_type": code,
            "error_facts": facts,
            "error": text,
        }
        self._write(END, values)

    def page(
        self, owner_id: UserId, wanted: RunFilter, *, before: RunId | None = None, limit: int = 50
    ) -> Sequence[Run]:
        statement = page_of(owner_id, wanted, before=before, limit=limit)
        return [run_of(row) for row in self._read(statement)]

    def last(
        self,
        device_id: DeviceId,
        kinds: Container[RunKind] = (),
        outcomes: Container[Outcome] = (),
    ) -> Run | None:
        row = self._read(last_of(device_id, kinds, outcomes)).first()
        return None if row is None else run_of(row)

    def prune(self, before: datetime, kind: RunKind | None = None) -> int:
        if kind is None:
            return self._write(PRUNE, {"before": before}).rowcount
        return self._write(PRUNE_KIND, {"before": before, "its_kind": kind.value}).rowcount


def run_of(row: Sequence[Any]) -> Run:
    """The run in a row of COLUMNS."""
    run_id, device_id, kind, asked_by, started_at, leased, *ending = row
    ended_at, outcome, products, size, retries, *cause = ending
    return Run(
        id=RunId(run_id),
        device_id=DeviceId(device_id),
        kind=RunKind(kind),
        asked_by=None if asked_by is None else UserId(asked_by),
        started_at=started_at,
        leased=bool(leased),
        ending=None
        if ended_at is None
        else Ending(
            at=ended_at,
            outcome=Outcome(outcome),
            products=products,
            bytes=size,
            retries=retries,
            cause=cause_of(*cause),
        ),
    )
