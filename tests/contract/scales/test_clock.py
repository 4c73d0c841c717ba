"""What any scales promise of the clocks of devices."""

from datetime import datetime, timedelta

import pytest

from adapters.mertech.emulator import Fault
from tests.harness.contract_device import SHORT, ContractDevice, connected


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(seconds=-400), timedelta(days=31)])
def test_the_clock_is_told(tested: ContractDevice, ahead: timedelta) -> None:
    tested.set_clock(ahead)
    with connected(tested) as line:
        shown = line.clock()
    assert shown is not None
    assert abs(shown - ahead - datetime.now()) < timedelta(seconds=5)  # noqa: DTZ005


def test_it_takes_no_password(tested: ContractDevice) -> None:
    tested.set_clock(timedelta())
    with connected(tested, password="9999") as line:  # noqa: S106
        assert line.clock() is not None
    assert tested.wrong_passwords == 0


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.UNKNOWN_RESULT])
def test_not_telling_is_no_failure(tested: ContractDevice, fault: Fault) -> None:
    tested.set_clock(None)
    with connected(tested) as line:
        assert line.clock() is None
        assert line.information()
    tested.set_clock(timedelta())
    tested.break_by(fault)
    with connected(tested, reply_timeout=SHORT) as line:
        assert line.clock() is None
    assert tested.lines_open == 0
