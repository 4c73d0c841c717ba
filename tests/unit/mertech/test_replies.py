"""Bytes of a device become checked values or typed errors, whatever they are."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.mertech import replies
from adapters.mertech.emulator import frames
from adapters.mertech.replies import Reply
from application.ports.scales import (
    ScalesError,
    ScalesNonsenseError,
    ScalesRefusedError,
    ScalesWrongPasswordError,
)

COMMANDS = st.sampled_from([frames.BUILD, frames.BUILD_STATUS, frames.DOWNLOAD, frames.UPLOAD])
CODES = {17, 120, 124, 128, 130, 140, 188, 196, 203}


def from_stx(whole: bytes) -> bytes:
    return whole[replies.LENGTH_BYTES :]


@given(COMMANDS, st.integers(0, 255), st.binary(max_size=600))
def test_every_frame_of_a_device_is_understood(command: bytes, result: int, body: bytes) -> None:
    whole = frames.reply(command, result, body)
    assert replies.frame_length(whole[:4]) == len(whole) - 4
    assert replies.parse(memoryview(from_stx(whole)), command) == Reply(result, body)


@given(st.binary(max_size=300), COMMANDS)
def test_no_bytes_but_a_frame_are_taken_for_one(frame: bytes, command: bytes) -> None:
    try:
        reply = replies.parse(frame, command)
    except ScalesNonsenseError:
        return
    assert from_stx(frames.reply(command, reply.result, bytes(reply.body))) == frame


@given(st.binary(min_size=4, max_size=4))
def test_no_length_beyond_the_longest_portion_is_believed(prefix: bytes) -> None:
    try:
        length = replies.frame_length(prefix)
    except ScalesNonsenseError:
        return
    assert 5 <= length <= 12 + 65_535


@pytest.mark.parametrize(
    "reader", [replies.nothing, replies.md5, replies.portion, replies.check, replies.done]
)
@given(st.integers(0, 255), st.binary(max_size=300))
def test_arbitrary_replies_give_values_or_our_errors(
    reader: Callable[[Reply], object], result: int, body: bytes
) -> None:
    with suppress(ScalesError):
        reader(Reply(result, memoryview(body)))


@given(st.booleans(), st.integers(0, 2**32 - 1), st.binary(max_size=300))
def test_a_portion_is_read_whole(last: bool, offset: int, data: bytes) -> None:
    body = bytes([last]) + offset.to_bytes(4, "little") + len(data).to_bytes(2, "little") + data
    assert replies.portion(Reply(0, memoryview(body))) == (last, offset, data)


@given(st.binary(max_size=300))
def test_the_devices_reason_is_text_whatever_it_wrote(reason: bytes) -> None:
    check = replies.check(Reply(0, b"\x02" + len(reason).to_bytes(2, "little") + reason))
    assert (check.over, check.refused) == (True, True)
    assert "\0" not in check.reason
    check.reason.encode()  # no half characters


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_of_the_guide_is_refused_with_its_meaning(code: int) -> None:
    error = replies.refusal(code)
    assert type(error) is ScalesRefusedError
    assert str(error) == f"The device refused: {replies.MEANINGS[code]} (result code {code})."


@pytest.mark.parametrize("code", sorted(set(range(1, 256)) - set(replies.MEANINGS)))
def test_a_code_that_nobody_knows_is_refused_with_its_number(code: int) -> None:
    error = replies.refusal(code)
    assert type(error) is ScalesRefusedError
    assert f"(result code {code})" in str(error)


def test_code_122_is_the_wrong_password() -> None:
    assert type(replies.refusal(122)) is ScalesWrongPasswordError
