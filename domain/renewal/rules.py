"""What may be set of the renewal of dates."""

import re
from typing import Final

from domain.bounds import Length, Range
from domain.errors import Fault

INTERVAL_MINUTES: Final = Range(1, 10 * 366 * 24 * 60)
"""Up to ten years: labels are renewed each midnight whatever the interval is."""
MOST_DAILY_TIMES: Final = 24
TIME_OF_DAY_FORM: Final = "([01][0-9]|2[0-3]):[0-5][0-9]"
DATES: Final = ("all", "dated")
NOTE: Final = Length(most=200)
"""Of an exception."""


def time_of_day_fault(written: str) -> Fault | None:
    """What is wrong with one of the times of a day; None for one like 06:00."""
    if re.fullmatch(TIME_OF_DAY_FORM, written):
        return None
    return Fault("not_times_of_day", {"most": MOST_DAILY_TIMES})
