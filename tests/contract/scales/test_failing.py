"""What any Scales promises when the device fails it."""

import time

import pytest

from adapters.mertech.emulator import Fault
from application.ports.scales import (
    ScalesBusyError,
    ScalesError,
    ScalesTimedOutError,
    ScalesUnreachableError,
    ScalesWrongPasswordError,
)
from domain.products.product_file import ProductFile
from tests.harness.contract_device import BREAD, HELD, SHORT, ContractDevice, connected, file_of
from tests.harness.failures import raises


def test_a_silent_device_does_not_tell_what_it_is(tested: ContractDevice) -> None:
    tested.break_by(Fault.SILENT)
    started = time.monotonic()
    with connected(tested, reply_timeout=SHORT) as line:
        with pytest.raises(ScalesTimedOutError):
            line.information()
        with raises(ScalesUnreachableError, match="is closed"):
            line.information()
    assert SHORT <= time.monotonic() - started < SHORT + 5


def test_a_device_that_is_busy_for_ever_is_too_busy_to_tell_what_it_is(
    tested: ContractDevice,
) -> None:
    tested.break_by(Fault.BUSY)
    with connected(tested, seconds=SHORT) as line, pytest.raises(ScalesBusyError):
        line.information()


@pytest.mark.parametrize("password", ["9999", "123", "12345", "пять", ""])
def test_a_wrong_password_is_told_as_such(tested: ContractDevice, password: str) -> None:
    with pytest.raises(ScalesWrongPasswordError), connected(tested, password=password) as line:
        line.read()


def test_a_wrong_password_is_tried_once(tested: ContractDevice) -> None:
    with connected(tested, password="9999") as line:  # noqa: S106  wrong
        with pytest.raises(ScalesWrongPasswordError):
            line.read()
        with pytest.raises(ScalesUnreachableError):
            line.read()
    assert tested.wrong_passwords == 1


def test_a_device_that_is_switched_off_is_unreachable(tested: ContractDevice) -> None:
    tested.break_by(Fault.REFUSE_CONNECTIONS)
    with (
        raises(ScalesUnreachableError, match=f"{tested.address.port} refused the connection"),
        connected(tested),
    ):
        pass


@pytest.mark.parametrize(
    ("fault", "heard"),
    [
        (Fault.REFUSE_CONNECTIONS, False),
        (Fault.SILENT, False),
        (Fault.WRONG_PASSWORD, True),
        (Fault.UNKNOWN_RESULT, True),
        (Fault.RESET_IN_DOWNLOAD, True),
        (Fault.NOT_JSON, True),
    ],
)
def test_a_failure_tells_whether_a_device_was_heard_before_it(
    tested: ContractDevice, fault: Fault, heard: bool
) -> None:
    tested.break_by(fault)
    # So that nothing but silence runs into a limit, on a busy machine too.
    patience = SHORT if fault is Fault.SILENT else 30
    with pytest.raises(ScalesError) as failed, connected(tested, reply_timeout=patience) as line:
        line.read()
    assert failed.value.heard is heard


def test_a_device_that_is_busy_for_ever_is_busy_at_the_deadline(tested: ContractDevice) -> None:
    tested.break_by(Fault.BUSY)
    started = time.monotonic()
    with connected(tested, seconds=SHORT) as line, pytest.raises(ScalesBusyError):
        line.read()
    assert SHORT <= time.monotonic() - started < SHORT + 5


def test_a_device_that_is_never_ready_times_out_at_the_deadline(tested: ContractDevice) -> None:
    tested.break_by(Fault.NEVER_READY)
    started = time.monotonic()
    with connected(tested, seconds=SHORT) as line, pytest.raises(ScalesTimedOutError):
        line.read()
    assert SHORT <= time.monotonic() - started < SHORT + 5


def test_a_silent_device_times_out(tested: ContractDevice) -> None:
    tested.break_by(Fault.SILENT)
    started = time.monotonic()
    with connected(tested, reply_timeout=SHORT) as line, pytest.raises(ScalesTimedOutError):
        line.read()
    assert SHORT <= time.monotonic() - started < SHORT + 5


def test_nothing_is_begun_after_the_deadline(tested: ContractDevice) -> None:
    with pytest.raises(ScalesTimedOutError), connected(tested, seconds=0):
        pass


@pytest.mark.parametrize(
    "fault", [Fault.SILENT, Fault.NEVER_READY, Fault.RESET_IN_DOWNLOAD, Fault.NOT_JSON]
)
def test_a_line_that_failed_is_not_used_again(tested: ContractDevice, fault: Fault) -> None:
    tested.break_by(fault)
    with connected(tested, seconds=SHORT) as line:
        with pytest.raises(ScalesError):
            line.read()
        tested.break_by(None)
        with raises(ScalesUnreachableError, match="is closed"):
            line.read()
        with raises(ScalesUnreachableError, match="is closed"):
            line.send(file_of(BREAD), clear=True)
    with connected(tested) as line:
        assert line.read().file == ProductFile.of(HELD)


def test_a_line_is_dead_after_its_block(tested: ContractDevice) -> None:
    with connected(tested) as line:
        line.read()
    with raises(ScalesUnreachableError, match="is closed"):
        line.read()


def test_nothing_stays_open(tested: ContractDevice) -> None:
    with connected(tested) as line:
        line.read()
    with pytest.raises(KeyError), connected(tested):
        raise KeyError
    tested.break_by(Fault.SILENT)
    with connected(tested, reply_timeout=SHORT) as line, pytest.raises(ScalesTimedOutError):
        line.read()
    assert tested.lines_open == 0
