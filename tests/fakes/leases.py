"""Leases and refused passwords that are forgotten when the test ends."""

from collections.abc import Sequence
from datetime import timedelta

from application.ports.repositories.leases import Lease, LeasedEndpoint, Leases
from application.ports.repositories.refusals import Refusals
from domain.devices.device import DeviceId
from tests.fakes.remembered import Held, InMemoryRepository


class InMemoryLeases(InMemoryRepository, Leases):
    """Who may talk to which device; the database's clock is the one given to the storage."""

    def take(
        self, device_id: DeviceId, lasts: timedelta, endpoints: Sequence[str] = ()
    ) -> Lease | None:
        state = self._changing
        state.require_device(device_id)
        if self._leased(device_id) or any(map(self._taken, endpoints)):
            return None
        fence = state.leases[device_id].fence + 1
        state.leases[device_id] = Held(fence, self._now() + lasts, lasts)
        return self.at(Lease(device_id, fence), endpoints, lasts)

    def at(self, lease: Lease, endpoints: Sequence[str], lasts: timedelta) -> Lease | None:
        state = self._changing
        kept = [each for each in lease.endpoints if each.endpoint in endpoints]
        wanted = sorted(set(endpoints) - {each.endpoint for each in kept})
        if any(map(self._taken, wanted)):
            return None
        for endpoint in wanted:
            former = state.endpoints.get(endpoint)
            fence = 1 if former is None else former.fence + 1
            state.endpoints[endpoint] = Held(fence, self._now() + lasts, lasts)
            kept.append(LeasedEndpoint(endpoint, fence))
        for each in lease.endpoints:
            if each not in kept:
                self._release(each)
        return lease._replace(endpoints=tuple(kept))

    def renew(self, lease: Lease, lasts: timedelta) -> bool:
        state = self._changing
        if not self.holds(lease):
            return False
        until = self._now() + lasts
        state.leases[lease.device_id] = Held(lease.fence, until, lasts)
        for each in lease.endpoints:
            state.endpoints[each.endpoint] = Held(each.fence, until, lasts)
        return True

    def holds(self, lease: Lease) -> bool:
        held = self._seen.leases.get(lease.device_id)
        return (
            held is not None
            and held.fence == lease.fence
            and held.at(self._now())
            and all(map(self._holds, lease.endpoints))
        )

    def release(self, lease: Lease) -> None:
        leases = self._changing.leases
        if lease.device_id in leases and leases[lease.device_id].fence == lease.fence:
            leases[lease.device_id] = Held(lease.fence, None)
        for each in lease.endpoints:
            self._release(each)

    def prune(self) -> int:
        state, before = self._changing, self._now() - timedelta(days=1)
        unused = [
            endpoint
            for endpoint, held in state.endpoints.items()
            if held.expires_at is not None
            and held.expires_at < before
            and not state.refusals.get(endpoint)
        ]
        for endpoint in unused:
            del state.endpoints[endpoint]
        return len(unused)

    def _taken(self, endpoint: str) -> bool:
        held = self._seen.endpoints.get(endpoint)
        return held is not None and held.at(self._now())

    def _holds(self, leased: LeasedEndpoint) -> bool:
        held = self._seen.endpoints.get(leased.endpoint)
        return held is not None and held.fence == leased.fence and held.at(self._now())

    def _release(self, leased: LeasedEndpoint) -> None:
        if self._holds(leased):
            self._changing.endpoints[leased.endpoint] = Held(leased.fence, self._now())


class InMemoryRefusals(InMemoryRepository, Refusals):
    """How often what listens at an endpoint has refused a password."""

    def count(self, endpoints: Sequence[str]) -> int:
        return max((self._seen.refusals.get(each, 0) for each in endpoints), default=0)

    def add(self, endpoints: Sequence[str]) -> None:
        state = self._changing
        for each in endpoints:
            if each in state.endpoints:
                state.refusals[each] = state.refusals.get(each, 0) + 1

    def clear(self, endpoints: Sequence[str]) -> int:
        state, refusals = self._changing, self.count(endpoints)
        for each in endpoints:
            state.refusals.pop(each, None)
        return refusals
