"""Work on a device that waits to be done, by whichever process does such work."""

from dataclasses import dataclass

from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.runs.batch import BatchId
from domain.runs.run import RunKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One conversation with a device that is to take place.

    `owner_id` is the owner of the device. `batch_id` is None for a device that is due by its own
    schedule. `doubtful` says that the device did not answer last time, and must not keep healthy
    ones waiting.
    """

    kind: RunKind
    device_id: DeviceId
    owner_id: UserId
    batch_id: BatchId | None = None
    doubtful: bool = False
