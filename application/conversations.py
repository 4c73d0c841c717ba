"""Conversations with devices: who may begin one, and when."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Final, TypeVar

from application.places import Places
from application.ports.leases import Lease
from application.ports.storage import Transaction
from application.talk import LeaseLostError, Means, Talk
from domain.device import Device, DeviceId
from domain.errors import ConversationError, PasswordNotTriedError
from domain.job import Batch
from domain.run import RunId, RunKind
from domain.user import UserId

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

BUSY_POLL: Final = 0.1
"""Seconds between two looks at whether a device is free."""


class DeviceBusyError(ConversationError):
    """Somebody else kept the device for longer than was waited."""

    code = "DeviceBusy"

    def __init__(self) -> None:
        super().__init__(
            "The device is busy with another request or with its automatic update: "
            "try again in a few seconds."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversations(Means):
    """Begins conversations. No transaction is open while a device is spoken to."""

    bulkhead: Places
    """Keeps requests that wait for devices from taking every thread that answers requests, and
    those of one owner from taking all places of the others."""
    second_tries: BoundedSemaphore
    """Keeps devices that are silent or out of reach from taking the places of those that are due
    and well: so many at most are tried again within their turn, the others in their next one."""

    @contextmanager
    def asked(self, device_id: DeviceId, kind: RunKind, by: UserId) -> Iterator[Talk]:
        """A conversation that a user waits for, in the `room` there is. A block that raises leaves
        a run that failed.

        Raises UnknownDeviceError, PasswordNotTriedError and DeviceBusyError.
        """
        talk = self._begin(device_id, kind, by)
        with self._ended(talk):
            yield talk

    @contextmanager
    def scheduled(self, lease: Lease, kind: RunKind) -> Iterator[Talk]:
        """A conversation on a device that is leased already, for the scheduler.

        Raises UnknownDeviceError, PasswordNotTriedError, and LeaseLostError when too much time has
        passed since.
        """
        asked_at = self.clock.monotonic()
        with self.storage.transaction() as tx:
            device = tx.devices.get(lease.device_id)
            if device.refusals:
                raise PasswordNotTriedError(device.refusals, None)
            self._renew(tx, lease)
            run_id = self._start(tx, lease, kind, None)
            talk = Talk(self, device, lease, run_id, kind, asked_at, self.second_tries)
        try:
            with self._ended(talk):
                yield talk
        finally:
            talk.over()

    @contextmanager
    def of_batch(self, batch: Batch, lease: Lease) -> Iterator[Talk]:
        """A conversation that a user asked for and does not wait for, on a device that is leased
        already.

        Raises UnknownDeviceError, PasswordNotTriedError, and LeaseLostError when too much time has
        passed since.
        """
        asked_at = self.clock.monotonic()
        with self.storage.transaction() as tx:
            device = tx.devices.get(lease.device_id)
            self._renew(tx, lease)
            run_id = self._start(tx, lease, batch.kind, batch.owner_id)
            tx.batches.began(batch.id, device.id, run_id)
            talk = Talk(self, device, lease, run_id, batch.kind, asked_at)
        with self._ended(talk):
            yield talk

    def lease(self, device_id: DeviceId) -> Lease:
        """The lease of a device, for `scheduled` or `of_batch`.

        Raises UnknownDeviceError and DeviceBusyError.
        """
        return self._when_free(
            lambda tx: tx.devices.get(device_id), lambda tx, device, lease, asked_at: lease
        )

    @contextmanager
    def room(self, owner_id: UserId) -> Iterator[None]:
        """A place among the requests that may wait for devices; asked for before anything else,
        since turning away should cost next to nothing. Raises TooManyConversationsError."""
        with self.bulkhead.taken(owner_id):
            yield

    @contextmanager
    def _ended(self, talk: Talk) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if not talk.ended:
                self._abandon(talk, error)
            raise

    def _begin(self, device_id: DeviceId, kind: RunKind, by: UserId) -> Talk:
        def begin(tx: Transaction, device: Device, lease: Lease, asked_at: float) -> Talk:
            return Talk(self, device, lease, self._start(tx, lease, kind, by), kind, asked_at)

        return self._when_free(lambda tx: tx.devices.owned(by, device_id), begin)

    def _when_free(
        self,
        find: Callable[[Transaction], Device],
        begin: Callable[[Transaction, Device, Lease, float], Answer],
    ) -> Answer:
        """What `begin` makes of the device and its lease, in the transaction that takes it, and of
        a moment of the clock's `monotonic` before that.

        Raises DeviceBusyError and whatever these raise.
        """
        give_up = self.clock.monotonic() + self.patience.busy_wait
        while True:
            asked_at = self.clock.monotonic()
            with self.storage.transaction() as tx:
                device = find(tx)
                lease = tx.leases.take(device.id, self.lasts)
                if lease is not None:
                    return begin(tx, device, lease, asked_at)
            if self.clock.monotonic() >= give_up:
                raise DeviceBusyError
            self.clock.sleep(BUSY_POLL)

    def _renew(self, tx: Transaction, lease: Lease) -> None:
        """Of one that may have waited since it was taken. Raises LeaseLostError."""
        if not tx.leases.renew(lease, self.lasts):
            raise LeaseLostError

    def _start(
        self, tx: Transaction, lease: Lease, kind: RunKind, asked_by: UserId | None
    ) -> RunId:
        """Asked by a user, a password is tried again within bounds."""
        now = self.clock.now()
        if asked_by is not None and kind.tries_password:
            tx.devices.get(lease.device_id).require_password_worth_trying(now)
        return tx.runs.start(lease, kind=kind, asked_by=asked_by, at=now)

    def _abandon(self, talk: Talk, error: Exception) -> None:
        try:
            with talk.fail(error):
                pass
        except LeaseLostError:
            with self.storage.snapshot() as tx:
                tx.devices.get(talk.device.id)  # raises, and so answers, when it was deleted
        except Exception:
            log.exception("the end of a run could not be recorded; it will read as interrupted")
