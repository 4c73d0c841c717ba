"""Conversations with devices: who may begin one, and when."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Final, TypeVar

from application.conversations.conversation import Begun, Means, Talk
from application.conversations.errors import DeviceBusyError, LeaseLostError
from application.conversations.places import Places
from application.conversations.whereabouts import Whereabouts
from application.ports.repositories.leases import Lease
from application.ports.storage import Transaction
from domain.accounts.user import UserId
from domain.devices.device import REFUSALS_ALLOWED_AT_ENDPOINT, Address, Device, DeviceId
from domain.errors import EndpointRefusedError, PasswordNotTriedError
from domain.runs.batch import Batch
from domain.runs.run import RunId, RunKind

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

BUSY_POLL: Final = 0.1
"""Seconds between two looks at whether a device is free."""


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

        Raises UnknownDeviceError, PasswordNotTriedError, DeviceBusyError when another device is
        talked to at the same address, and LeaseLostError when too much time has passed since.
        """

        def begin(tx: Transaction, begun: Begun) -> Talk | PasswordNotTriedError:
            device = begun.device
            if device.refusals:
                raise PasswordNotTriedError(device.refusals, None)
            try:
                run_id = self._start(tx, begun, kind, None)
            except EndpointRefusedError as error:
                # Without a refusal of its own, it would be due again and again.
                tx.devices.save(device.password_refused(self.clock.now()))
                tx.leases.release(begun.lease)
                return error
            return Talk(self, begun, run_id, kind, self.second_tries)

        talk = self._on_leased(lease, begin)
        if isinstance(talk, PasswordNotTriedError):
            raise talk
        try:
            with self._ended(talk):
                yield talk
        finally:
            talk.over()

    @contextmanager
    def of_batch(self, batch: Batch, lease: Lease) -> Iterator[Talk]:
        """A conversation that a user asked for and does not wait for, on a device that is leased
        already.

        Raises UnknownDeviceError, PasswordNotTriedError, DeviceBusyError when another device is
        talked to at the same address, and LeaseLostError when too much time has passed since.
        """

        def begin(tx: Transaction, begun: Begun) -> Talk:
            run_id = self._start(tx, begun, batch.kind, batch.owner_id)
            tx.batches.began(batch.id, begun.device.id, run_id)
            return Talk(self, begun, run_id, batch.kind, self.second_tries, wanted=True)

        talk = self._on_leased(lease, begin)
        try:
            with self._ended(talk):
                yield talk
        finally:
            talk.over()

    def lease(self, device_id: DeviceId) -> Lease:
        """The lease of a device, for `scheduled` or `of_batch`.

        Raises UnknownDeviceError and DeviceBusyError.
        """
        return self._when_free(lambda tx: tx.devices.get(device_id), lambda tx, begun: begun.lease)

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
        return self._when_free(
            lambda tx: tx.devices.owned(by, device_id),
            lambda tx, begun: Talk(self, begun, self._start(tx, begun, kind, by), kind),
        )

    def _when_free(
        self,
        find: Callable[[Transaction], Device],
        begin: Callable[[Transaction, Begun], Answer],
    ) -> Answer:
        """What `begin` makes of a leased device, in the transaction that leases it.

        Raises DeviceBusyError and whatever these raise.
        """
        whereabouts = Whereabouts(self.scales)
        give_up = self.clock.monotonic() + self.patience.busy_wait
        while True:
            asked_at = self.clock.monotonic()
            with self.storage.transaction() as tx:
                device = find(tx)
                ends = whereabouts.of(device.address)
                if ends is not None:
                    lease = tx.leases.take(device.id, self.lasts, [str(end) for end in ends])
                    if lease is not None:
                        device = _found(tx, device, ends)
                        return begin(tx, Begun(device, lease, ends, asked_at))
            if ends is None:
                whereabouts.look_up(device.address)
            elif self.clock.monotonic() >= give_up:
                raise DeviceBusyError
            else:
                self.clock.sleep(BUSY_POLL)

    def _on_leased(self, lease: Lease, begin: Callable[[Transaction, Begun], Answer]) -> Answer:
        """The same for a device that is leased already, perhaps without its endpoints.

        Raises DeviceBusyError, LeaseLostError and whatever `begin` raises.
        """
        whereabouts = Whereabouts(self.scales)
        while True:
            asked_at = self.clock.monotonic()
            with self.storage.transaction() as tx:
                device = tx.devices.get(lease.device_id)
                ends = whereabouts.of(device.address)
                if ends is not None:
                    if not tx.leases.renew(lease, self.lasts):
                        raise LeaseLostError
                    there = tx.leases.at(lease, [str(end) for end in ends], self.lasts)
                    if there is None:
                        raise DeviceBusyError
                    return begin(tx, Begun(_found(tx, device, ends), there, ends, asked_at))
            whereabouts.look_up(device.address)

    def _start(
        self, tx: Transaction, begun: Begun, kind: RunKind, asked_by: UserId | None
    ) -> RunId:
        """Asked by a user, a password is tried again within bounds.

        Raises PasswordNotTriedError.
        """
        now = self.clock.now()
        if kind.tries_password:
            refused = tx.refusals.count(begun.lease.where)
            if refused >= REFUSALS_ALLOWED_AT_ENDPOINT:
                raise EndpointRefusedError(refused, str(begun.device.address))
            if asked_by is not None:
                begun.device.require_password_worth_trying(now)
        return tx.runs.start(begun.lease, kind=kind, asked_by=asked_by, at=now)

    def _abandon(self, talk: Talk, error: Exception) -> None:
        try:
            with talk.fail(error):
                pass
        except LeaseLostError:
            with self.storage.transaction() as tx:
                tx.leases.release(talk.lease)  # of a device that is gone, its endpoints are left
            with self.storage.snapshot() as tx:
                tx.devices.get(talk.device.id)  # raises, and so answers, when it was deleted
        except Exception:
            log.exception("the end of a run could not be recorded; it will read as interrupted")


def _found(tx: Transaction, device: Device, ends: Sequence[Address]) -> Device:
    """The device, which remembers where its host name leads to."""
    found = device.found(ends)
    if found != device:
        tx.devices.save(found)
    return found
