"""A batch: what a user asked for with several devices, and the result for each."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final, NewType

from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.errors import Cause
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

    `unbegun` is why it failed before any run began.
    """

    device_id: DeviceId
    device_name: str
    run: Run | None = None
    unbegun: Cause | None = None

    @property
    def outcome(self) -> Outcome | None:
        """How its run ended, or that it is under way; None while it waits.

        A run that a crash cut off is done again.
        """
        if self.unbegun is not None:
            return Outcome.FAILED
        return None if self.run is None else self.run.outcome

    @property
    def cause(self) -> Cause | None:
        """Why it failed."""
        ending = self.run.ending if self.run else None
        return self.unbegun if ending is None or self.unbegun is not None else ending.cause

    @property
    def ended(self) -> bool:
        """Whether the device is finished, unless a retry repeats it."""
        return self.outcome not in (None, Outcome.RUNNING, Outcome.INTERRUPTED)

    @property
    def failed(self) -> bool:
        """Whether a retry repeats the device. This includes a run that a crash cut off, in case its
        job is lost."""
        return self.outcome not in {None, Outcome.RUNNING, *GOOD}
