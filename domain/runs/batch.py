"""A batch: what a user asked for with several devices, and the result for each."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final, NewType

from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.runs.run import Outcome, Run, RunKind

BatchId = NewType("BatchId", int)

ASKED_FOR: Final = frozenset({RunKind.READ, RunKind.UPLOAD, RunKind.AUTO_UPDATE})
"""What a batch may do with its devices."""
GOOD: Final = frozenset({Outcome.OK, Outcome.NOTHING_TO_DO})


class UploadOf(Enum):
    """What an upload sends.

    ALL: every product that the device holds at that moment, with the edits. EDITS: only the edited
    products. CACHE: the cached file with the edits, to restore a device.
    """

    ALL = "all"
    EDITS = "edits"
    CACHE = "cache"


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
    """One device of a batch: its last run there, or why there was none.

    `error_type` and `error` tell of a failure before any run began.
    """

    device_id: DeviceId
    device_name: str
    run: Run | None = None
    error_type: str | None = None
    error: str | None = None

    @property
    def outcome(self) -> Outcome | None:
        """How its run ended, or that it is under way; None while it waits.

        A run that a crash cut off is done again.
        """
        if self.error is not None:
            return Outcome.FAILED
        return None if self.run is None else self.run.outcome

    @property
    def why(self) -> str | None:
        """The failure, for people to read."""
        ending = self.run.ending if self.run else None
        return self.error if ending is None or self.error is not None else ending.error

    @property
    def why_type(self) -> str | None:
        """The code of the failure."""
        ending = self.run.ending if self.run else None
        return self.error_type if ending is None or self.error is not None else ending.error_type

    @property
    def ended(self) -> bool:
        """Whether the device is finished, unless a retry repeats it."""
        return self.outcome not in (None, Outcome.RUNNING, Outcome.INTERRUPTED)

    @property
    def failed(self) -> bool:
        """Whether a retry repeats the device. This includes a run that a crash cut off, in case its
        job is lost."""
        return self.outcome not in {None, Outcome.RUNNING, *GOOD}
