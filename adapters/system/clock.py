"""The machine's own clock."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

from application.ports.clock import Clock

# On Linux the monotonic clock stands still while the machine sleeps; elsewhere it goes on.
_SINCE_BOOT: Final[int] = getattr(time, "CLOCK_BOOTTIME", -1)


class SystemClock(Clock):
    """Set by whoever runs the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def ahead(self) -> timedelta:
        return timedelta()

    def monotonic(self) -> float:
        return time.monotonic() if _SINCE_BOOT < 0 else time.clock_gettime(_SINCE_BOOT)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
