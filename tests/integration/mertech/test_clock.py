"""The clock of a device, and devices that do not tell it."""

import logging
from datetime import datetime, timedelta

import pytest

from adapters.mertech.driver.scales import MertechScales
from adapters.mertech.emulator import Fault, frames, running_scales
from application.ports.scales import ScalesUnreachableError, Target
from domain.devices.device import Address
from tests.harness.failures import raises
from tests.harness.installation import LOOPBACK
from tests.harness.left_open import nothing_left_open, within
from tests.integration.mertech.connections import CLOCK, LONG, SOON, connected
from tests.integration.mertech.frames import built
from tests.integration.mertech.scripted_device import answering


def time(*shown: int, result: int = 0) -> bytes:
    return frames.reply(frames.TIME, result, bytes(shown))


def date(*shown: int, result: int = 0) -> bytes:
    return frames.reply(frames.DATE, result, bytes(shown))


def asking(*answers: bytes) -> datetime | None:
    with nothing_left_open(), answering(*answers) as device, connected(device.address) as line:
        return line.clock()


NOVEMBER = date(23, 11, 26)


def test_what_goes_over_the_wire_is_one_byte_and_no_password() -> None:
    with (
        answering(NOVEMBER, time(7, 19, 42), NOVEMBER) as device,
        connected(device.address) as line,
    ):
        assert line.clock() == datetime(2026, 11, 23, 7, 19, 42)  # noqa: DTZ001  # the device's
    assert device.requests == [b"\x02\x01\x2b", b"\x02\x01\x2a", b"\x02\x01\x2b"]


def test_a_midnight_in_between_makes_no_day_of_difference() -> None:
    shown = asking(NOVEMBER, time(23, 59, 59), date(24, 11, 26), time(0, 0, 0), date(24, 11, 26))
    assert shown == datetime(2026, 11, 24)  # noqa: DTZ001  # the device's


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([date(result=120)], id="an unknown command"),
        pytest.param([date(result=122)], id="a refused password"),
        pytest.param([date(result=199)], id="busy"),
        pytest.param([date()], id="no date"),
        pytest.param([date(23, 11)], id="half a date"),
        pytest.param([date(23, 11, 20, 26)], id="another layout"),
        pytest.param([date(31, 11, 26)], id="an unreal day"),
        pytest.param([date(0x23, 0x11, 0x26)], id="decimal digits"),
        pytest.param([NOVEMBER, time(24, 0, 0)], id="an unreal hour"),
        pytest.param([NOVEMBER, time(result=120)], id="a date alone"),
        pytest.param([NOVEMBER, NOVEMBER], id="the answer to another command"),
        pytest.param([built()], id="the answer to a longer command"),
        pytest.param([b"\x03\x00\x00\x00\x02\x01\x2b"], id="no result"),
        pytest.param([b"\xff\xff\xff\xff"], id="a claim of 4 GiB"),
        pytest.param(
            [NOVEMBER, time(1, 1, 1), date(24, 11, 26), time(1, 1, 1), date(25, 11, 26)],
            id="another day each time",
        ),
    ],
)
def test_whoever_does_not_answer_so_does_not_tell(answers: list[bytes]) -> None:
    with within(SOON):
        assert asking(*answers) is None


def test_silence_is_waited_for_a_second() -> None:
    with within(SOON):
        assert asking(b"") is None


def test_a_line_on_which_the_question_was_refused_goes_on_and_one_of_nonsense_does_not() -> None:
    with answering(date(result=120), built(120)) as device, connected(device.address) as line:
        assert line.clock() is None
        with raises(Exception, match="unknown command"):
            line.read()
    with answering(date()) as device, connected(device.address) as line:
        assert line.clock() is None
        with raises(ScalesUnreachableError, match="is closed"):
            line.read()
        assert line.clock() is None


def test_nothing_of_it_is_loud(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert asking(date(result=120)) is None
    assert caplog.records == []


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(minutes=-7), timedelta(days=400)])
def test_an_emulated_device_has_a_clock_that_can_be_set_wrong(ahead: timedelta) -> None:
    with running_scales(products=1, clock_ahead=ahead.total_seconds()) as fleet:
        before = datetime.now().replace(microsecond=0)  # noqa: DTZ005  # its own zone
        with connected(Address("127.0.0.1", fleet.ports[0])) as line:
            shown = line.clock()
        assert shown is not None
        assert before <= shown - ahead <= datetime.now()  # noqa: DTZ005
        fleet[0].clock_ahead = None
        with connected(Address("127.0.0.1", fleet.ports[0])) as line:
            assert line.clock() is None


def test_newer_firmware_tells_when_its_products_changed() -> None:
    with running_scales(products=1, newer_firmware=True) as fleet:
        with connected(Address("127.0.0.1", fleet.ports[0])) as line:
            told = line.information()
        assert told["printInfo"] == {"isReady": True}
        shown = datetime.fromisoformat(str(told["productUpdateDateTime"]))
        assert abs(datetime.now() - shown) < timedelta(minutes=1)  # noqa: DTZ005
    with (
        running_scales(products=1) as fleet,
        connected(Address("127.0.0.1", fleet.ports[0])) as line,
    ):
        assert "printInfo" not in line.information()


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.HUGE_FRAME, Fault.UNKNOWN_RESULT])
def test_a_fault_ends_in_a_clock_that_is_not_told(fault: Fault) -> None:
    with running_scales(products=1) as fleet:
        fleet.set_fault(fleet.ports[0], fault)
        scales = MertechScales(CLOCK, reply_timeout=0.2, networks=LOOPBACK)
        line = Target(Address("127.0.0.1", fleet.ports[0]), "1234")
        with (
            within(SOON),
            scales.conversation(
                line, deadline=CLOCK.monotonic() + LONG, heartbeat=lambda: None
            ) as connect,
        ):
            assert connect.clock() is None
