"""Keeping the lease of a device while a conversation goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from application.conversations.errors import LeaseLostError
from application.ports.clock import Clock
from application.ports.repositories.leases import Lease
from application.ports.storage import Storage, Transaction
from domain.devices.device import Address

LEASE: Final = timedelta(seconds=15)
"""How long a crash keeps a device from others."""
RENEW_AFTER: Final = 1 / 3
"""Of a lease: soon enough that one slow renewal does not cost it."""
TRUST_FOR: Final = 1 / 2
"""Of a lease since it was last proved, by this machine's clock: what was written before has the
other half to arrive in, or to be dropped (see `UNDELIVERED`)."""
CHECK_EVERY: Final = 0.5
"""Seconds: how long a device that was deleted, or another's by now, may still be spoken to."""


class LeaseKeeper:
    """The lease of one device. It is proved again and again; without it nothing more is sent to
    the device and nothing more is stored."""

    def __init__(
        self, storage: Storage, clock: Clock, lease: Lease, *, lasts: timedelta, proved_at: float
    ) -> None:
        """`proved_at` is the moment of the clock's `monotonic` just before it was taken."""
        self._storage = storage
        self._clock = clock
        self._lease = lease
        self._lasts = lasts
        self._proved_at = proved_at
        self._check_at = proved_at + CHECK_EVERY

    @property
    def lease(self) -> Lease:
        """The lease as it is by now."""
        return self._lease

    @contextmanager
    def checkpoint(self) -> Iterator[Transaction]:
        """A transaction while the conversation goes on. Raises LeaseLostError."""
        asked_at = self._clock.monotonic()
        with self._storage.transaction() as tx:
            if not tx.leases.renew(self._lease, self._lasts):
                raise LeaseLostError
            yield tx
        self._proved_at = asked_at
        self._check_at = asked_at + CHECK_EVERY

    def keep_only(self, endpoint: Address) -> None:
        """Give up the other endpoints of the device: they are left to others, and refused
        passwords are not counted there. Raises LeaseLostError."""
        with self.checkpoint() as tx:
            lease = tx.leases.at(self._lease, [str(endpoint)], self._lasts)
        if lease is None:
            raise LeaseLostError
        self._lease = lease

    def heartbeat(self) -> None:
        """Prove the lease, and renew it in time. Raises LeaseLostError.

        Looks at the clock last of all: whoever was frozen at any point before is found out.
        """
        clock, seconds = self._clock, self._lasts.total_seconds()
        if self._check_at <= (now := clock.monotonic()) < self._proved_at + seconds * RENEW_AFTER:
            with self._storage.snapshot() as tx:
                if not tx.leases.holds(self._lease):
                    raise LeaseLostError
            self._check_at = now + CHECK_EVERY
        # A second time where the first had to wait for other writers for too long to be trusted.
        for _ in range(2):
            if clock.monotonic() >= self._proved_at + seconds * RENEW_AFTER:
                with self.checkpoint():
                    pass
        if clock.monotonic() >= self._proved_at + seconds * TRUST_FOR:
            raise LeaseLostError
