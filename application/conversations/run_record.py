"""Recording how a conversation ended, and what that says of the device."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from application.conversations.doubtful import remember_answering, wake_neighbours, was_lost
from application.conversations.exchange import Exchange
from application.conversations.lease_keeper import LeaseKeeper
from application.ports.clock import Clock
from application.ports.scales import ScalesError, ScalesRefusedError, ScalesWrongPasswordError
from application.ports.storage import Storage, Transaction
from domain.devices.device import Device
from domain.errors import Cause
from domain.runs.run import Ending, Outcome, RunId, RunKind

log = logging.getLogger(__name__)


class RunRecord:
    """The run of one conversation; it is ended once, with the lease."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        keeper: LeaseKeeper,
        exchange: Exchange,
        *,
        device: Device,
        run_id: RunId,
        kind: RunKind,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._keeper = keeper
        self._exchange = exchange
        self._device = device
        self._run_id = run_id
        self._kind = kind
        self._ended = False
        self._neighbours_woken = False

    @property
    def ended(self) -> bool:
        """Whether the outcome is recorded."""
        return self._ended

    @contextmanager
    def success(
        self,
        outcome: Outcome = Outcome.OK,
        *,
        products: int | None = None,
        size: int | None = None,
    ) -> Iterator[Transaction]:
        """The transaction that keeps what was achieved, and ends the run. Raises LeaseLostError."""
        with self._keeper.checkpoint() as tx:
            yield tx
            device = tx.devices.get(self._device.id)
            if self._kind.tries_password:
                tx.refusals.clear(self._keeper.lease.where)
                if device.refusals:
                    tx.devices.save(device.password_taken())
            self._end(tx, outcome, products=products, size=size)
        self._ended = True
        self.device_answered()

    @contextmanager
    def failure(self, error: Exception) -> Iterator[Transaction]:
        """The transaction that records a failure, and ends the run. Raises LeaseLostError."""
        if not self._exchange.certainly_refused(error):
            outcome = Outcome.UNKNOWN
        elif isinstance(error, ScalesRefusedError | ScalesWrongPasswordError):
            outcome = Outcome.REFUSED
        else:
            outcome = Outcome.FAILED
        with self._keeper.checkpoint() as tx:
            if isinstance(error, ScalesWrongPasswordError) and self._kind.tries_password:
                self._count_refusal(tx)
            yield tx
            self._end(tx, outcome, error=error)
        self._ended = True
        if self._exchange.answered or (isinstance(error, ScalesError) and not was_lost(error)):
            self.device_answered()

    def device_answered(self) -> None:
        """Where it did not answer last time, its owner's other doubtful devices are tried soon."""
        if self._device.doubtful and not self._neighbours_woken:
            self._neighbours_woken = True
            wake_neighbours(self._storage, self._clock, self._device)

    def _end(
        self,
        tx: Transaction,
        outcome: Outcome,
        *,
        products: int | None = None,
        size: int | None = None,
        error: Exception | None = None,
    ) -> None:
        if error is None or isinstance(error, ScalesError) or self._exchange.answered:
            remember_answering(tx, self._device, self._kind, error, self._clock.now())
        tx.leases.release(self._keeper.lease)
        log.debug(
            "conversation ended: %s, %s products, %s bytes, %d retries",
            outcome.value,
            products,
            size,
            self._exchange.retries,
        )
        tx.runs.end(
            self._run_id,
            Ending(
                at=self._clock.now(),
                outcome=outcome,
                products=products,
                bytes=size,
                retries=self._exchange.retries,
                cause=None if error is None else Cause.of(error),
            ),
        )

    def _count_refusal(self, tx: Transaction) -> None:
        tx.refusals.add(self._keeper.lease.where)
        device = tx.devices.get(self._device.id)
        if device.encrypted_password == self._device.encrypted_password:
            tx.devices.save(device.password_refused(self._clock.now()))
