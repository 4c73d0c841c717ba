"""Whether the service can do its work."""

from dataclasses import dataclass
from datetime import timedelta

from application.ports.clock import WRONG_FROM, Clock
from application.ports.storage import Storage


@dataclass(frozen=True, slots=True)
class Readiness:
    """How far this machine's clock is ahead of the one that all machines share: the service
    answers by the shared one, but a machine whose own is wrong writes no dates."""

    clock_ahead: timedelta

    @property
    def clock_wrong(self) -> bool:
        return abs(self.clock_ahead) > WRONG_FROM


@dataclass(frozen=True, slots=True)
class CheckReadiness:
    """The database answers and has the schema that this version needs."""

    storage: Storage
    clock: Clock

    def __call__(self) -> Readiness:
        """Raises StorageNotReadyError."""
        self.storage.check()
        return Readiness(self.clock.ahead())
