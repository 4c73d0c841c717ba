"""Conditions that several repositories ask for: which leases are free, and which devices are in a
state.

`domain.devices.state` says what a state means; a test holds these to it.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, and_, bindparam, or_

from adapters.database.backends.clock import database_now
from adapters.database.tables import auto_updates, catalogues, devices, leases
from domain.devices.state import CLOCK_OFF, LATE_AFTER, DeviceState
from domain.renewal.schedule import CLOCKS_DIFFER

_CLOCK_OFF = CLOCK_OFF // timedelta(seconds=1)


def free(table: Table) -> ColumnElement[bool]:
    """Whether nobody holds the lease in a row. One that lasts for more than twice its length from
    now on was taken by a clock that was ahead."""
    return or_(
        table.c.expires_at.is_(None),
        table.c.expires_at <= database_now(),
        table.c.expires_at > database_now() + 2 * table.c.lasts,
    )


FREE = free(leases)
CLOCK_WAS_AHEAD = and_(
    auto_updates.c.due_at.is_not(None),
    or_(
        auto_updates.c.looked_at > bindparam("latest"),
        auto_updates.c.dates_from > bindparam("latest"),
    ),
)
"""`AutoUpdate.clock_was_ahead`; NULL where there is nothing to look at."""
WITH_ALL = (
    devices.outerjoin(catalogues, catalogues.c.device_id == devices.c.id)
    .outerjoin(leases, leases.c.device_id == devices.c.id)
    .outerjoin(auto_updates, auto_updates.c.device_id == devices.c.id)
)
"""Devices with all that says how they are."""
STATES: dict[DeviceState, ColumnElement[bool]] = {
    DeviceState.FAILING: and_(auto_updates.c.enabled, auto_updates.c.consecutive_failures > 0),
    DeviceState.LATE: and_(
        devices.c.refusals == 0,
        or_(auto_updates.c.due_at <= bindparam("late_since"), CLOCK_WAS_AHEAD),
    ),
    DeviceState.UNVERIFIED: and_(catalogues.c.unverified, FREE),
    DeviceState.REPLACED: catalogues.c.replaced,
    DeviceState.WRONG_PASSWORD: devices.c.refusals > 0,
    DeviceState.WRONG_CLOCK: or_(
        devices.c.clock_ahead > _CLOCK_OFF, devices.c.clock_ahead < -_CLOCK_OFF
    ),
    DeviceState.EDITED: catalogues.c.dirty,
}
"""What each of them wants of a row of WITH_ALL; not true where there is nothing to look at."""


def times_of(now: datetime) -> dict[str, datetime]:
    """The values by which STATES tells what is LATE at this moment."""
    return {"late_since": now - LATE_AFTER, "latest": now + CLOCKS_DIFFER}
