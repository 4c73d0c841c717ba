"""One conversation with a device: it keeps its lease, ends by its deadline, and is recorded."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import BoundedSemaphore
from typing import Final, NamedTuple, TypeVar

from application.conversations.doubtful import SHORT, lost, note, wake_neighbours
from application.conversations.errors import LeaseLostError, StoredPasswordError, readable
from application.conversations.reach import told
from application.ports.cipher import Cipher, UnreadableSecretError
from application.ports.clock import Clock
from application.ports.repositories.leases import Lease
from application.ports.scales import (
    Connection,
    Scales,
    ScalesError,
    ScalesRefusedError,
    ScalesTimedOutError,
    ScalesUnreachableError,
    ScalesWrongPasswordError,
    Target,
)
from application.ports.storage import Storage, Transaction
from domain.devices.device import Address, Device
from domain.errors import code_of
from domain.products.refused import ProductsAtFaultError
from domain.runs.run import Ending, Outcome, RunId, RunKind

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

LEASE: Final = timedelta(seconds=15)
"""How long a crash keeps a device from others."""
RENEW_AFTER: Final = 1 / 3
"""Of a lease: soon enough that one slow renewal does not cost it."""
TRUST_FOR: Final = 1 / 2
"""Of a lease since it was last proved, by this machine's clock: what was written before has the
other half to arrive in, or to be dropped (see `UNDELIVERED`)."""
CHECK_EVERY: Final = 0.5
"""Seconds: how long a device that was deleted, or another's by now, may still be spoken to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait, in seconds, and how often to try again after a lost line."""

    conversation: float = 60.0
    busy_wait: float = 3.0
    retries: int = 2
    retry_delay: float = 0.5
    lease: float = LEASE.total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What conversations are had with."""

    storage: Storage
    scales: Scales
    clock: Clock
    cipher: Cipher
    patience: Patience

    @property
    def lasts(self) -> timedelta:
        """How long a lease lasts that is not renewed."""
        return timedelta(seconds=self.patience.lease)


class Begun(NamedTuple):
    """A device that was leased at a moment of the clock's `monotonic`, or a little later, and the
    endpoints that it may be connected to."""

    device: Device
    lease: Lease
    ends: tuple[Address, ...]
    asked_at: float


class Talk:
    """A conversation under way: the device is leased and a run is recorded."""

    def __init__(
        self,
        means: Means,
        begun: Begun,
        run_id: RunId,
        kind: RunKind,
        second_tries: BoundedSemaphore | None = None,
        *,
        wanted: bool = False,
    ) -> None:
        """Where nobody waits for the answer, `second_tries` bound how many may hold a place at once
        by being tried again; one that is `wanted` by a user is tried again in any case when its
        line breaks.
        """
        self.device = begun.device
        self.lease = begun.lease
        self.ended = False
        self.maybe_accepted = False
        self.sending = False
        """Whether the device may have seen some of what is sent to it on the present line."""
        self._means = means
        self._begun = begun
        self._run_id = run_id
        self._kind = kind
        self._retries = 0
        self._wanted = wanted
        self._heard = False
        self._woke = False
        self._second_tries = second_tries
        self._tries_again = False
        self._deadline = means.clock.monotonic() + means.patience.conversation
        self._lasts = means.lasts
        self._proved_at = begun.asked_at
        self._check_at = begun.asked_at + CHECK_EVERY

    def speak(self, say: Callable[[Connection], Answer], *, retries: int | None = None) -> Answer:
        """Run `say` on a fresh line, and the whole of it again when the line is lost.

        `retries` says how often; None leaves it to the settings. Where nobody waits, a device that
        is silent is not tried again, and one that was silent last time is asked shortly first.

        Raises ScalesError, which tells no more than the owner may know, LeaseLostError,
        StoredPasswordError and whatever `say` raises.
        """
        try:
            return self._speak(say, retries)
        except ScalesError as error:
            error.learn(heard=self._heard)
            tellable = told(error, self.device, self._means.storage)
            if tellable is error:
                raise
            raise tellable from None

    def _speak(self, say: Callable[[Connection], Answer], retries: int | None) -> Answer:
        clock, patience = self._means.clock, self._means.patience
        most = patience.retries if retries is None else retries
        target = Target(self.device.address, self._password(), self._begun.ends)
        if self._second_tries is not None and self.device.doubtful:
            self._ask_shortly(target)
        while True:
            self.sending = False
            try:
                with self._means.scales.conversation(
                    target, deadline=self._deadline, heartbeat=self._beat
                ) as connection:
                    target = self._pinned(target, connection.endpoint)
                    answer = say(connection)
                    self._heard = True
                    return answer
            except ScalesError as error:
                self.maybe_accepted = self.maybe_accepted or error.maybe_accepted
                self._heard = self._heard or error.heard
                if not lost(error) or self._retries >= most:
                    raise
                if self._second_tries is not None and isinstance(error, ScalesTimedOutError):
                    raise
                if clock.monotonic() + patience.retry_delay >= self._deadline:
                    raise
                if not self._wanted and not self._may_try_again():
                    log.info("too many are tried again already, this one in its next turn")
                    raise
                log.info("line lost, trying again: %s", error)
            self._retries += 1
            clock.sleep(patience.retry_delay)

    def _pinned(self, target: Target, endpoint: Address | None) -> Target:
        """The line to that of several endpoints which answered; the others are left to others, and
        refusals are not counted there."""
        if endpoint is None or len(self.lease.endpoints) < 2:
            return target
        with self.checkpoint() as tx:
            there = tx.leases.at(self.lease, [str(endpoint)], self._lasts)
        if there is None:
            raise LeaseLostError
        self.lease = there
        return replace(target, endpoints=(endpoint,))

    def over(self) -> None:
        """Nothing is said any more: others may try again in its place."""
        if self._second_tries is not None and self._tries_again:
            self._second_tries.release()

    def _ask_shortly(self, target: Target) -> None:
        """Returns when it answers, or may be waited for all the same. Raises
        ScalesUnreachableError and ScalesTimedOutError."""
        until = min(self._deadline, self._means.clock.monotonic() + SHORT)
        try:
            with self._means.scales.conversation(
                target, deadline=until, heartbeat=self._beat
            ) as connection:
                connection.information()
            self._heard = True
        except ScalesUnreachableError:
            raise
        except ScalesTimedOutError:
            # One that is slow would never get through otherwise.
            if not self._may_try_again():
                raise ScalesTimedOutError(
                    f"The device did not answer within {SHORT:g} s, nor when it was tried before."
                ) from None
            return
        except ScalesError as error:
            # An answer too.
            self._heard = self._heard or error.heard
        self._answered()

    def _answered(self) -> None:
        if self.device.doubtful and not self._woke:
            self._woke = True
            wake_neighbours(self._means.storage, self._means.clock, self.device)

    def _may_try_again(self) -> bool:
        if self._second_tries is not None and not self._tries_again:
            self._tries_again = self._second_tries.acquire(blocking=False)
            return self._tries_again
        return True

    @contextmanager
    def checkpoint(self) -> Iterator[Transaction]:
        """A transaction while the conversation goes on. Raises LeaseLostError."""
        asked_at = self._means.clock.monotonic()
        with self._means.storage.transaction() as tx:
            if not tx.leases.renew(self.lease, self._lasts):
                raise LeaseLostError
            yield tx
        self._proved_at = asked_at
        self._check_at = asked_at + CHECK_EVERY

    @contextmanager
    def succeed(
        self,
        outcome: Outcome = Outcome.OK,
        *,
        products: int | None = None,
        size: int | None = None,
    ) -> Iterator[Transaction]:
        """The transaction that keeps what was achieved, and ends the run. Raises LeaseLostError."""
        with self.checkpoint() as tx:
            yield tx
            device = tx.devices.get(self.device.id)
            if self._kind.tries_password:
                tx.refusals.clear(self.lease.where)
                if device.refusals:
                    tx.devices.save(device.password_taken())
            self._end(tx, outcome, products=products, size=size)
        self.ended = True
        self._answered()

    @contextmanager
    def fail(self, error: Exception) -> Iterator[Transaction]:
        """The transaction that records a failure, and ends the run. Raises LeaseLostError."""
        if not self.certainly_refused(error):
            outcome = Outcome.UNKNOWN
        elif isinstance(error, ScalesRefusedError | ScalesWrongPasswordError):
            outcome = Outcome.REFUSED
        else:
            outcome = Outcome.FAILED
        with self.checkpoint() as tx:
            if isinstance(error, ScalesWrongPasswordError) and self._kind.tries_password:
                self._count_refusal(tx)
            yield tx
            self._end(tx, outcome, error=error)
        self.ended = True
        if self._heard or (isinstance(error, ScalesError) and not lost(error)):
            self._answered()

    def certainly_refused(self, error: Exception) -> bool:
        """Whether the device has taken nothing, or only what the error says, of what was sent.

        Errors of the device know that themselves. Any other that comes while something is sent, or
        before that is remembered, leaves it unknown: a lost lease, a database that is gone, a fault
        of ours.
        """
        if self.maybe_accepted:
            return False
        return not self.sending or isinstance(error, ScalesError | ProductsAtFaultError)

    def _end(
        self,
        tx: Transaction,
        outcome: Outcome,
        *,
        products: int | None = None,
        size: int | None = None,
        error: Exception | None = None,
    ) -> None:
        if error is None or isinstance(error, ScalesError) or self._heard:
            note(tx, self.device, self._kind, error, self._means.clock.now())
        tx.leases.release(self.lease)
        log.debug(
            "conversation over: %s, %s products, %s bytes, %d retries",
            outcome.value,
            products,
            size,
            self._retries,
        )
        tx.runs.end(
            self._run_id,
            Ending(
                at=self._means.clock.now(),
                outcome=outcome,
                products=products,
                bytes=size,
                retries=self._retries,
                error_type=None if error is None else code_of(error),
                error=None if error is None else readable(error),
            ),
        )

    def _count_refusal(self, tx: Transaction) -> None:
        tx.refusals.add(self.lease.where)
        device = tx.devices.get(self.device.id)
        if device.encrypted_password == self.device.encrypted_password:
            tx.devices.save(device.password_refused(self._means.clock.now()))

    def _password(self) -> str:
        try:
            return self._means.cipher.decrypt(self.device.encrypted_password)
        except UnreadableSecretError:
            raise StoredPasswordError from None

    def _beat(self) -> None:
        """Keep the lease while the conversation lives, and say nothing more without it.

        Looks at the clock last of all: whoever was frozen at any point before is found out.
        """
        clock, seconds = self._means.clock, self._lasts.total_seconds()
        if self._check_at <= (now := clock.monotonic()) < self._proved_at + seconds * RENEW_AFTER:
            with self._means.storage.snapshot() as tx:
                if not tx.leases.holds(self.lease):
                    raise LeaseLostError
            self._check_at = now + CHECK_EVERY
        # A second time where the first had to wait for other writers for too long to be trusted.
        for _ in range(2):
            if clock.monotonic() >= self._proved_at + seconds * RENEW_AFTER:
                with self.checkpoint():
                    pass
        if clock.monotonic() >= self._proved_at + seconds * TRUST_FOR:
            raise LeaseLostError
