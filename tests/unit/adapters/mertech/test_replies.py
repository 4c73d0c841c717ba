"""Bytes of a device become checked values or typed errors, whatever they are."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.mertech.driver import replies
from adapters.mertech.driver.replies import Reply
from adapters.mertech.emulator import frames
from adapters.texts.results import RESULTS
from application.ports.scales import (
    ProductsRefusedError,
    ScalesError,
    ScalesNonsenseError,
    ScalesRefusedError,
    ScalesWrongPasswordError,
)
from tests.harness.failures import in_english

COMMANDS = st.sampled_from(
    [frames.BUILD, frames.BUILD_STATUS, frames.DOWNLOAD, frames.UPLOAD, frames.INFORMATION]
)
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
    "reader",
    [
        replies.nothing,
        replies.md5,
        replies.portion,
        replies.check,
        replies.information,
        replies.done,
    ],
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
    assert check.over
    assert isinstance(check.refusal, ProductsRefusedError)
    assert isinstance(check.refusal.reason, str)
    assert isinstance(check.refusal.reason, str)
    assert "\0" not in check.refusal.reason
    check.refusal.reason.encode()  # no half characters


@pytest.mark.parametrize("code", [17, 128, 130, 140, 196])
def test_a_code_about_products_is_a_verdict_on_them(code: int) -> None:
    refusal = replies.check(Reply(code, b"")).refusal
    assert isinstance(refusal, ProductsRefusedError)
    assert refusal.reason == code


def test_a_full_disk_is_a_verdict_but_not_one_on_the_products() -> None:
    check = replies.check(Reply(203, b""))
    assert check.over
    assert type(check.refusal) is ScalesRefusedError
    assert check.refusal.facts == {"result": 203}


@given(st.binary(max_size=300))
def test_information_is_read_whole(text: bytes) -> None:
    assert replies.information(Reply(0, len(text).to_bytes(2, "little") + text)) == text


@pytest.mark.parametrize("body", [b"", b"\0", b"\x01\0", b"\x02\0{}x", b"\x03\0{}"])
def test_information_of_another_length_is_nonsense(body: bytes) -> None:
    with pytest.raises(ScalesNonsenseError):
        replies.information(Reply(0, body))


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_of_the_guide_is_refused_with_its_meaning(code: int) -> None:
    error = replies.refusal(code)
    assert type(error) is ScalesRefusedError
    assert in_english(error) == f"The scale refused: {RESULTS[code]} (result code {code})."


@pytest.mark.parametrize("code", sorted(set(range(1, 256)) - set(RESULTS)))
def test_a_code_that_nobody_knows_is_refused_with_its_number(code: int) -> None:
    error = replies.refusal(code)
    assert type(error) is ScalesRefusedError
    assert in_english(error) == f"The scale refused: result code {code}."


def test_code_122_is_the_wrong_password() -> None:
    assert type(replies.refusal(122)) is ScalesWrongPasswordError
