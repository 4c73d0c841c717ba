"""How jobs are stored in Procrastinate's queues: what is written, and how it is read."""

from typing import Any, Final

from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.runs.batch import BatchId
from domain.runs.job import Job
from domain.runs.run import RunKind
from domain.runs.turns import Turn

TASK: Final = "web_scales.do_job"
"""An explicit name: jobs outlive the code that deferred them."""
ORDINARY: Final = "devices"
FIRST: Final = "devices-first"
"""The only jobs of their owners wait in a queue of their own, which has some places for itself."""


def queue_of(turn: Turn) -> str:
    """Returns the queue of a job."""
    return FIRST if turn.first else ORDINARY


def priority_of(turn: Turn) -> int:
    """Returns the priority of a turn. The greatest is done first."""
    return -turn.number


def turn_of(priority: int) -> int:
    """Returns the turn with this priority."""
    return -priority


def lock_of(device_id: DeviceId) -> str:
    """Returns the lock of a job. Jobs with the same lock are done one after the other."""
    return f"device-{device_id}"


def written(job: Job) -> dict[str, Any]:
    """Returns the arguments of its task."""
    return {
        "kind": job.kind.value,
        "device_id": job.device_id,
        "owner_id": job.owner_id,
        "batch_id": job.batch_id,
        "doubtful": job.doubtful,
    }


def read(kind: str, device_id: int, owner_id: int, batch_id: int | None, doubtful: bool) -> Job:
    """Returns the job from these arguments. Raises ValueError."""
    return Job(
        kind=RunKind(kind),
        device_id=DeviceId(device_id),
        owner_id=UserId(owner_id),
        batch_id=None if batch_id is None else BatchId(batch_id),
        doubtful=doubtful,
    )
