"""The clock that all machines on one database go by: that of PostgreSQL."""

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Connection, Engine, event

from adapters.database.backends.engine import backend_of
from adapters.database.failures import readable_failures
from application.ports.clock import WRONG_FROM, Clock
from application.ports.storage import StorageNotReadyError

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 5.0
"""Seconds between two looks at the database's clock: the first transaction after them takes one
along. In between, the machine's monotonic clock goes on from the last look."""
SLOW: Final = 1.0
"""Seconds: an answer that took longer says too little, for it may be that old."""
LOG_EVERY: Final = 300.0
"""Seconds between two lines of the log on a machine whose clock stays wrong."""


class Look(NamedTuple):
    """What the database's clock showed, at a moment of the machine's `monotonic`."""

    at: datetime
    moment: float


class SharedClock(Clock):
    """The database's time, on a machine whose own clock may be wrong.

    It shows the machine's own time as long as the database has never answered.
    """

    def __init__(self, engine: Engine, machine: Clock) -> None:
        self._engine = engine
        self._machine = machine
        self._last: Look | None = None
        self._logged_at: float | None = None
        event.listen(engine, "begin", self._look_within)

    def now(self) -> datetime:
        last = self._last or self._first_look()
        if last is None:
            return self._machine.now()
        return last.at + timedelta(seconds=self._machine.monotonic() - last.moment)

    def ahead(self) -> timedelta:
        # In this order: what passes between the two makes the machine no later than it is.
        own = self._machine.now()
        return own - self.now()

    def monotonic(self) -> float:
        return self._machine.monotonic()

    def sleep(self, seconds: float) -> None:
        self._machine.sleep(seconds)

    def _first_look(self) -> Look | None:
        failures = readable_failures(backend_of(self._engine))
        with suppress(StorageNotReadyError), failures, self._engine.begin():
            pass
        return self._last

    def _look_within(self, connection: Connection) -> None:
        """Ask within a transaction that begins, since a connection more might not be had."""
        asked = self._machine.monotonic()
        if self._last is not None and asked < self._last.moment + LOOK_EVERY:
            return
        # Not now(), which stands still within a transaction.
        shown: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        answered = self._machine.monotonic()
        if self._last is None or answered - asked <= SLOW:
            now = self._machine.now()
            self._last = Look(shown.astimezone(now.tzinfo), (asked + answered) / 2)
            self._log(self.ahead())

    def _log(self, ahead: timedelta) -> None:
        moment = self._machine.monotonic()
        if abs(ahead) <= WRONG_FROM:
            if self._logged_at is not None:
                log.warning("this machine's clock is right again")
            self._logged_at = None
        elif self._logged_at is None or moment >= self._logged_at + LOG_EVERY:
            self._logged_at = moment
            log.error(
                "this machine's clock is %d s %s that of the database: it writes no dates until "
                "it is set right",
                round(abs(ahead).total_seconds()),
                "ahead of" if ahead > timedelta() else "behind",
            )
