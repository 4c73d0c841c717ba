"""Work on devices that is done apart from whoever asked for it."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final, NewType

from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.runs.run import Outcome, Run, RunKind

BatchId = NewType("BatchId", int)

ASKED_FOR: Final = frozenset({RunKind.READ, RunKind.UPLOAD, RunKind.AUTO_UPDATE})
"""What a batch may have done."""
GOOD: Final = frozenset({Outcome.OK, Outcome.NOTHING_TO_DO})


class UploadOf(Enum):
    """What an upload sends.

    ALL lays the edits over what the device holds at that moment; EDITS does the same and sends
    only the edited products; CACHE lays them over the cached file, to restore a device.
    """

    ALL = "all"
    EDITS = "edits"
    CACHE = "cache"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One conversation that is to be had with a device.

    `owner_id` is the device's. `batch_id` is None for a device whose own turn has come. `doubtful`
    says that the device did not answer last time, and must not keep healthy ones waiting.
    """

    kind: RunKind
    device_id: DeviceId
    owner_id: UserId
    batch_id: BatchId | None = None
    doubtful: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a user asked to be done with several devices."""

    id: BatchId
    owner_id: UserId
    kind: RunKind
    upload_of: UploadOf
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem:
    """One device of a batch: the last run it had there, or why it came to none.

    `error_type` and `error` are of a failure before any run began.
    """

    device_id: DeviceId
    device_name: str
    run: Run | None = None
    error_type: str | None = None
    error: str | None = None

    @property
    def outcome(self) -> Outcome | None:
        """How it ended, or that it is under way; None while it waits.

        One that a crash cut off is done again.
        """
        if self.error is not None:
            return Outcome.FAILED
        return None if self.run is None else self.run.outcome

    @property
    def why(self) -> str | None:
        """The failure, as a user reads it."""
        ending = self.run.ending if self.run else None
        return self.error if ending is None or self.error is not None else ending.error

    @property
    def why_type(self) -> str | None:
        """The kind of failure."""
        ending = self.run.ending if self.run else None
        return self.error_type if ending is None or self.error is not None else ending.error_type

    @property
    def over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.outcome not in (None, Outcome.RUNNING, Outcome.INTERRUPTED)

    @property
    def failed(self) -> bool:
        """Whether a retry does it again: also one that a crash cut off, in case its job is lost."""
        return self.outcome not in {None, Outcome.RUNNING, *GOOD}
