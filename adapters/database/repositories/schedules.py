"""Schedules in the database."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Update,
    bindparam,
    case,
    func,
    insert,
    not_,
    select,
    true,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from adapters.database.causes import cause_of, columns_of
from adapters.database.repositories.repository import AnyRow, ConstraintError, Repository
from adapters.database.tables import auto_updates, devices
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.schedules import Due, Schedules
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.renewal.schedule import CLOCKS_DIFFER, AutoUpdate

_COLUMNS = (
    auto_updates.c.device_id,
    auto_updates.c.enabled,
    auto_updates.c.interval_seconds,
    auto_updates.c.due_at,
    auto_updates.c.dates_written,
    auto_updates.c.last_run_at,
    auto_updates.c.last_status,
    auto_updates.c.last_error_type,
    auto_updates.c.last_error_facts,
    auto_updates.c.last_error,
    auto_updates.c.daily_at,
    auto_updates.c.clock_read,
    auto_updates.c.consecutive_failures,
    auto_updates.c.dates,
    auto_updates.c.looked_at,
    auto_updates.c.dates_from,
)
_ID = auto_updates.c.device_id == bindparam("id")
_SECOND = timedelta(seconds=1)

FIND = select(*_COLUMNS).where(_ID)
_NOW = bindparam("now", type_=auto_updates.c.due_at.type)

_WITH_TURNS = (
    select(auto_updates.c.device_id)
    .join(devices, devices.c.id == auto_updates.c.device_id)
    .where(devices.c.refusals == 0)
    .limit(bindparam("at_most"))
)
DUE = _WITH_TURNS.where(auto_updates.c.look_at <= _NOW).order_by(
    auto_updates.c.look_at, auto_updates.c.device_id
)
# A question of its own: joined to the first by OR, neither would go by its index.
CLOCK_WAS_AHEAD = _WITH_TURNS.where(auto_updates.c.looked_at > bindparam("latest")).order_by(
    auto_updates.c.looked_at, auto_updates.c.device_id
)


def _claim(wanted: Select[tuple[int]]) -> ReturningUpdate[Any]:
    # Who claims passes over devices that others are writing to: their turn comes with the next
    # tick.
    free = wanted.with_for_update(of=[devices, auto_updates], key_share=True, skip_locked=True)
    return (
        update(auto_updates)
        .where(auto_updates.c.device_id.in_(free.scalar_subquery()))
        .values(
            look_at=bindparam("until"),
            looked_at=_NOW,
            due_at=case((auto_updates.c.due_at > _NOW, _NOW), else_=auto_updates.c.due_at),
        )
        .returning(
            auto_updates.c.due_at,
            auto_updates.c.device_id,
            *(
                select(of_device)
                .where(devices.c.id == auto_updates.c.device_id)
                .correlate(auto_updates)
                .scalar_subquery()
                for of_device in (devices.c.owner_id, devices.c.doubtful)
            ),
        )
    )


CLAIM_DUE = _claim(DUE)
CLAIM_CLOCK_WAS_AHEAD = _claim(CLOCK_WAS_AHEAD)
_TRIED_BEFORE = func.coalesce(auto_updates.c.last_run_at <= bindparam("before"), true())


def _hastening(tried: ColumnElement[bool]) -> Update:
    # Passes over those that others are writing to, as who claims does.
    neighbours = (
        select(auto_updates.c.device_id)
        .join_from(devices, auto_updates, auto_updates.c.device_id == devices.c.id)
        .where(
            devices.c.owner_id == bindparam("its_owner"),
            devices.c.doubtful,
            auto_updates.c.due_at > bindparam("at"),
            tried,
        )
        .with_for_update(of=[devices, auto_updates], key_share=True, skip_locked=True)
    )
    return (
        update(auto_updates)
        .where(auto_updates.c.device_id.in_(neighbours.scalar_subquery()))
        .values(due_at=bindparam("at"), look_at=bindparam("at"))
    )


HASTEN = _hastening(_TRIED_BEFORE)
HASTEN_TRIED_JUST_NOW = _hastening(not_(_TRIED_BEFORE))
ENABLED = (
    select(*_COLUMNS, devices.c.time_zone)
    .join_from(auto_updates, devices, devices.c.id == auto_updates.c.device_id)
    .where(auto_updates.c.enabled)
    .order_by(auto_updates.c.device_id)
)
# In the order in which everybody locks: the device, then what belongs to it.
HOLD_ENABLED = ENABLED.with_for_update(of=[devices, auto_updates], key_share=True)
ADD = insert(auto_updates)
SAVE = update(auto_updates).where(_ID)


class SqlSchedules(Repository, Schedules):
    """The schedule of each device."""

    def find(self, device_id: DeviceId) -> AutoUpdate | None:
        self._guard.hold(device_id)
        row = self._read(FIND, {"id": device_id}).first()
        return None if row is None else _auto_update(row)

    def save(self, auto_update: AutoUpdate) -> None:
        """Raises also UnknownDeviceError. The interval counts in whole seconds, and times of
        day in whole minutes."""
        self._guard.hold(auto_update.device_id)
        code, facts, text = columns_of(auto_update.last_error)
        values = {
            "enabled": auto_update.enabled,
            "interval_seconds": auto_update.interval // _SECOND,
            "due_at": auto_update.due_at,
            "look_at": auto_update.due_at,
            "dates_written": auto_update.dates_written,
            "last_run_at": auto_update.last_run_at,
            "last_status": auto_update.last_status,
            "last_error_type": code,
            "last_error_facts": facts,
            "last_error": text,
            "daily_at": ",".join(f"{at:%H:%M}" for at in auto_update.daily_at) or None,
            "clock_read": auto_update.clock_read,
            "consecutive_failures": auto_update.consecutive_failures,
            "dates": auto_update.dates,
            "looked_at": auto_update.looked_at,
            "dates_from": auto_update.dates_from,
        }
        if self._write(SAVE, {"id": auto_update.device_id, **values}).rowcount:
            return
        try:
            self._try(ADD, {"device_id": auto_update.device_id, **values})
        except ConstraintError:
            raise UnknownDeviceError from None

    def any_due(self, now: datetime) -> bool:
        latest = now + CLOCKS_DIFFER
        return (
            self._read(DUE, {"now": now, "at_most": 1}).first() is not None
            or self._read(CLOCK_WAS_AHEAD, {"latest": latest, "at_most": 1}).first() is not None
        )

    def claim_due(self, now: datetime, *, until: datetime, limit: int) -> Sequence[Due]:
        values: dict[str, object] = {"now": now, "until": until}
        claimed = list(self._write(CLAIM_DUE, {**values, "at_most": limit}))
        if len(claimed) < limit:
            values |= {"latest": now + CLOCKS_DIFFER, "at_most": limit - len(claimed)}
            claimed += self._write(CLAIM_CLOCK_WAS_AHEAD, values)
        due = [
            Due(DeviceId(id_), UserId(owner_id), bool(doubtful))
            for _, id_, owner_id, doubtful in sorted(claimed)
        ]
        self._guard.note_held(each.device_id for each in due)
        return due

    def hasten(self, owner_id: UserId, now: datetime, *, spacing: timedelta) -> None:
        values = {"its_owner": owner_id, "before": now - spacing}
        self._write(HASTEN, {**values, "at": now})
        self._write(HASTEN_TRIED_JUST_NOW, {**values, "at": now + spacing})

    def enabled(self) -> Sequence[tuple[AutoUpdate, str | None]]:
        rows = self._read(HOLD_ENABLED if self._writable else ENABLED)
        enabled = [(_auto_update(row), row[-1]) for row in rows]
        self._guard.note_held(each.device_id for each, _ in enabled)
        return enabled


def _auto_update(row: AnyRow) -> AutoUpdate:
    device_id, enabled, seconds, due_at, written, last_run_at, last_status, *rest = row
    *cause, daily_at, clock_read, failures, dates, looked_at, dates_from = rest[:9]
    return AutoUpdate(
        device_id=DeviceId(device_id),
        enabled=enabled,
        interval=seconds * _SECOND,
        due_at=due_at,
        dates_written=written,
        last_run_at=last_run_at,
        last_status=last_status,
        last_error=cause_of(*cause),
        daily_at=tuple(time.fromisoformat(at) for at in (daily_at or "").split(",") if at),
        clock_read=clock_read,
        consecutive_failures=failures,
        dates=dates,
        looked_at=looked_at,
        dates_from=dates_from,
    )
