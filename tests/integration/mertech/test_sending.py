"""Sending to devices that keep to the letter of the protocol, or stray from it."""

import hashlib
import socket
import threading
import time

import pytest

from application.ports.scales import (
    ProductsRefusedError,
    ScalesBusyError,
    ScalesError,
    ScalesNonsenseError,
    ScalesRefusedError,
    ScalesTimedOutError,
    ScalesUnreachableError,
    ScalesWrongPasswordError,
)
from domain.products.product_file import ProductFile
from tests.harness.failures import raises
from tests.harness.left_open import nothing_left_open, within
from tests.integration.mertech.connections import LONG, SOON, connected
from tests.integration.mertech.frames import BUSY, WAIT, built, checked, taken
from tests.integration.mertech.scripted_device import ScriptedDevice, answering, scripted

FILE = ProductFile.of({"products": [{"code": 50, "name": "Маффин"}]})
TEXT = '{"products":[{"code":50,"name":"Маффин"}]}'.encode()
TWO_PORTIONS = ProductFile.of({"products": [], "x": "x" * 70_000})

ANNOUNCED = taken()
TAKEN = taken()
CHECKING = checked(1)
ACCEPTED = checked(0)


def sending(
    *answers: bytes,
    file: ProductFile = FILE,
    clear: bool = False,
    seconds: float = LONG,
    reply_timeout: float = LONG,
) -> list[bytes]:
    """The requests that the device had."""
    with (
        nothing_left_open(),
        answering(*answers) as device,
        connected(device.address, seconds=seconds, reply_timeout=reply_timeout) as line,
    ):
        line.send(file, clear=clear)
    return device.requests


@pytest.mark.parametrize("clear", [False, True])
def test_what_goes_over_the_wire(clear: bool) -> None:
    announcement, portion, check = sending(ANNOUNCED, TAKEN, CHECKING, ACCEPTED, clear=clear)[:3]
    md5, size = hashlib.md5(TEXT, usedforsecurity=False).digest(), len(TEXT).to_bytes(8, "big")
    assert announcement == (
        b"\x02\x22\xff\x131234\x02" + md5 + b"\x04" + size + b"\x01" + (b"\0" if clear else b"\x01")
    )
    head = b"\x02" + bytes([len(TEXT) + 14])
    size = len(TEXT).to_bytes(2, "little")
    assert portion == head + b"\xff\x131234\x03\x01" + bytes(4) + size + TEXT
    assert check == b"\x02\x07\xff\x131234\x09"


def test_a_busy_device_gets_the_same_request_again() -> None:
    answers = (taken(BUSY), ANNOUNCED, taken(BUSY), TAKEN, taken(WAIT), CHECKING, ACCEPTED)
    requests = sending(*answers)
    assert requests[0] == requests[1]
    assert requests[2] == requests[3]
    assert requests[4] == requests[5] == requests[6]


@pytest.mark.parametrize(
    ("answers", "error", "text"),
    [
        ([taken(203)], ScalesRefusedError, r"disk full \(result code 203\)"),
        ([taken(122)], ScalesWrongPasswordError, "password"),
        ([taken(85)], ScalesRefusedError, "result code 85"),
        ([taken(171)], ScalesRefusedError, r"result code 171"),
        ([built()], ScalesNonsenseError, "another question than it was asked"),
        ([ANNOUNCED, taken(124)], ScalesRefusedError, r"bad parameter \(result code 124\)"),
        ([ANNOUNCED, taken(122)], ScalesWrongPasswordError, "password"),
        ([ANNOUNCED, taken(128)], ScalesRefusedError, r"bad PLU \(result code 128\)"),
        ([ANNOUNCED, TAKEN, checked(2, b"no")], ProductsRefusedError, "the products: no$"),
        ([ANNOUNCED, TAKEN, checked(2)], ProductsRefusedError, "gave no reason"),
        ([ANNOUNCED, TAKEN, checked(2, b"\xff\0n")], ProductsRefusedError, "products: ��n$"),
        ([ANNOUNCED, TAKEN, taken(128)], ProductsRefusedError, r"bad PLU \(result code 128\)"),
        ([ANNOUNCED, TAKEN, taken(203)], ScalesRefusedError, r"disk full \(result code 203\)"),
    ],
)
def test_what_the_device_clearly_did_not_take(
    answers: list[bytes], error: type[ScalesError], text: str
) -> None:
    with raises(error, match=text) as ended:
        sending(*answers)
    judged = isinstance(ended.value, ProductsRefusedError)
    assert judged == (error is ProductsRefusedError)
    assert not ended.value.maybe_accepted


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([ANNOUNCED, built()], ScalesNonsenseError),
        ([ANNOUNCED, TAKEN + TAKEN], ScalesNonsenseError),
        ([ANNOUNCED, TAKEN, checked(3)], ScalesNonsenseError),
        ([ANNOUNCED, TAKEN, checked(255)], ScalesNonsenseError),
        ([ANNOUNCED, TAKEN, taken()], ScalesNonsenseError),
        ([ANNOUNCED, TAKEN, checked(2, b"no", length=3)], ScalesNonsenseError),
        ([ANNOUNCED, TAKEN, checked(0, b"no", length=0)], ScalesNonsenseError),
        ([ANNOUNCED, TAKEN, taken(188)], ScalesRefusedError),
        ([ANNOUNCED, TAKEN, taken(122)], ScalesWrongPasswordError),
        ([ANNOUNCED, TAKEN, CHECKING, CHECKING, taken(120)], ScalesRefusedError),
    ],
)
def test_what_the_device_may_have_taken(answers: list[bytes], error: type[ScalesError]) -> None:
    with within(SOON), pytest.raises(error) as ended:
        sending(*answers)
    assert ended.value.maybe_accepted


