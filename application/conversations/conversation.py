"""Saying things to a device that is leased."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, TypeVar

from application.conversations.disclosure import for_owner
from application.conversations.doubtful import SHORT, was_lost
from application.conversations.errors import StoredPasswordError
from application.conversations.exchange import Exchange
from application.conversations.file_memory import FileMemory, Reservation
from application.conversations.lease_keeper import LeaseKeeper
from application.conversations.places import SecondTry
from application.conversations.resources import Resources
from application.conversations.run_record import RunRecord
from application.ports.cipher import UnreadableSecretError
from application.ports.repositories.leases import Lease
from application.ports.scales import (
    Connection,
    ScalesError,
    ScalesTimedOutError,
    ScalesUnreachableError,
    Target,
)
from domain.devices.device import Address, Device
from domain.runs.run import RunId, RunKind

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


class LeasedDevice(NamedTuple):
    """A device that was leased at a moment of the clock's `monotonic`, or a little later, and the
    endpoints that it may be connected to."""

    device: Device
    lease: Lease
    endpoints: tuple[Address, ...]
    asked_at: float


class Conversation:
    """A conversation under way. Its parts: `keeper` keeps the lease, `exchange` knows what passed,
    `record` records how it ends, `memory` is reserved for the product files it works on."""

    def __init__(
        self,
        resources: Resources,
        leased: LeasedDevice,
        run_id: RunId,
        kind: RunKind,
        second_try: SecondTry,
        file_memory: FileMemory | None = None,
    ) -> None:
        """`file_memory` bounds what is built of product files; None bounds nothing."""
        clock = resources.clock
        self.device = leased.device
        self.exchange = Exchange()
        self.keeper = LeaseKeeper(
            resources.storage,
            clock,
            leased.lease,
            lasts=resources.lease_lasts,
            proved_at=leased.asked_at,
        )
        self.record = RunRecord(
            resources.storage,
            clock,
            self.keeper,
            self.exchange,
            device=leased.device,
            run_id=run_id,
            kind=kind,
        )
        self.memory = Reservation(file_memory, self.keeper.heartbeat)
        self._resources = resources
        self._endpoints = leased.endpoints
        self._second_try = second_try
        self._deadline = clock.monotonic() + resources.patience.conversation

    def on_connection(
        self, say: Callable[[Connection], Answer], *, retries: int | None = None
    ) -> Answer:
        """Run `say` on a fresh connection, and the whole of it again when the connection is lost.

        `retries` says how often; None leaves it to the settings. Where nobody waits, a device that
        is silent is not tried again, and one that was silent last time is asked shortly first.

        Raises ScalesError, which tells no more than the owner may know, LeaseLostError,
        StoredPasswordError and whatever `say` raises.
        """
        try:
            return self._tried(
                say, self._resources.patience.retries if retries is None else retries
            )
        except ScalesError as error:
            error.learn(heard=self.exchange.answered)
            disclosed = for_owner(error, self.device, self._resources.storage)
            if disclosed is error:
                raise
            raise disclosed from None

    def _tried(self, say: Callable[[Connection], Answer], retries: int) -> Answer:
        target = Target(self.device.address, self._password(), self._endpoints)
        if self._second_try.nobody_waits and self.device.doubtful:
            self._ask_shortly(target)
        while True:
            self.exchange.connecting()
            try:
                with self._resources.scales.conversation(
                    target,
                    deadline=self._deadline,
                    heartbeat=self.keeper.heartbeat,
                ) as connection:
                    target = self._pinned(target, connection.endpoint)
                    answer = say(connection)
                    self.exchange.succeeded()
                    return answer
            except ScalesError as error:
                self.exchange.failed(error)
                if not self._tries_again(error, retries):
                    raise
                log.info("connection lost, trying again: %s", error)
            self.exchange.connecting_again()
            self._resources.clock.sleep(self._resources.patience.retry_delay)

    def _tries_again(self, error: ScalesError, retries: int) -> bool:
        if not was_lost(error) or self.exchange.retries >= retries:
            return False
        if self._second_try.nobody_waits and isinstance(error, ScalesTimedOutError):
            return False
        delay = self._resources.patience.retry_delay
        if self._resources.clock.monotonic() + delay >= self._deadline:
            return False
        if not self._second_try.after_break():
            log.info("too many are tried again already, this one in its next turn")
            return False
        return True

    def _pinned(self, target: Target, endpoint: Address | None) -> Target:
        """The target with only that of several endpoints which answered."""
        if endpoint is None or len(self.keeper.lease.endpoints) < 2:
            return target
        self.keeper.keep_only(endpoint)
        return replace(target, endpoints=(endpoint,))

    def _ask_shortly(self, target: Target) -> None:
        """Returns when it answers, or may be waited for all the same. Raises
        ScalesUnreachableError and ScalesTimedOutError."""
        until = min(self._deadline, self._resources.clock.monotonic() + SHORT)
        try:
            with self._resources.scales.conversation(
                target, deadline=until, heartbeat=self.keeper.heartbeat
            ) as connection:
                connection.information()
            self.exchange.succeeded()
        except ScalesUnreachableError:
            raise
        except ScalesTimedOutError:
            # One that is slow would never get through otherwise.
            if not self._second_try.after_silence():
                raise ScalesTimedOutError(problem="twice", seconds=SHORT) from None
            return
        except ScalesError as error:
            # An answer too.
            self.exchange.failed(error)
        self.record.device_answered()

    def _password(self) -> str:
        try:
            return self._resources.cipher.decrypt(self.device.encrypted_password)
        except UnreadableSecretError:
            raise StoredPasswordError from None
