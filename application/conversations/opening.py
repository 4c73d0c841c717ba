"""Opening conversations with devices: who may have one, and when."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Final, TypeVar

from application.conversations.conversation import Conversation, LeasedDevice
from application.conversations.errors import DeviceBusyError, LeaseLostError
from application.conversations.file_memory import FileMemory
from application.conversations.places import Places, SecondTry
from application.conversations.resources import Resources
from application.ports.repositories.leases import Lease
from application.ports.scales import Scales
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
class Conversations(Resources):
    """Opens conversations: the device is leased, and a run is recorded, in one transaction. None is
    open while a device is spoken to.
    """

    places: Places
    """Keeps requests that wait for devices from taking every thread that answers requests, and
    those of one owner from taking all places of the others."""
    second_tries: BoundedSemaphore
    """Keeps devices that are silent or out of reach from taking the places of those that are due
    and well: so many at most are tried again within their turn, the others in their next one."""
    file_memory: FileMemory = field(default_factory=FileMemory)
    """Keeps requests that read or send large product files from filling the memory together."""

    @contextmanager
    def for_user(
        self, owner_id: UserId, device_id: DeviceId, kind: RunKind
    ) -> Iterator[Conversation]:
        """A conversation that the owner of the device waits for, in the `place` they have.

        A block that raises leaves a run that failed. Raises UnknownDeviceError,
        PasswordNotTriedError and DeviceBusyError.
        """

        def begin(tx: Transaction, leased: LeasedDevice) -> Conversation:
            run_id = self._start(tx, leased, kind, owner_id)
            return Conversation(self, leased, run_id, kind, SecondTry(), self.file_memory)

        conversation = self._when_free(lambda tx: tx.devices.owned(owner_id, device_id), begin)
        with self._recorded(conversation):
            yield conversation

    @contextmanager
    def for_schedule(self, lease: Lease, kind: RunKind) -> Iterator[Conversation]:
        """A conversation on a device that is leased already, whose own turn has come.

        Raises UnknownDeviceError, PasswordNotTriedError, DeviceBusyError when another device is
        talked to at the same address, and LeaseLostError when too much time has passed since.
        """
        second_try = SecondTry(self.second_tries)

        def begin(tx: Transaction, leased: LeasedDevice) -> Conversation | PasswordNotTriedError:
            device = leased.device
            if device.refusals:
                raise PasswordNotTriedError(device.refusals, None)
            try:
                run_id = self._start(tx, leased, kind, None)
            except EndpointRefusedError as error:
                # Without a refusal of its own, it would be due again and again.
                tx.devices.save(device.password_refused(self.clock.now()))
                tx.leases.release(leased.lease)
                return error
            return Conversation(self, leased, run_id, kind, second_try)

        conversation = self._on_leased(lease, lambda tx: tx.devices.get(lease.device_id), begin)
        if isinstance(conversation, PasswordNotTriedError):
            raise conversation
        with self._recorded(conversation, second_try):
            yield conversation

    @contextmanager
    def for_batch(self, batch: Batch, lease: Lease) -> Iterator[Conversation]:
        """A conversation on a device that is leased already, which its owner asked for and does not
        wait for.

        Raises UnknownDeviceError, PasswordNotTriedError, DeviceBusyError when another device is
        talked to at the same address, and LeaseLostError when too much time has passed since.
        """
        second_try = SecondTry(self.second_tries, wanted=True)

        def begin(tx: Transaction, leased: LeasedDevice) -> Conversation:
            run_id = self._start(tx, leased, batch.kind, batch.owner_id)
            tx.batches.began(batch.id, leased.device.id, run_id)
            return Conversation(self, leased, run_id, batch.kind, second_try)

        conversation = self._on_leased(
            lease, lambda tx: tx.devices.owned(batch.owner_id, lease.device_id), begin
        )
        with self._recorded(conversation, second_try):
            yield conversation

    def take_lease(self, device_id: DeviceId) -> Lease:
        """The lease of a device, for `for_schedule` or `for_batch`.

        Raises UnknownDeviceError and DeviceBusyError.
        """
        return self._when_free(
            lambda tx: tx.devices.get(device_id), lambda tx, leased: leased.lease
        )

    @contextmanager
    def place(self, owner_id: UserId) -> Iterator[None]:
        """A place among the requests that may wait for devices; asked for before anything else,
        since turning away should cost next to nothing. Raises TooManyConversationsError."""
        with self.places.taken(owner_id):
            yield

    def _when_free(
        self,
        find: Callable[[Transaction], Device],
        begin: Callable[[Transaction, LeasedDevice], Answer],
    ) -> Answer:
        """What `begin` makes of a device once it is leased, in the transaction that leases it.

        `find` asks who may have the device. Raises DeviceBusyError and whatever both raise.
        """
        lookup = _EndpointLookup(self.scales)
        give_up = self.clock.monotonic() + self.patience.busy_wait
        while True:
            asked_at = self.clock.monotonic()
            with self.storage.transaction() as tx:
                device = find(tx)
                ends = lookup.of(device.address)
                if ends is not None:
                    names = [str(end) for end in ends]
                    lease = tx.leases.take(device.id, self.lease_lasts, names)
                    if lease is not None:
                        device = _with_endpoints(tx, device, ends)
                        return begin(tx, LeasedDevice(device, lease, ends, asked_at))
            if ends is None:
                lookup.look_up(device.address)
            elif self.clock.monotonic() >= give_up:
                raise DeviceBusyError
            else:
                self.clock.sleep(BUSY_POLL)

    def _on_leased(
        self,
        lease: Lease,
        find: Callable[[Transaction], Device],
        begin: Callable[[Transaction, LeasedDevice], Answer],
    ) -> Answer:
        """The same for a device that is leased already, perhaps without its endpoints.

        Raises DeviceBusyError, LeaseLostError and whatever `find` and `begin` raise.
        """
        lookup = _EndpointLookup(self.scales)
        while True:
            asked_at = self.clock.monotonic()
            with self.storage.transaction() as tx:
                device = find(tx)
                ends = lookup.of(device.address)
                if ends is not None:
                    if not tx.leases.renew(lease, self.lease_lasts):
                        raise LeaseLostError
                    names = [str(end) for end in ends]
                    widened = tx.leases.at(lease, names, self.lease_lasts)
                    if widened is None:
                        raise DeviceBusyError
                    device = _with_endpoints(tx, device, ends)
                    return begin(tx, LeasedDevice(device, widened, ends, asked_at))
            lookup.look_up(device.address)

    def _start(
        self, tx: Transaction, leased: LeasedDevice, kind: RunKind, asked_by: UserId | None
    ) -> RunId:
        """Records that a run began. Asked for by a user, a password is tried again within bounds.

        Raises PasswordNotTriedError.
        """
        now = self.clock.now()
        if kind.tries_password:
            refused = tx.refusals.count(leased.lease.where)
            if refused >= REFUSALS_ALLOWED_AT_ENDPOINT:
                raise EndpointRefusedError(refused, str(leased.device.address))
            if asked_by is not None:
                leased.device.require_password_worth_trying(now)
        return tx.runs.start(leased.lease, kind=kind, asked_by=asked_by, at=now)

    @contextmanager
    def _recorded(
        self, conversation: Conversation, second_try: SecondTry | None = None
    ) -> Iterator[None]:
        """A block that raises leaves a run that failed."""
        try:
            yield
        except Exception as error:
            if not conversation.record.ended:
                self._abandon(conversation, error)
            raise
        finally:
            conversation.memory.release()
            if second_try is not None:
                second_try.give_back()

    def _abandon(self, conversation: Conversation, error: Exception) -> None:
        try:
            with conversation.record.failure(error):
                pass
        except LeaseLostError:
            with self.storage.transaction() as tx:
                # Of a device that is gone, the lease of its endpoints is left.
                tx.leases.release(conversation.keeper.lease)
            with self.storage.snapshot() as tx:
                tx.devices.get(
                    conversation.device.id
                )  # raises, and so answers, when it was deleted
        except Exception:
            log.exception("the end of a run could not be recorded; it will read as interrupted")


class _EndpointLookup:
    """The endpoints of devices' addresses, for as long as somebody waits for a device.

    A look-up takes its time, so it is done outside of transactions: first `look_up`, then a
    transaction that asks `of`.
    """

    def __init__(self, scales: Scales) -> None:
        self._scales = scales
        self._found: dict[Address, tuple[Address, ...]] = {}

    def of(self, address: Address) -> tuple[Address, ...] | None:
        """Returns its endpoints; None for a host name that has to be looked up first."""
        literal = address.endpoint
        return self._found.get(address) if literal is None else (literal,)

    def look_up(self, address: Address) -> None:
        """Ask where the host name leads. Takes a few seconds at most."""
        self._found[address] = self._scales.endpoints(address)


def _with_endpoints(tx: Transaction, device: Device, ends: Sequence[Address]) -> Device:
    """The device, which remembers where its host name leads to."""
    found = device.found(ends)
    if found != device:
        tx.devices.save(found)
    return found
