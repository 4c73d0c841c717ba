"""Dates that renew themselves."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from application.conversations import (
    LEASE,
    Conversations,
    LeaseLostError,
    Talk,
    readable,
)
from application.devices import ScheduleDefaults
from application.ports.clock import Clock
from application.ports.scales import Conversation, ScalesError
from application.ports.storage import Lease, Storage, Transaction
from application.products import catalogue_read
from domain.auto_update import AutoUpdate
from domain.catalogue import Catalogue
from domain.dates import renewed
from domain.device import Device, DeviceId
from domain.edit import EditVersion
from domain.errors import DeviceReplacedError
from domain.product_file import ProductFile
from domain.run import Outcome, RunKind
from domain.user import UserId

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TimeZones:
    """In which zone a device's labels are dated."""

    service: ZoneInfo

    def of(self, device: Device) -> ZoneInfo:
        """The device's own, else the service's."""
        return ZoneInfo(device.time_zone) if device.time_zone else self.service


@dataclass(frozen=True, slots=True)
class ShowAutoUpdate:
    """The schedule of a device; made with the defaults where there is none."""

    storage: Storage
    clock: Clock
    defaults: ScheduleDefaults

    def __call__(self, owner_id: UserId, device_id: DeviceId) -> AutoUpdate:
        """Raises UnknownDeviceError."""
        with self.storage.snapshot() as tx:
            tx.devices.owned(owner_id, device_id)
            found = tx.auto_updates.find(device_id)
        if found is not None:
            return found
        with self.storage.transaction() as tx:
            tx.devices.owned(owner_id, device_id)
            return schedule_of(tx, device_id, self.defaults, self.clock)


@dataclass(frozen=True, slots=True)
class ChangeAutoUpdate:
    """Switch the renewal of a device on or off, and say how often."""

    storage: Storage
    clock: Clock
    zones: TimeZones
    defaults: ScheduleDefaults

    def __call__(
        self, owner_id: UserId, device_id: DeviceId, *, enabled: bool, interval: timedelta
    ) -> AutoUpdate:
        """Raises UnknownDeviceError."""
        with self.storage.transaction() as tx:
            device = tx.devices.owned(owner_id, device_id)
            changed = schedule_of(tx, device_id, self.defaults, self.clock).changed(
                enabled=enabled,
                interval=interval,
                now=self.clock.now(),
                zone=self.zones.of(device),
            )
            tx.auto_updates.save(changed)
        return changed


@dataclass(frozen=True, slots=True)
class ClaimDueDevices:
    """Lease the devices whose turn has come, so that nobody else runs them."""

    storage: Storage
    clock: Clock

    def __call__(self, limit: int) -> Sequence[Lease]:
        """At most `limit`, longest due first. One that is busy keeps its turn."""
        with self.storage.snapshot() as tx:
            if not tx.auto_updates.due(self.clock.now(), limit=1):
                return []
        with self.storage.transaction() as tx:
            due = tx.auto_updates.due(self.clock.now(), limit=limit)
            leases = [tx.leases.take(device_id, LEASE) for device_id in due]
        return [lease for lease in leases if lease is not None]


@dataclass(frozen=True, slots=True)
class FollowServiceZone:
    """After a restart with another SCHEDULER_TIMEZONE, no device waits past its new midnight."""

    storage: Storage
    zones: TimeZones

    def __call__(self) -> None:
        with self.storage.transaction() as tx:
            for auto_update in tx.auto_updates.enabled():
                zone = self.zones.of(tx.devices.get(auto_update.device_id))
                moved = auto_update.in_zone(zone)
                if moved != auto_update:
                    tx.auto_updates.save(moved)


