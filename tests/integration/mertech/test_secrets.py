"""The device's password is in no log at any level, and in no error."""

import logging
import traceback

import pytest
import scales

from adapters.mertech.emulator import EmulatedScales, Fault, Pace, running_scales
from application.ports.scales import ScalesError, Target
from domain.devices.device import Address
from tests.integration.mertech.connections import SENT, connected

PASSWORD = "Zq7!"  # noqa: S105  an emulated device's
IN_WORDS = (
    PASSWORD,
    PASSWORD.encode().hex(),
    PASSWORD.encode().hex(" "),
    repr(PASSWORD.encode())[2:-1],
    ", ".join(str(byte) for byte in PASSWORD.encode()),
)


def leaks(text: str) -> bool:
    return any(words.lower() in text.lower() for words in IN_WORDS)


def logged(caplog: pytest.LogCaptureFixture) -> str:
    formatter = logging.Formatter("%(name)s %(levelname)s %(message)s %(args)s")
    return "\n".join(formatter.format(record) for record in caplog.records)


def failing(device: EmulatedScales, password: str = PASSWORD) -> str:
    """Everything that an error could show to anybody."""
    with pytest.raises(ScalesError) as error:
        converse(device, password)
    return repr(error.value) + "".join(traceback.format_exception(error.value))


def converse(device: EmulatedScales, password: str = PASSWORD) -> None:
    address = Address(device.host, device.port)
    with connected(address, password=password, seconds=0.6, reply_timeout=0.3) as line:
        line.read()
        line.send(SENT, clear=True)


def test_these_tests_would_see_the_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with running_scales(products=1, password=PASSWORD) as fleet:
        driver = scales.Scales(fleet[0].host, fleet[0].port, PASSWORD, retries=0)
        driver._Scales__transceive(driver._Scales__file_creation_request_gen(), "build")
        driver._Scales__socket.close()
    assert leaks(logged(caplog))


def test_no_conversation_logs_the_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with running_scales(products=1, password=PASSWORD, pace=Pace(0, 0, 0)) as fleet:
        address = Address(fleet[0].host, fleet[0].port)
        with connected(address, password=PASSWORD) as line:
            line.read()
            line.send(SENT, clear=True)
        for fault in Fault:
            if fault not in (Fault.HUGE_FILE, Fault.REFUSE_PRODUCTS, Fault.REFUSE_TOGETHER):
                fleet.set_fault(fleet[0].port, fault)
                assert not leaks(failing(fleet[0]))
    assert not leaks(logged(caplog))


def test_the_driver_logs_nothing_at_all(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with running_scales(products=1, password=PASSWORD, pace=Pace(0, 0, 0)) as fleet:
        address = Address(fleet[0].host, fleet[0].port)
        with connected(address, password=PASSWORD) as line:
            line.read()
            line.send(SENT, clear=True)
        fleet.set_fault(fleet[0].port, Fault.REFUSE_CONNECTIONS)
        failing(fleet[0])
    assert not [record for record in caplog.records if record.name == "root"]


@pytest.mark.parametrize("password", ["Zq7!x", "Zq7!й", "пароль"])
def test_a_password_that_cannot_be_one_is_not_shown(password: str) -> None:
    with running_scales(products=1) as fleet:
        shown = failing(fleet[0], password)
    assert password not in shown
    assert not leaks(shown)


def test_a_line_does_not_show_its_password() -> None:
    assert not leaks(repr(Target(Address("10.0.0.7", 1111), PASSWORD)))
