"""Fleets in the database: each question is one statement, over the devices of one owner."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Date,
    Select,
    and_,
    bindparam,
    case,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from adapters.database.repositories.conditions import CLOCK_WAS_AHEAD, STATES, WITH_ALL, times_of
from adapters.database.repositories.repository import Repository
from adapters.database.repositories.runs import LEASED, NEWEST_FIRST, run_of
from adapters.database.tables import auto_updates, devices, label_checks, runs
from application.ports.repositories.fleet import DueDevice, Fleet, FleetCounts, RunningDevice
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.devices.state import DeviceState
from domain.products.label_checks.checks import Check

_OWNER = devices.c.owner_id == bindparam("user_id")
_HAS_TURNS = devices.c.refusals == 0
_AHEAD = func.coalesce(CLOCK_WAS_AHEAD, false())
_TURN_CAME = or_(auto_updates.c.due_at <= bindparam("now"), _AHEAD)

COUNTS = (
    select(
        func.count(),
        func.count(case((auto_updates.c.enabled, 1))),
        func.count(case((and_(_HAS_TURNS, _TURN_CAME), 1))),
        *(func.count(case((STATES[state], 1))) for state in DeviceState),
    )
    .select_from(WITH_ALL)
    .where(_OWNER)
)
BY_TURN = (
    select(devices.c.id, devices.c.name, auto_updates.c.due_at)
    .join_from(devices, auto_updates, auto_updates.c.device_id == devices.c.id)
    .where(_OWNER, _HAS_TURNS)
    .order_by(auto_updates.c.due_at, devices.c.id)
    .limit(1)
)
OLDEST_LATE = BY_TURN.where(STATES[DeviceState.LATE])
NEXT_DUE = BY_TURN.where(auto_updates.c.due_at > bindparam("now"), not_(_AHEAD))
RUNNING = (
    NEWEST_FIRST.add_columns(devices.c.name)
    .join(devices, devices.c.id == runs.c.device_id)
    .where(runs.c.owner_id == bindparam("user_id"), LEASED)
    .order_by(None)
    .order_by(runs.c.id)
)


TIME_ZONES = select(devices.c.time_zone).where(_OWNER).distinct()
_TODAY = bindparam("today", type_=Date)
LABEL_CHECKS = (
    select(label_checks.c.name, func.count())
    .join_from(devices, label_checks, label_checks.c.device_id == devices.c.id)
    .where(
        _OWNER,
        func.coalesce(devices.c.time_zone, "").in_(bindparam("zones", expanding=True)),
        func.coalesce(label_checks.c.first_day <= _TODAY, true()),
        func.coalesce(label_checks.c.last_day >= _TODAY, true()),
        func.coalesce(label_checks.c.except_day != _TODAY, true()),
    )
    .group_by(label_checks.c.name)
)


class SqlFleet(Repository, Fleet):
    """All devices of an owner taken together."""

    def counts(self, owner_id: UserId, now: datetime) -> FleetCounts:
        values = {"user_id": owner_id, "now": now, **times_of(now)}
        every, enabled, due, *in_states = self._read(COUNTS, values).one()
        return FleetCounts(
            devices=every,
            auto_update=enabled,
            due=due,
            states=dict(zip(DeviceState, in_states, strict=True)),
        )

    def oldest_late(self, owner_id: UserId, now: datetime) -> DueDevice | None:
        return self._first(OLDEST_LATE, {"user_id": owner_id, **times_of(now)})

    def next_due(self, owner_id: UserId, now: datetime) -> DueDevice | None:
        return self._first(NEXT_DUE, {"user_id": owner_id, "now": now, **times_of(now)})

    def running(self, owner_id: UserId) -> Sequence[RunningDevice]:
        rows = self._read(RUNNING, {"user_id": owner_id})
        return [RunningDevice(name, run_of(row)) for *row, name in rows]

    def time_zones(self, owner_id: UserId) -> Collection[str | None]:
        return [row[0] for row in self._read(TIME_ZONES, {"user_id": owner_id})]

    def label_checks(
        self, owner_id: UserId, today: Mapping[str | None, date]
    ) -> Mapping[Check, int]:
        counts = dict.fromkeys(Check, 0)
        for day in set(today.values()):
            zones = [zone or "" for zone, its_day in today.items() if its_day == day]
            values = {"user_id": owner_id, "today": day, "zones": zones}
            for name, count in self._read(LABEL_CHECKS, values):
                counts[Check(name)] += count
        return counts

    def _first(self, statement: Select[Any], values: dict[str, object]) -> DueDevice | None:
        row = self._read(statement, values).first()
        return None if row is None else DueDevice(DeviceId(row[0]), row[1], row[2])