@pytest.mark.parametrize(
    ("answers", "maybe_accepted"),
    [
        pytest.param([], False, id="of the announcement"),
        pytest.param([ANNOUNCED], False, id="of the first portion of two"),
        pytest.param([ANNOUNCED, TAKEN], True, id="of the last portion"),
        pytest.param([ANNOUNCED, TAKEN, TAKEN], True, id="of the check"),
        pytest.param([ANNOUNCED, TAKEN, TAKEN, CHECKING], True, id="of the second check"),
    ],
)
def test_a_missing_answer_leaves_open_what_the_device_could_have_taken(
    answers: list[bytes], maybe_accepted: bool
) -> None:
    with pytest.raises(ScalesTimedOutError) as late:
        sending(*answers, file=TWO_PORTIONS, reply_timeout=0.1)
    assert late.value.maybe_accepted == maybe_accepted


@pytest.mark.parametrize(
    ("before", "maybe_accepted"), [([], False), ([ANNOUNCED], True), ([ANNOUNCED, TAKEN], True)]
)
def test_a_device_that_is_busy_until_the_deadline(
    before: list[bytes], maybe_accepted: bool
) -> None:
    with pytest.raises(ScalesBusyError) as busy:
        sending(*before, *[taken(BUSY)] * 100, seconds=0.3)
    assert busy.value.maybe_accepted == maybe_accepted


@pytest.mark.parametrize(
    ("requests", "maybe_accepted"), [(0, False), (1, False), (2, True), (3, True), (4, True)]
)
def test_a_device_that_hangs_up_after_so_many_requests(requests: int, maybe_accepted: bool) -> None:
    answers = [ANNOUNCED, TAKEN, CHECKING, CHECKING]

    def hang_up(device: ScriptedDevice, connection: socket.socket) -> None:
        for answer in answers[: max(requests - 1, 0)]:
            device.request(connection)
            connection.sendall(answer)
        if requests:
            device.request(connection)

    with (
        nothing_left_open(),
        scripted(hang_up) as device,
        connected(device.address) as line,
        within(SOON),
        raises(ScalesUnreachableError, match="broke the connection") as broken,
    ):
        line.send(FILE, clear=False)
    assert broken.value.maybe_accepted == maybe_accepted


def test_a_line_that_was_refused_on_goes_on() -> None:
    answers = (ANNOUNCED, TAKEN, checked(2, b"no"), ANNOUNCED, TAKEN, ACCEPTED)
    with answering(*answers) as device, connected(device.address) as line:
        with pytest.raises(ScalesRefusedError):
            line.send(FILE, clear=False)
        assert line.send(FILE, clear=False) == len(TEXT)


def test_an_error_of_the_heartbeat_passes_unchanged_also_after_the_last_portion() -> None:
    beats = iter([None, None, RuntimeError("lease lost")])

    def heartbeat() -> None:
        if error := next(beats):
            raise error

    with (
        nothing_left_open(),
        answering(ANNOUNCED, TAKEN) as device,
        connected(device.address, heartbeat=heartbeat) as line,
        pytest.raises(RuntimeError, match="lease lost"),
    ):
        line.send(FILE, clear=False)


def test_nothing_can_have_been_taken_when_the_deadline_came_before_the_last_portion() -> None:
    beats = iter([0.0, 0.3])
    with (
        answering(ANNOUNCED, TAKEN) as device,
        connected(device.address, seconds=0.3, heartbeat=lambda: time.sleep(next(beats))) as line,
        raises(ScalesTimedOutError, match="took too long") as late,
    ):
        line.send(FILE, clear=False)
    assert not late.value.maybe_accepted


def test_nothing_can_have_been_taken_when_the_line_broke_before_the_last_portion() -> None:
    closed = threading.Event()
    # Connecting and the announcement, then before the portion is begun, and before it is written.
    beats = iter([False] * 3 + [True, False])

    def heartbeat() -> None:
        if next(beats):
            assert closed.wait(10)

    def hang_up(device: ScriptedDevice, connection: socket.socket) -> None:
        device.request(connection)
        connection.sendall(ANNOUNCED)
        connection.close()
        closed.set()

    with (
        scripted(hang_up) as device,
        connected(device.address, heartbeat=heartbeat) as line,
        raises(ScalesUnreachableError, match="broke the connection") as broken,
    ):
        line.send(FILE, clear=False)
    assert not broken.value.maybe_accepted


def test_a_device_that_was_busy_and_says_no_more_was_busy() -> None:
    with pytest.raises(ScalesBusyError):
        sending(taken(BUSY), seconds=0.3)
