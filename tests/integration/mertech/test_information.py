"""What devices tell of themselves, to the letter of the protocol or not."""

import pytest

from adapters.mertech.emulator import frames
from application.ports.scales import (
    ScalesError,
    ScalesNonsenseError,
    ScalesRefusedError,
    ScalesTimedOutError,
    ScalesUnreachableError,
    ScalesWrongPasswordError,
)
from domain.json_value import Json
from tests.harness.failures import raises
from tests.harness.left_open import nothing_left_open, within
from tests.integration.mertech.connections import LONG, SOON, connected
from tests.integration.mertech.frames import BUSY, built
from tests.integration.mertech.scripted_device import answering


def told(text: bytes, *, length: int | None = None) -> bytes:
    """The answer with this JSON."""
    length = len(text) if length is None else length
    return frames.reply(frames.INFORMATION, 0, length.to_bytes(2, "little") + text)


def refused(result: int) -> bytes:
    return frames.reply(frames.INFORMATION, result)


def asking(*answers: bytes, reply_timeout: float = LONG) -> dict[str, Json]:
    with (
        nothing_left_open(),
        answering(*answers) as device,
        connected(device.address, reply_timeout=reply_timeout) as line,
    ):
        return line.information()


def test_what_goes_over_the_wire_and_no_password_in_it() -> None:
    with answering(told(b"{}")) as device, connected(device.address) as line:
        assert line.information() == {}
    assert device.requests == [b"\x02\x02\xff\x17"]


def test_everything_told_comes_through() -> None:
    assert asking(told('{"scaleModel":"Весы","networkInfo":[{"used":true}]}'.encode())) == {
        "scaleModel": "Весы",
        "networkInfo": [{"used": True}],
    }


def test_as_much_is_told_as_the_length_can_say() -> None:
    text = b'{"x":"' + b"x" * (0xFFFF - 8) + b'"}'
    assert len(text) == 0xFFFF
    assert len(str(asking(told(text))["x"])) == 0xFFFF - 8


def test_a_busy_device_is_asked_again() -> None:
    assert asking(refused(BUSY), refused(BUSY), told(b'{"a":1}')) == {"a": 1}


@pytest.mark.parametrize(
    ("code", "error", "text"),
    [
        (120, ScalesRefusedError, r"unknown command \(result code 120\)"),
        (85, ScalesRefusedError, r"result code 85"),
        (122, ScalesWrongPasswordError, "password"),
    ],
)
def test_firmware_that_does_not_know_the_question(
    code: int, error: type[ScalesError], text: str
) -> None:
    with raises(error, match=text):
        asking(refused(code))


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(told(b""), id="nothing"),
        pytest.param(told(b"{}", length=3), id="less than it says"),
        pytest.param(told(b"{}", length=1), id="more than it says"),
        pytest.param(frames.reply(frames.INFORMATION, 0), id="no length"),
        pytest.param(frames.reply(frames.INFORMATION, 0, b"\x02"), id="half a length"),
        pytest.param(told(b"[]"), id="a list"),
        pytest.param(told(b"null"), id="null"),
        pytest.param(told(b'{"a":NaN}'), id="NaN"),
        pytest.param(told(b'{"a":"\xd0"}'), id="broken UTF-8"),
        pytest.param(told(b'{"a":"\\ud800"}'), id="half a character"),
        pytest.param(told(b"[" * 60_000), id="brackets"),
        pytest.param(told(b'{"a":' + b"[" * 900 + b"]" * 900 + b"}"), id="brackets that close"),
        pytest.param(told(b'{"a":' + b"9" * 50_000 + b"}"), id="a number of 50,000 digits"),
        pytest.param(built(), id="the answer to another command"),
        pytest.param(b"\xff\xff\xff\xff", id="a claim of 4 GiB"),
    ],
)
def test_what_is_no_information_is_nonsense_at_once(answer: bytes) -> None:
    with within(SOON), pytest.raises(ScalesNonsenseError):
        asking(answer)


def test_silence_is_waited_for_no_longer_than_allowed() -> None:
    with within(SOON), pytest.raises(ScalesTimedOutError):
        asking(b"", reply_timeout=0.2)


def test_a_line_on_which_nonsense_was_told_is_not_used_again() -> None:
    with answering(told(b"[]"), told(b"{}")) as device, connected(device.address) as line:
        with pytest.raises(ScalesNonsenseError):
            line.information()
        with raises(ScalesUnreachableError, match="is closed"):
            line.information()
    assert len(device.requests) == 1


def test_a_line_on_which_the_question_was_refused_goes_on() -> None:
    with answering(refused(120), told(b"{}")) as device, connected(device.address) as line:
        with pytest.raises(ScalesRefusedError):
            line.information()
        assert line.information() == {}
