"""Renewing the dates on a device's labels."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from application.conversations.conversation import Talk
from application.conversations.delivery import Sent, send
from application.conversations.errors import FORESEEN, DeviceBusyError, LeaseLostError, readable
from application.conversations.opening import Conversations
from application.ports.clock import Clock
from application.ports.repositories.leases import Lease
from application.ports.scales import Connection
from application.ports.storage import Storage, Transaction
from application.products.file_history import KeptFiles
from application.products.showing import catalogue_read, note_replaced
from domain.errors import DeviceReplacedError
from domain.products.catalogue import NO_EDITS, Catalogue
from domain.products.differences import changes
from domain.products.edit import DATE_FIELDS, EditVersion
from domain.products.label_dates import renewed
from domain.products.product_file import ProductFile
from domain.products.refused import ProductsAtFaultError
from domain.renewal.calendar import Calendar
from domain.renewal.policy import EVERYTHING
from domain.renewal.schedule import AutoUpdate
from domain.renewal.time_zones import TimeZones
from domain.runs.batch import Batch
from domain.runs.run import Outcome, RunKind

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RenewDates:
    """Give the live products on a leased device today's dates, and nothing else: all of them, but
    for those that its schedule and the exceptions leave as they are.

    Starts from the device's own file and sends no edit. Dates that are right are not sent.
    """

    storage: Storage
    conversations: Conversations
    files: KeptFiles
    clock: Clock
    zones: TimeZones
    find_faults: bool

    def __call__(self, lease: Lease) -> None:
        """A failure is recorded and not raised, so that one device never stops the rest.

        Raises DeviceBusyError when another device is talked to at the same address, and
        ClockWrongError; nothing is said to the device then.
        """
        self.clock.require_right()
        try:
            with self.conversations.scheduled(lease, RunKind.AUTO_UPDATE) as talk:
                self._renew(talk)
        except DeviceBusyError:
            raise
        except FORESEEN as error:
            log.warning("dates not renewed: %s", error)
        except Exception:
            log.exception("dates not renewed")

    def apart(self, batch: Batch, lease: Lease) -> None:
        """The same because a user asked for it. Raises ClockWrongError, PasswordNotTriedError,
        LeaseLostError, ScalesError, and ProductsAtFaultError when the device took all but some
        products."""
        self.clock.require_right()
        with self.conversations.of_batch(batch, lease) as talk:
            self._renew(talk)

    def _renew(self, talk: Talk) -> None:
        renewal = _Renewal(talk, self.storage, self.files, self.clock, self.zones.of(talk.device))
        try:
            sent = talk.speak(
                lambda connection: renewal.renew(connection, find_faults=self.find_faults)
            )
            if sent.culprits:
                raise ProductsAtFaultError(sent.culprits, len(renewal.file.products))
            outcome = Outcome.OK if renewal.sent else Outcome.NOTHING_TO_DO
            products = len(renewal.file.products)
            with talk.succeed(outcome, products=products, size=sent.size) as tx:
                replaced = renewal.keep(tx)
                self._reschedule(
                    tx,
                    talk,
                    lambda schedule, calendar: schedule.succeeded(
                        at=self.clock.now(),
                        dated_at=renewal.dated_at,
                        written=renewal.today,
                        calendar=calendar,
                        but=None if replaced is None else replaced.dated,
                    ),
                )
        except LeaseLostError:
            raise
        except Exception as error:
            reason = readable(error)
            with talk.fail(error) as tx:
                if isinstance(error, ProductsAtFaultError):
                    renewal.keep(tx)
                elif talk.certainly_refused(error):
                    renewal.take_back(tx)
                self._reschedule(
                    tx,
                    talk,
                    lambda schedule, calendar: schedule.failed(
                        at=self.clock.now(), error=reason, calendar=calendar
                    ),
                )
            raise
        log.info("dates renewed: %s, %d products", outcome.value, products)

    def _reschedule(
        self, tx: Transaction, talk: Talk, ended: Callable[[AutoUpdate, Calendar], AutoUpdate]
    ) -> None:
        """By the zone that the device has by now."""
        schedule = tx.schedules.find(talk.device.id)
        if schedule is not None:
            calendar = self.zones.calendar(tx.devices.get(talk.device.id))
            tx.schedules.save(ended(schedule, calendar))


class _Renewal:
    """What is said to the device in a renewal, and what to remember of it."""

    def __init__(
        self, talk: Talk, storage: Storage, files: KeptFiles, clock: Clock, zone: ZoneInfo
    ) -> None:
        self.today = date.min
        self.dated_at = datetime.min.replace(tzinfo=UTC)
        self.file = ProductFile.empty()
        self.sent = False
        self._talk = talk
        self._storage = storage
        self._files = files
        self._clock = clock
        self._zone = zone
        self._policy = EVERYTHING
        self._before: Catalogue | None = None
        self._seen = EditVersion(0)

    def renew(self, connection: Connection, *, find_faults: bool) -> Sent:
        """Read the device's file and have it take the same with today's dates."""
        received = connection.read()
        with self._storage.snapshot() as tx:
            self._policy = tx.renewal_exceptions.policy_of(self._talk.device.id)
        self._clock.require_right()
        self.dated_at = self._clock.now()
        self.today = self.dated_at.astimezone(self._zone).date()
        self.file = renewed(received.file, self.today, self._policy.renews)
        sending = self.file is not received.file
        with self._talk.checkpoint() as tx:
            catalogue = tx.catalogues.find(self._talk.device.id)
            if catalogue is not None:
                self._seen = catalogue.last_version
                if sending:
                    self._before = self._before or catalogue
                    tx.catalogues.save(catalogue.uploading(()))
        if not sending:
            return Sent(received.size)
        self.sent = self._talk.sending = True
        sent = send(connection, self.file, clear=False, find_faults=find_faults)
        if sent.held is not None:
            self.file = sent.held
        return sent

    def keep(self, tx: Transaction) -> DeviceReplacedError | None:
        """Remember the renewed file, unless another device than before stands there: then say so.

        That one gets its dates too, but the file of the former one is kept, so that it can be
        restored; the next read by a user takes the new one's.
        """
        catalogue = tx.catalogues.find(self._talk.device.id)
        now, moves = self._clock.now(), self._talk.device.moves
        if catalogue is None:
            read = catalogue_read(None, self._talk.device, self.file, now)
        else:
            try:
                catalogue.require_same_device(self.file)
            except DeviceReplacedError as replaced:
                if not self._talk.maybe_accepted:
                    self.take_back(tx)
                note_replaced(tx, self._talk.device.id)
                return replaced
            overtaken = self.sent or self._was_sent_unknown(catalogue)
            seen = self._seen if overtaken else NO_EDITS
            read = catalogue.renewed(
                self.file, at=now, moves=moves, seen=seen, renews=self._policy.renews
            )
        self._files.replace(tx, catalogue, read)
        return None

    def _was_sent_unknown(self, catalogue: Catalogue) -> bool:
        """Whether an earlier renewal, whose outcome nobody knew, wrote the dates that are right."""
        return catalogue.unverified and any(
            change.field in DATE_FIELDS for change in changes(catalogue.file, self.file)
        )

    def take_back(self, tx: Transaction) -> None:
        """The device is as verified as before when it certainly did not take the dates."""
        catalogue = tx.catalogues.find(self._talk.device.id)
        if self._before and catalogue:
            tx.catalogues.save(catalogue.refused(self._before))
