"""Conversations with devices: one at a time per device, ended by a deadline, each recorded."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar

from application.ports.clock import Clock
from application.ports.scales import (
    Conversation,
    Line,
    Scales,
    ScalesError,
    ScalesRefusedError,
    ScalesTimedOutError,
    ScalesUnreachableError,
    ScalesWrongPasswordError,
)
from application.ports.security import Cipher, UnreadableSecretError
from application.ports.storage import Lease, Storage, Transaction
from domain.device import Device, DeviceId
from domain.errors import DomainError
from domain.run import Ending, Outcome, RunId, RunKind
from domain.user import UserId

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

LEASE: Final = timedelta(seconds=15)
"""How long a crash keeps a device from others."""
RENEW_EVERY: Final = 5.0
"""Seconds: often enough that one slow renewal does not cost the lease."""
BUSY_POLL: Final = 0.1
"""Seconds between two looks at whether a device is free."""


class DeviceBusyError(Exception):
    """Somebody else kept the device for longer than was waited."""

    def __init__(self) -> None:
        super().__init__(
            "The device is busy with another request or with its automatic update: "
            "try again in a few seconds."
        )


class LeaseLostError(Exception):
    """This process was held up for so long that the device may be another's by now."""

    def __init__(self) -> None:
        super().__init__(
            "The conversation with the device was held up for too long and was dropped: try again."
        )


class StoredPasswordError(Exception):
    """The device's password was encrypted with another key."""

    def __init__(self) -> None:
        super().__init__(
            "The stored password of this device cannot be read with the service's present "
            "FERNET_KEY: set the password again."
        )


def readable(error: Exception) -> str:
    """What to tell the user of a failure: nothing of the inside where nobody foresaw it."""
    foreseen = (ScalesError, DomainError, StoredPasswordError)
    return str(error) if isinstance(error, foreseen) else "The service failed: its log says why."


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait, in seconds, and how often to try again after a lost line."""

    conversation: float = 60.0
    busy_wait: float = 3.0
    retries: int = 2
    retry_delay: float = 0.5


class Talk:
    """A conversation under way: the device is leased and a run is recorded."""

    def __init__(
        self, conversations: "Conversations", device: Device, lease: Lease, run_id: RunId
    ) -> None:
        self.device = device
        self.ended = False
        self.maybe_accepted = False
        self._conversations = conversations
        self._lease = lease
        self._run_id = run_id
        self._retries = 0
        self._deadline = conversations.clock.monotonic() + conversations.patience.conversation
        self._renew_at = conversations.clock.monotonic() + RENEW_EVERY

    def speak(self, say: Callable[[Conversation], Answer]) -> Answer:
        """Run `say` on a fresh line, and the whole of it again when the line is lost.

        Raises ScalesError, LeaseLostError, StoredPasswordError and whatever `say` raises.
        """
        clock, patience = self._conversations.clock, self._conversations.patience
        line = Line(self.device.address, self._password())
        while True:
            try:
                with self._conversations.scales.conversation(
                    line, deadline=self._deadline, heartbeat=self._beat
                ) as conversation:
                    return say(conversation)
            except ScalesError as error:
                self.maybe_accepted = self.maybe_accepted or error.maybe_accepted
                lost = isinstance(error, ScalesUnreachableError | ScalesTimedOutError)
                if not lost or self._retries >= patience.retries:
                    raise
                if clock.monotonic() + patience.retry_delay >= self._deadline:
                    raise
                log.info("line lost, trying again: %s", error)
            self._retries += 1
            clock.sleep(patience.retry_delay)

    @contextmanager
    def checkpoint(self) -> Iterator[Transaction]:
        """A transaction while the conversation goes on. Raises LeaseLostError."""
        with self._conversations.storage.transaction() as tx:
            if not tx.leases.renew(self._lease, LEASE):
                raise LeaseLostError
            yield tx

    @contextmanager
    def succeed(
        self, outcome: Outcome = Outcome.OK, *, products: int, size: int
    ) -> Iterator[Transaction]:
        """The transaction that keeps what was achieved, and ends the run. Raises LeaseLostError."""
        with self.checkpoint() as tx:
            yield tx
            self._end(tx, outcome, products=products, size=size)
        self.ended = True

    @contextmanager
    def fail(self, error: Exception) -> Iterator[Transaction]:
        """The transaction that records a failure, and ends the run. Raises LeaseLostError."""
        if self.maybe_accepted:
            outcome = Outcome.UNKNOWN
        elif isinstance(error, ScalesRefusedError | ScalesWrongPasswordError):
            outcome = Outcome.REFUSED
        else:
            outcome = Outcome.FAILED
        with self.checkpoint() as tx:
            yield tx
            self._end(tx, outcome, error=error)
        self.ended = True

    def _end(
        self,
        tx: Transaction,
        outcome: Outcome,
        *,
        products: int | None = None,
        size: int | None = None,
        error: Exception | None = None,
    ) -> None:
        tx.runs.end(
            self._run_id,
            Ending(
                at=self._conversations.clock.now(),
                outcome=outcome,
                products=products,
                bytes=size,
                retries=self._retries,
                error_type=None if error is None else type(error).__name__.removesuffix("Error"),
                error=None if error is None else readable(error),
            ),
        )
        tx.leases.release(self._lease)

    def _password(self) -> str:
        try:
            return self._conversations.cipher.decrypt(self.device.encrypted_password)
        except UnreadableSecretError:
            raise StoredPasswordError from None

    def _beat(self) -> None:
        """Keep the lease while the conversation lives."""
        now = self._conversations.clock.monotonic()
        if now >= self._renew_at:
            with self.checkpoint():
                self._renew_at = now + RENEW_EVERY


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversations:
    """Begins conversations. No transaction is open while a device is spoken to."""

    storage: Storage
    scales: Scales
    clock: Clock
    cipher: Cipher
    patience: Patience

    @contextmanager
    def open(
        self,
        device_id: DeviceId,
        kind: RunKind,
        *,
        asked_by: UserId | None,
        lease: Lease | None = None,
    ) -> Iterator[Talk]:
        """Lease the device, unless the caller did, and record a run that ends with the block.

        A block that raises leaves a run that failed. Raises UnknownDeviceError and DeviceBusyError.
        """
        talk = self._begin(device_id, kind, asked_by, lease)
        try:
            yield talk
        except Exception as error:
            if not talk.ended:
                self._abandon(talk, error)
            raise

    def _begin(
        self, device_id: DeviceId, kind: RunKind, asked_by: UserId | None, held: Lease | None
    ) -> Talk:
        give_up = self.clock.monotonic() + self.patience.busy_wait
        while True:
            with self.storage.transaction() as tx:
                device = tx.devices.get(device_id)
                lease = held or tx.leases.take(device_id, LEASE)
                if lease is not None:
                    run_id = tx.runs.start(lease, kind=kind, asked_by=asked_by, at=self.clock.now())
                    return Talk(self, device, lease, run_id)
            if self.clock.monotonic() >= give_up:
                raise DeviceBusyError
            self.clock.sleep(BUSY_POLL)

    def _abandon(self, talk: Talk, error: Exception) -> None:
        try:
            with talk.fail(error):
                pass
        except LeaseLostError:
            with self.storage.snapshot() as tx:
                tx.devices.get(talk.device.id)  # raises, and so answers, when it was deleted
        except Exception:
            log.exception("the end of a run could not be recorded; it will read as interrupted")
