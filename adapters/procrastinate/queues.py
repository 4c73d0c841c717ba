"""How jobs lie in Procrastinate's queues: what is written there, and how it is read."""

from typing import Any, Final

from domain.device import DeviceId
from domain.job import BatchId, Job
from domain.run import RunKind

TASK: Final = "web_scales.do_job"
"""An explicit name: jobs outlive the code that deferred them."""
HEALTHY: Final = "devices"
DOUBTFUL: Final = "doubtful-devices"
"""Devices that failed last time wait in a queue of their own, so that they cannot keep the slots
of healthy ones."""


def queue_of(job: Job) -> str:
    """Where it waits."""
    return DOUBTFUL if job.doubtful else HEALTHY


def lock_of(device_id: DeviceId) -> str:
    """Jobs with one lock are done one after the other."""
    return f"device-{device_id}"


def written(job: Job) -> dict[str, Any]:
    """The arguments of its task."""
    return {
        "kind": job.kind.value,
        "device_id": job.device_id,
        "batch_id": job.batch_id,
        "doubtful": job.doubtful,
    }


def read(kind: str, device_id: int, batch_id: int | None, doubtful: bool) -> Job:
    """The job that was written so. Raises ValueError."""
    return Job(
        kind=RunKind(kind),
        device_id=DeviceId(device_id),
        batch_id=None if batch_id is None else BatchId(batch_id),
        doubtful=doubtful,
    )
