"""Doing a job: the conversation that a schedule or a batch wants, with nobody waiting for it."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from application.conversations.errors import (
    FORESEEN,
    DeviceBusyError,
)
from application.conversations.opening import Conversations
from application.ports.clock import Clock
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.leases import Lease
from application.ports.storage import Storage, StorageNotReadyError
from application.products.reading import ReadProducts
from application.products.uploading import UploadProducts
from application.renewal.renew_dates import RenewDates
from domain.errors import Cause
from domain.runs.batch import Batch, BatchId
from domain.runs.job import Job
from domain.runs.run import RunKind

log = logging.getLogger(__name__)

PUT_OFF: Final = timedelta(seconds=1)
"""After so long a job is tried again whose device shares its address with one that is talked to."""


@dataclass(frozen=True, slots=True)
class DoJob:
    """Have the conversation that a job is for.

    A job may come more than once; when what it was for is done, nothing happens.
    """

    storage: Storage
    conversations: Conversations
    clock: Clock
    read_products: ReadProducts
    upload_products: UploadProducts
    renew_dates: RenewDates

    def __call__(self, job: Job, lease: Lease | None = None) -> None:
        """`lease` is one that the caller took of the device; None has it taken here.

        A failure of the device is recorded and not raised, so that one device never stops the
        rest. Raises DeviceBusyError when no lease was to be had, StorageNotReadyError, and
        ClockWrongError for a device's own turn: then the job is still to be done.
        """
        try:
            lease = lease or self.conversations.take_lease(job.device_id)
        except UnknownDeviceError:
            log.info("the device is gone, and its job with it")
            return
        try:
            if job.batch_id is None:
                self._of_schedule(lease)
            else:
                self._of_batch(job.batch_id, lease)
        except DeviceBusyError:
            self._put_off(lease)
            raise
        except BaseException:
            self._give_back(lease)
            raise
        self._give_back(lease)

    def _of_schedule(self, lease: Lease) -> None:
        with self.storage.snapshot() as tx:
            schedule = tx.schedules.find(lease.device_id)
        if schedule is None or schedule.due_at is None:
            log.debug("not due any more")
        elif schedule.due_at > self.clock.now():
            self._hand_back(lease)
        else:
            self.renew_dates.for_schedule(lease)

    def _hand_back(self, lease: Lease) -> None:
        """Have a device looked at again when it is due, however long the claim would keep it from
        that. It is not due, or not yet by this machine's clock."""
        log.debug("not due any more")
        with self.storage.transaction() as tx:
            schedule = tx.schedules.find(lease.device_id)
            if schedule is not None:
                tx.schedules.save(schedule.looked_at_again(self.clock.now()))

    def _of_batch(self, batch_id: BatchId, lease: Lease) -> None:
        with self.storage.snapshot() as tx:
            item = tx.batches.item(batch_id, lease.device_id)
            if item is None or item.ended:
                log.debug("done before, or not wanted any more")
                return
            batch = tx.batches.get(batch_id)
        try:
            self._converse(batch, lease)
        except (DeviceBusyError, StorageNotReadyError):
            raise
        except Exception as error:
            message = "batch %d, %s: %s"
            if isinstance(error, FORESEEN):
                log.warning(message, batch_id, batch.kind.value, error)
            else:
                log.exception(message, batch_id, batch.kind.value, error)
            self._fail(batch_id, lease, error)

    def _converse(self, batch: Batch, lease: Lease) -> None:
        match batch.kind:
            case RunKind.READ:
                self.read_products.for_batch(batch, lease)
            case RunKind.UPLOAD:
                self.upload_products.for_batch(batch, lease)
            case RunKind.AUTO_UPDATE:
                self.renew_dates.for_batch(batch, lease)

    def _fail(self, batch_id: BatchId, lease: Lease, error: Exception) -> None:
        """Record why a device was not reached, where no run records it."""
        with self.storage.transaction() as tx:
            item = tx.batches.item(batch_id, lease.device_id)
            if item is not None and not item.ended:
                tx.batches.failed(
                    batch_id,
                    lease.device_id,
                    Cause.of(error),
                )

    def _put_off(self, lease: Lease) -> None:
        """Keep the device for a moment, so that its job is not claimed again at once."""
        with self.storage.transaction() as tx:
            tx.leases.renew(lease, PUT_OFF)

    def _give_back(self, lease: Lease) -> None:
        """End the lease, where no conversation has ended it."""
        with self.storage.snapshot() as tx:
            still_leased = tx.leases.holds(lease)
        if still_leased:
            with self.storage.transaction() as tx:
                tx.leases.release(lease)
