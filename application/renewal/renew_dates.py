"""Renewing the dates on a device's labels."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from application.conversations.conversation import Conversation
from application.conversations.delivery import Delivery, Load
from application.conversations.errors import FORESEEN, DeviceBusyError
from application.conversations.opening import Conversations
from application.conversations.send_products import Sent
from application.ports.clock import Clock
from application.ports.repositories.leases import Lease
from application.ports.scales import Connection
from application.ports.storage import Storage, Transaction
from application.products.catalogues import catalogue_after_reading, note_replaced
from application.products.file_history import KeptFiles
from domain.errors import Cause, DeviceReplacedError
from domain.products.catalogue import NO_EDITS, Catalogue
from domain.products.differences import changes
from domain.products.edit import DATE_FIELDS, EditVersion
from domain.products.label_dates import renewed
from domain.products.product_file import ProductFile
from domain.renewal.calendar import Calendar
from domain.renewal.policy import EVERYTHING
from domain.renewal.schedule import AutoUpdate
from domain.renewal.time_zones import TimeZones
from domain.runs.batch import Batch
from domain.runs.run import Outcome, RunKind

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RenewDates:
    """Give the live products on a leased device today's dates, and change nothing else. Products
    that its schedule or an exception leaves out keep theirs.

    Starts from the device's own file and sends no edit. Dates that are right are not sent.
    """

    storage: Storage
    conversations: Conversations
    files: KeptFiles
    clock: Clock
    zones: TimeZones
    find_faults: bool

    def for_schedule(self, lease: Lease) -> None:
        """A failure is recorded and not raised, so that one device never stops the rest.

        Raises DeviceBusyError when another device is talked to at the same address, and
        ClockWrongError; nothing is said to the device then.
        """
        self.clock.require_right()
        try:
            with self.conversations.for_schedule(lease, RunKind.AUTO_UPDATE) as conversation:
                self._renew(conversation)
        except DeviceBusyError:
            raise
        except FORESEEN as error:
            log.warning("dates not renewed: %s", error)
        except Exception:
            log.exception("dates not renewed")

    def for_batch(self, batch: Batch, lease: Lease) -> None:
        """The same because a user asked for it. Raises ClockWrongError, PasswordNotTriedError,
        LeaseLostError, ScalesError, and ProductsAtFaultError when the device took all but some
        products."""
        self.clock.require_right()
        with self.conversations.for_batch(batch, lease) as conversation:
            self._renew(conversation)

    def _renew(self, conversation: Conversation) -> None:
        delivery = Delivery(conversation, find_faults=self.find_faults)
        renewal = _Renewal(delivery, self.storage, self.files, self.clock, self.zones)
        delivery.run(renewal)
        log.info("dates renewed: %s, %d products", renewal.outcome.value, renewal.products)


class _Renewal(Load):
    """The device's own file with today's dates, and what to remember of it."""

    def __init__(
        self,
        delivery: Delivery,
        storage: Storage,
        files: KeptFiles,
        clock: Clock,
        zones: TimeZones,
    ) -> None:
        self._delivery = delivery
        self._device = delivery.conversation.device
        self._storage = storage
        self._files = files
        self._clock = clock
        self._zones = zones
        self._today = date.min
        self._dated_at = datetime.min.replace(tzinfo=UTC)
        self._file = ProductFile.empty()
        self._policy = EVERYTHING
        self._seen = EditVersion(0)
        self._replaced: Cause | None = None

    @property
    def products(self) -> int:
        return len(self._file.products)

    @property
    def outcome(self) -> Outcome:
        return Outcome.OK if self._delivery.sent_some else Outcome.NOTHING_TO_DO

    def deliver(self, connection: Connection) -> Sent:
        received = connection.read(self._delivery.conversation.memory.reserve)
        with self._storage.snapshot() as tx:
            self._policy = tx.renewal_exceptions.policy_of(self._device.id)
        self._clock.require_right()
        self._dated_at = self._clock.now()
        self._today = self._dated_at.astimezone(self._zones.of(self._device)).date()
        self._file = renewed(received.file, self._today, self._policy.renews)
        dates_differ = self._file is not received.file
        with self._delivery.conversation.keeper.checkpoint() as tx:
            catalogue = tx.catalogues.find(self._device.id)
            if catalogue is not None:
                self._seen = catalogue.last_version
                if dates_differ:
                    self._delivery.mark_under_way(tx, catalogue)
        if not dates_differ:
            return Sent(received.size)
        sent = self._delivery.send(connection, self._file)
        if sent.held is not None:
            self._file = sent.held
        return sent

    def keep(self, tx: Transaction) -> None:
        """Remember the renewed file, unless another device than before stands there.

        That device has its dates too. But the file of the former one stays, so that it can be
        restored, until a user reads the new one's.
        """
        catalogue = tx.catalogues.find(self._device.id)
        now = self._clock.now()
        if catalogue is None:
            read = catalogue_after_reading(None, self._device, self._file, now)
        else:
            try:
                catalogue.require_same_device(self._file)
            except DeviceReplacedError as error:
                if not self._delivery.conversation.exchange.maybe_accepted:
                    self._delivery.take_back(tx)
                note_replaced(tx, self._device.id)
                self._replaced = Cause(error.code, {**error.facts, "dated": True})
                return
            read = catalogue.renewed(
                self._file,
                at=now,
                moves=self._device.moves,
                seen=self._seen if self._overtakes_edits(catalogue) else NO_EDITS,
                renews=self._policy.renews,
            )
        self._files.replace(tx, catalogue, read)

    def _overtakes_edits(self, catalogue: Catalogue) -> bool:
        """Whether this renewal wrote dates, or an earlier one whose outcome nobody knew."""
        return self._delivery.sent_some or (
            catalogue.unverified
            and any(change.field in DATE_FIELDS for change in changes(catalogue.file, self._file))
        )

    def succeeded(self, tx: Transaction) -> None:
        self.keep(tx)
        self._reschedule(
            tx,
            lambda schedule, calendar: schedule.succeeded(
                at=self._clock.now(),
                dated_at=self._dated_at,
                written=self._today,
                calendar=calendar,
                but=self._replaced,
            ),
        )

    def failed(self, tx: Transaction, error: Exception) -> None:
        self._reschedule(
            tx,
            lambda schedule, calendar: schedule.failed(
                at=self._clock.now(), cause=Cause.of(error), calendar=calendar
            ),
        )

    def _reschedule(
        self, tx: Transaction, ended: Callable[[AutoUpdate, Calendar], AutoUpdate]
    ) -> None:
        """Uses the time zone that the device has by now."""
        schedule = tx.schedules.find(self._device.id)
        if schedule is not None:
            calendar = self._zones.calendar(tx.devices.get(self._device.id))
            tx.schedules.save(ended(schedule, calendar))