@dataclass(frozen=True, slots=True)
class RenewDates:
    """Give every live product on a leased device today's dates, and nothing else.

    Starts from the device's own file and sends no edit. Dates that are right are not sent.
    """

    storage: Storage
    conversations: Conversations
    clock: Clock
    zones: TimeZones

    def __call__(self, lease: Lease) -> None:
        """Raises nothing: a failure is recorded, so that one device never stops the rest."""
        try:
            with self.conversations.open(
                lease.device_id, RunKind.AUTO_UPDATE, asked_by=None, lease=lease
            ) as talk:
                self._renew(talk)
        except ScalesError as error:
            log.warning("dates not renewed: %s", error)
        except LeaseLostError as error:
            log.warning("dates not renewed: %s", error)
        except Exception:
            log.exception("dates not renewed")

    def _renew(self, talk: Talk) -> None:
        renewal = _Renewal(talk, self.clock, self.zones.of(talk.device))
        try:
            size = talk.speak(renewal)
            outcome = Outcome.OK if renewal.sent else Outcome.NOTHING_TO_DO
            with talk.succeed(outcome, products=len(renewal.file.products), size=size) as tx:
                renewal.keep(tx)
                self._reschedule(
                    tx,
                    talk,
                    lambda schedule: schedule.succeeded(
                        at=self.clock.now(), written=renewal.today, zone=renewal.zone
                    ),
                )
        except LeaseLostError:
            raise
        except Exception as error:
            reason = readable(error)
            with talk.fail(error) as tx:
                renewal.take_back(tx)
                self._reschedule(
                    tx,
                    talk,
                    lambda schedule: schedule.failed(at=self.clock.now(), error=reason),
                )
            raise
        log.info("dates renewed: %s, %d products", outcome.value, len(renewal.file.products))

    def _reschedule(
        self, tx: Transaction, talk: Talk, ended: Callable[[AutoUpdate], AutoUpdate]
    ) -> None:
        schedule = tx.auto_updates.find(talk.device.id)
        if schedule is not None:
            tx.auto_updates.save(ended(schedule))


class _Renewal:
    """What is said to the device in a renewal, and what to remember of it."""

    def __init__(self, talk: Talk, clock: Clock, zone: ZoneInfo) -> None:
        self.zone = zone
        self.today = date.min
        self.file = ProductFile.empty()
        self.sent = False
        self._talk = talk
        self._clock = clock
        self._before: Catalogue | None = None
        self._seen = EditVersion(0)

    def __call__(self, line: Conversation) -> int:
        received = line.read()
        self.today = self._clock.now().astimezone(self.zone).date()
        self.file = renewed(received.file, self.today)
        sending = self.file is not received.file
        with self._talk.checkpoint() as tx:
            catalogue = tx.catalogues.find(self._talk.device.id)
            if catalogue is not None:
                self._seen = catalogue.last_version
                if sending:
                    self._before = self._before or catalogue
                    tx.catalogues.save(catalogue.uploading(()))
        if not sending:
            return received.size
        self.sent = True
        return line.send(self.file, clear=False)

    def keep(self, tx: Transaction) -> None:
        """Remember the renewed file, unless another device than before stands there.

        That one gets its dates too, but the file of the former one is kept, so that it can be
        restored; the next read by a user takes the new one's.
        """
        catalogue = tx.catalogues.find(self._talk.device.id)
        now, moves = self._clock.now(), self._talk.device.moves
        if catalogue is None:
            read = catalogue_read(tx, self._talk, self.file, self._clock)
        else:
            try:
                catalogue.require_same_device(self.file)
            except DeviceReplacedError:
                self.take_back(tx)
                return
            read = catalogue.renewed(self.file, at=now, moves=moves, seen=self._seen)
        tx.catalogues.save(read)

    def take_back(self, tx: Transaction) -> None:
        """The device is as verified as before when it certainly did not take the dates."""
        catalogue = tx.catalogues.find(self._talk.device.id)
        if self._before and catalogue and not self._talk.maybe_accepted:
            tx.catalogues.save(catalogue.refused(self._before))


def schedule_of(
    tx: Transaction, device_id: DeviceId, defaults: ScheduleDefaults, clock: Clock
) -> AutoUpdate:
    """The schedule of a device; made with the defaults where there is none."""
    found = tx.auto_updates.find(device_id)
    if found is None:
        found = AutoUpdate.new(
            device_id, enabled=defaults.enabled, interval=defaults.interval, now=clock.now()
        )
        tx.auto_updates.save(found)
    return found
