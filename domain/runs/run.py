"""A conversation with a device, as it is remembered."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final, NewType

from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.errors import Cause

RunId = NewType("RunId", int)


class RunKind(Enum):
    """The purpose of a conversation."""

    READ = "read"
    UPLOAD = "upload"
    AUTO_UPDATE = "auto_update"
    STATUS = "status"

    @property
    def tries_password(self) -> bool:
        """Whether the device gets its password, and may refuse it."""
        return self is not RunKind.STATUS


MOVES_PRODUCTS: Final = frozenset(RunKind) - {RunKind.STATUS}
"""Kinds that read products from a device or send some to it."""


class Outcome(Enum):
    """How a conversation ended. UNKNOWN: the device may have accepted what was sent, or not.

    RUNNING and INTERRUPTED are not endings: the run has not ended, or a crash cut it off.
    """

    OK = "ok"
    NOTHING_TO_DO = "nothing_to_do"
    FAILED = "failed"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    RUNNING = "running"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a run ended: products and bytes of the file read or sent, retries after lost lines, and
    why it failed."""

    at: datetime
    outcome: Outcome
    products: int | None = None
    bytes: int | None = None
    retries: int = 0
    cause: Cause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A conversation with a device. `asked_by` is None for the scheduler.

    A run without an ending is under way while it holds its lease (`leased`); afterwards it was
    cut off by a crash.
    """

    id: RunId
    device_id: DeviceId
    kind: RunKind
    asked_by: UserId | None
    started_at: datetime
    ending: Ending | None = None
    leased: bool = False

    @property
    def outcome(self) -> Outcome:
        """The outcome, or that the run has not ended."""
        if self.ending is not None:
            return self.ending.outcome
        return Outcome.RUNNING if self.leased else Outcome.INTERRUPTED
