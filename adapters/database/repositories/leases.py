"""Leases in the database."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import bindparam, delete, func, insert, not_, select, update

from adapters.database.backends.clock import database_now
from adapters.database.repositories.conditions import FREE, free
from adapters.database.repositories.repository import ConstraintError, Repository
from adapters.database.tables import endpoints, leases
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.leases import Lease, LeasedEndpoint, Leases
from domain.devices.device import DeviceId

_ID = leases.c.device_id == bindparam("id")
_HELD = leases.c.fence == bindparam("its_fence")
_SECONDS = bindparam("seconds", type_=leases.c.lasts.type)
_UNTIL = {"expires_at": database_now() + _SECONDS, "lasts": _SECONDS}

TAKE = (
    update(leases)
    .where(_ID, FREE)
    .values(fence=leases.c.fence + 1, **_UNTIL)
    .returning(leases.c.fence)
)
KNOWN = select(leases.c.fence).where(_ID)
RENEW = update(leases).where(_ID, _HELD, not_(FREE)).values(_UNTIL)
HOLDS = select(leases.c.fence).where(_ID, _HELD, not_(FREE))
RELEASE = update(leases).where(_ID, _HELD).values(expires_at=None)

_ENDPOINT = endpoints.c.endpoint == bindparam("its_endpoint")
_ENDPOINT_HELD = endpoints.c.fence == bindparam("its_fence")
_ENDPOINTS = endpoints.c.endpoint.in_(bindparam("its_endpoints", expanding=True))
ENDPOINT_FREE = free(endpoints)

TAKEN_ENDPOINTS = select(func.count()).where(_ENDPOINTS, not_(ENDPOINT_FREE))
ADD_ENDPOINT = insert(endpoints).values(fence=1, **_UNTIL)
TAKE_ENDPOINT = (
    update(endpoints)
    .where(_ENDPOINT, ENDPOINT_FREE)
    .values(fence=endpoints.c.fence + 1, **_UNTIL)
    .returning(endpoints.c.fence)
)
KNOWN_ENDPOINT = select(endpoints.c.fence).where(_ENDPOINT)
RENEW_ENDPOINT = (
    update(endpoints).where(_ENDPOINT, _ENDPOINT_HELD, not_(ENDPOINT_FREE)).values(_UNTIL)
)
HOLDS_ENDPOINT = select(endpoints.c.fence).where(_ENDPOINT, _ENDPOINT_HELD, not_(ENDPOINT_FREE))
RELEASE_ENDPOINT = (
    update(endpoints)
    .where(_ENDPOINT, _ENDPOINT_HELD, not_(ENDPOINT_FREE))
    .values(expires_at=database_now())
)
A_DAY = timedelta(days=1).total_seconds()
_UNUSED = (
    select(endpoints.c.endpoint)
    .where(endpoints.c.refusals == 0, endpoints.c.expires_at < database_now() - A_DAY)
    .with_for_update(skip_locked=True)
)
PRUNE_ENDPOINTS = delete(endpoints).where(endpoints.c.endpoint.in_(_UNUSED))


class SqlLeases(Repository, Leases):
    """Who may talk to which device. Each device has a row, and each endpoint that was ever talked
    to, so the fence outlives the lease.

    Whoever writes to endpoints holds the device, and takes them in the order of their names.
    """

    def take(
        self, device_id: DeviceId, lasts: timedelta, endpoints: Sequence[str] = ()
    ) -> Lease | None:
        """Raises UnknownDeviceError."""
        self._guard.hold(device_id)
        if self._any_taken(endpoints):
            return None
        taken = self._write(TAKE, {"id": device_id, "seconds": lasts.total_seconds()}).first()
        if taken is None:
            if self._read(KNOWN, {"id": device_id}).first() is None:
                raise UnknownDeviceError
            return None
        lease = Lease(device_id, taken[0])
        placed = self.at(lease, endpoints, lasts)
        if placed is None:
            self.release(lease)
        return placed

    def at(self, lease: Lease, endpoints: Sequence[str], lasts: timedelta) -> Lease | None:
        self._guard.hold(lease.device_id)
        kept = tuple(each for each in lease.endpoints if each.endpoint in endpoints)
        wanted = sorted(set(endpoints) - {each.endpoint for each in kept})
        if self._any_taken(wanted):
            return None
        taken: list[LeasedEndpoint] = []
        for endpoint in wanted:
            fence = self._take_endpoint(endpoint, lasts)
            if fence is None:
                self._release_endpoints(taken)
                return None
            taken.append(LeasedEndpoint(endpoint, fence))
        self._release_endpoints([each for each in lease.endpoints if each not in kept])
        return lease._replace(endpoints=(*kept, *taken))

    def renew(self, lease: Lease, lasts: timedelta) -> bool:
        self._guard.hold(lease.device_id)
        seconds = lasts.total_seconds()
        values = {"id": lease.device_id, "its_fence": lease.fence, "seconds": seconds}
        if self._write(RENEW, values).rowcount != 1:
            return False
        return all(
            self._write(RENEW_ENDPOINT, {**_held(each), "seconds": seconds}).rowcount == 1
            for each in sorted(lease.endpoints)
        )

    def holds(self, lease: Lease) -> bool:
        self._guard.hold(lease.device_id)
        values = {"id": lease.device_id, "its_fence": lease.fence}
        return self._read(HOLDS, values).first() is not None and all(
            self._read(HOLDS_ENDPOINT, _held(each)).first() is not None for each in lease.endpoints
        )

    def release(self, lease: Lease) -> None:
        self._guard.hold(lease.device_id)
        self._write(RELEASE, {"id": lease.device_id, "its_fence": lease.fence})
        self._release_endpoints(lease.endpoints)

    def prune(self) -> int:
        return self._write(PRUNE_ENDPOINTS).rowcount

    def _any_taken(self, endpoints: Sequence[str]) -> bool:
        """Looked at first, so that who waits writes nothing meanwhile."""
        if not endpoints:
            return False
        return bool(self._read(TAKEN_ENDPOINTS, {"its_endpoints": list(endpoints)}).scalar_one())

    def _take_endpoint(self, endpoint: str, lasts: timedelta) -> int | None:
        values = {"its_endpoint": endpoint, "seconds": lasts.total_seconds()}
        taken = self._write(TAKE_ENDPOINT, values).first()
        if taken is not None:
            fence: int = taken[0]
            return fence
        if self._read(KNOWN_ENDPOINT, {"its_endpoint": endpoint}).first() is not None:
            return None
        try:
            self._try(ADD_ENDPOINT, {"endpoint": endpoint, "seconds": lasts.total_seconds()})
        except ConstraintError:
            return None  # another transaction added it in between
        return 1

    def _release_endpoints(self, leased: Sequence[LeasedEndpoint]) -> None:
        for each in sorted(leased):
            self._write(RELEASE_ENDPOINT, _held(each))


def _held(leased: LeasedEndpoint) -> dict[str, object]:
    return {"its_endpoint": leased.endpoint, "its_fence": leased.fence}
