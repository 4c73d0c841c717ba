"""What may be set of the renewal of dates."""

import pytest

from domain.errors import Fault
from domain.renewal import rules


def test_the_bounds_are_those_that_clients_know() -> None:
    assert (rules.INTERVAL_MINUTES.lowest, rules.INTERVAL_MINUTES.highest) == (1, 5_270_400)
    assert rules.MOST_DAILY_TIMES == 24
    assert rules.DATES == ("all", "dated")


@pytest.mark.parametrize("written", ["00:00", "06:00", "19:59", "23:59"])
def test_a_time_of_day_has_two_digits_each(written: str) -> None:
    assert rules.time_of_day_fault(written) is None


@pytest.mark.parametrize("written", ["", "6:00", "24:00", "12:60", "06:00:00", "06:00\n", "0600"])
def test_all_else_is_no_time_of_day(written: str) -> None:
    assert rules.time_of_day_fault(written) == Fault("not_times_of_day", {"most": 24})
