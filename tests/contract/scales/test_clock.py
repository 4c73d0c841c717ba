"""What any scales promise of the clocks of devices."""

from datetime import datetime, timedelta

import pytest

from adapters.mertech.emulator import Fault
from tests.harness.contract_scales import SHORT, Shop, talk


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(seconds=-400), timedelta(days=31)])
def test_the_clock_is_told(shop: Shop, ahead: timedelta) -> None:
    shop.set_clock(ahead)
    with talk(shop) as line:
        shown = line.clock()
    assert shown is not None
    assert abs(shown - ahead - datetime.now()) < timedelta(seconds=5)  # noqa: DTZ005


def test_it_takes_no_password(shop: Shop) -> None:
    shop.set_clock(timedelta())
    with talk(shop, password="9999") as line:  # noqa: S106
        assert line.clock() is not None
    assert shop.wrong_passwords == 0


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.UNKNOWN_RESULT])
def test_not_telling_is_no_failure(shop: Shop, fault: Fault) -> None:
    shop.set_clock(None)
    with talk(shop) as line:
        assert line.clock() is None
        assert line.information()
    shop.set_clock(timedelta())
    shop.break_by(fault)
    with talk(shop, reply_timeout=SHORT) as line:
        assert line.clock() is None
    assert shop.lines_open == 0
