"""Leases in the database."""

from datetime import timedelta

from sqlalchemy import bindparam, not_, select, update

from adapters.database.clock import database_now
from adapters.database.devices import FREE
from adapters.database.repository import Repository
from adapters.database.rows import leases
from application.ports.leases import Lease, Leases
from domain.device import DeviceId
from domain.errors import UnknownDeviceError

_ID = leases.c.device_id == bindparam("id")
_HELD = leases.c.fence == bindparam("its_fence")
_EXPIRY = database_now() + bindparam("seconds", type_=leases.c.expires_at.type)

TAKE = (
    update(leases)
    .where(_ID, FREE)
    .values(fence=leases.c.fence + 1, expires_at=_EXPIRY)
    .returning(leases.c.fence)
)
KNOWN = select(leases.c.fence).where(_ID)
RENEW = update(leases).where(_ID, _HELD, not_(FREE)).values(expires_at=_EXPIRY)
HOLDS = select(leases.c.fence).where(_ID, _HELD, not_(FREE))
RELEASE = update(leases).where(_ID, _HELD).values(expires_at=None)


class SqlLeases(Repository, Leases):
    """Who may talk to which device. Each device has a row, so the fence outlives the lease."""

    def take(self, device_id: DeviceId, lasts: timedelta) -> Lease | None:
        """Raises UnknownDeviceError."""
        self._guard.hold(device_id)
        taken = self._write(TAKE, {"id": device_id, "seconds": lasts.total_seconds()}).first()
        if taken is not None:
            return Lease(device_id, taken[0])
        if self._read(KNOWN, {"id": device_id}).first() is None:
            raise UnknownDeviceError
        return None

    def renew(self, lease: Lease, lasts: timedelta) -> bool:
        self._guard.hold(lease.device_id)
        values = {
            "id": lease.device_id,
            "its_fence": lease.fence,
            "seconds": lasts.total_seconds(),
        }
        return self._write(RENEW, values).rowcount == 1

    def holds(self, lease: Lease) -> bool:
        self._guard.hold(lease.device_id)
        values = {"id": lease.device_id, "its_fence": lease.fence}
        return self._read(HOLDS, values).first() is not None

    def release(self, lease: Lease) -> None:
        self._guard.hold(lease.device_id)
        self._write(RELEASE, {"id": lease.device_id, "its_fence": lease.fence})
