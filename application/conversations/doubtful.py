"""Devices that did not answer when they were last spoken to."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from application.ports.clock import Clock
from application.ports.scales import ScalesTimedOutError, ScalesUnreachableError
from application.ports.storage import Storage, StorageNotReadyError, Transaction
from domain.devices.device import Device
from domain.runs.run import RunKind

log = logging.getLogger(__name__)

SHORT: Final = 2.0
"""Seconds that a doubtful device has to answer one question before it is sent or asked more: it
takes a place from others for no longer."""
BETWEEN_NEIGHBOURS: Final = timedelta(seconds=10)
"""Between two tries of a device whose neighbours answer again."""


def was_lost(error: Exception | None) -> bool:
    """Whether the device did not answer, or stopped answering."""
    return isinstance(error, ScalesUnreachableError | ScalesTimedOutError)


def remember_answering(
    tx: Transaction, spoken_to: Device, kind: RunKind, error: Exception | None, at: datetime
) -> None:
    """Remember whether the device answered a run that ends. Where it answers again, a renewal that
    failed while it did not is due at once."""
    device, doubtful = tx.devices.get(spoken_to.id), was_lost(error)
    if device.doubtful == doubtful or device.address != spoken_to.address:
        return
    tx.devices.save(replace(device, doubtful=doubtful))
    if error is not None or kind is RunKind.AUTO_UPDATE:
        return
    schedule = tx.schedules.find(device.id)
    if schedule is not None and schedule.consecutive_failures:
        tx.schedules.save(schedule.due_at_once(at))


def wake_neighbours(storage: Storage, clock: Clock, device: Device) -> None:
    """Have the owner's other doubtful devices tried soon: devices that one fault put out of reach
    tend to come back at one time. Raises nothing: they would have had their turn anyway."""
    try:
        with storage.transaction() as tx:
            tx.schedules.hasten(device.owner_id, clock.now(), spacing=BETWEEN_NEIGHBOURS)
    except StorageNotReadyError as error:
        log.warning("devices that did not answer are not tried sooner: %s", error)
