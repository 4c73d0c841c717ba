"""Reading from devices that keep to the letter of the protocol, or stray from it."""

import socket

import pytest

from adapters.mertech.emulator import frames
from application.ports.scales import (
    ScalesError,
    ScalesNonsenseError,
    ScalesRefusedError,
    ScalesTimedOutError,
    ScalesUnreachableError,
)
from domain.products.product_file import ProductFile
from tests.harness.failures import raises
from tests.harness.left_open import nothing_left_open, within
from tests.integration.mertech.connections import LONG, SOON, connected
from tests.integration.mertech.frames import (
    BUSY,
    WAIT,
    build_status,
    built,
    hashed,
    hashing,
    offering,
    portion,
    taken,
)
from tests.integration.mertech.scripted_device import ScriptedDevice, answering, scripted

FILE = b'{"products":[{"code":50,"price":24.1}]}'
EMPTY = 171


def reading(*answers: bytes, reply_timeout: float = LONG) -> ProductFile:
    with (
        nothing_left_open(),
        answering(*answers) as device,
        connected(device.address, reply_timeout=reply_timeout) as line,
    ):
        return line.read().file


def test_a_file_in_one_portion() -> None:
    assert reading(*offering(FILE), portion(FILE)).products == [{"code": 50, "price": 24.1}]


def test_a_file_in_many_portions_of_any_size() -> None:
    portions = [
        portion(FILE[:1], offset=0, last=0),
        portion(FILE[1:30], offset=1, last=0),
        portion(FILE[30:], offset=30, last=0),
        portion(b"", offset=len(FILE), last=1),
    ]
    assert len(reading(*offering(FILE), *portions).products) == 1


def test_a_portion_may_fill_its_size_field() -> None:
    file = FILE[:-1] + b',"more":"' + b"x" * (0xFFFF - len(FILE) - 10) + b'"}'
    assert len(file) == 0xFFFF
    assert len(reading(*offering(file), portion(file)).products) == 1


@pytest.mark.parametrize("result", [BUSY, WAIT])
def test_whatever_takes_the_device_its_time_is_waited_for(result: int) -> None:
    waiting = (
        (built(result), built()),
        (build_status(result), build_status(result), build_status()),
        (hashing(result), hashing()),
        (hashing(result), hashing(result), hashed(FILE)),
        (hashing(result), portion(FILE)),
    )
    answers = [answer for answers in waiting for answer in answers]
    assert len(reading(*answers).products) == 1


@pytest.mark.parametrize("stage", range(5))
def test_an_empty_device_may_say_so_at_any_stage(stage: int) -> None:
    refusals = (built(EMPTY), build_status(EMPTY), *3 * (hashing(EMPTY),))
    assert reading(*offering(FILE)[:stage], refusals[stage]) == ProductFile.empty()


@pytest.mark.parametrize("stage", range(5))
@pytest.mark.parametrize(("code", "meaning"), [(188, "not initialised"), (85, "")])
def test_a_refusal_at_any_stage_is_told_with_its_code(stage: int, code: int, meaning: str) -> None:
    refusals = (built(code), build_status(code), *3 * (hashing(code),))
    with raises(ScalesRefusedError, match=rf"{meaning}.*result code {code}\b"):
        reading(*offering(FILE)[:stage], refusals[stage])


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"\0\0\0\0", id="an empty frame"),
        pytest.param(b"\x04\0\0\0\x02\x02\xff\x14", id="no result"),
        pytest.param(b"\xff\xff\xff\xff", id="a claim of 4 GiB"),
        pytest.param((12 + 65536).to_bytes(4, "little"), id="longer than any portion"),
        pytest.param(b"\x05\0\0\0\x03\x03\xff\x14\0", id="no STX"),
        pytest.param(b"\x05\0\0\0\x02\x04\xff\x14\0", id="two lengths"),
        pytest.param(taken(), id="the answer to another command"),
        pytest.param(built() + built(), id="two answers to one command"),
        pytest.param(b"\x06\0\0\0\x02\x04\xff\x14\0\0", id="more than a result"),
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", id="another protocol"),
    ],
)
def test_an_answer_that_is_none_is_nonsense_at_once(answer: bytes) -> None:
    with within(SOON), pytest.raises(ScalesNonsenseError):
        reading(answer)


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([portion(FILE, offset=1)], id="a gap at the beginning"),
        pytest.param([portion(FILE[:9], last=0), portion(FILE[10:], offset=10)], id="a gap later"),
        pytest.param([portion(FILE[:9], last=0), portion(FILE, offset=0)], id="one again"),
        pytest.param([portion(FILE, size=len(FILE) + 1)], id="a size too big"),
        pytest.param([portion(FILE, size=0)], id="a size too small"),
        pytest.param([portion(FILE, last=2)], id="a last flag that is neither"),
        pytest.param([portion(b"", last=0)], id="nothing, and not the last"),
        pytest.param([hashing()], id="no head"),
        pytest.param([portion(FILE[:-1])], id="less than was announced"),
        pytest.param([portion(b"")], id="nothing at all"),
    ],
)
def test_portions_that_make_no_file_are_nonsense(answers: list[bytes]) -> None:
    with within(SOON), pytest.raises(ScalesNonsenseError):
        reading(*offering(FILE), *answers)


@pytest.mark.parametrize("size", [0, 16, 18])
def test_a_sum_of_another_length_is_nonsense(size: int) -> None:
    sum_ = frames.reply(frames.DOWNLOAD, 0, bytes(size))
    with within(SOON), raises(ScalesNonsenseError, match="checksum"):
        reading(built(), build_status(), hashing(), sum_)


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(b"\xef\xbb\xbf" + FILE, id="a byte order mark"),
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"products":[{"code":1e999}]}', id="infinity"),
        pytest.param(b'{"products":[{"name":"\\ud800"}]}', id="half a character"),
        pytest.param(b'{"products":[1]}', id="a product that is a number"),
        pytest.param(b'{"products":[],"x":' + b"[" * 900 + b"]" * 900 + b"}", id="brackets"),
    ],
)
def test_a_file_that_is_none_is_nonsense(file: bytes) -> None:
    with pytest.raises(ScalesNonsenseError):
        reading(*offering(file), portion(file))


@pytest.mark.parametrize("cut", [0, 1, 4, 5, 8])
def test_a_device_that_hangs_up_in_an_answer_is_unreachable(cut: int) -> None:
    def hang_up(device: ScriptedDevice, connection: socket.socket) -> None:
        device.request(connection)
        connection.sendall(built()[:cut])

    with (
        nothing_left_open(),
        scripted(hang_up) as device,
        within(SOON),
        connected(device.address) as line,
        raises(ScalesUnreachableError, match="broke the connection"),
    ):
        line.read()


@pytest.mark.parametrize("in_english", [b"", built()[:5]])
def test_half_an_answer_is_waited_for_no_longer_than_a_whole_one(in_english: bytes) -> None:
    with within(SOON), pytest.raises(ScalesTimedOutError):
        reading(in_english, reply_timeout=0.2)


def test_no_error_of_reading_leaves_anything_open_about_acceptance() -> None:
    with pytest.raises(ScalesError) as error:
        reading(*offering(FILE), portion(FILE, offset=1))
    assert not error.value.maybe_accepted
