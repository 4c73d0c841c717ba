"""Requests that no parser should let through, and those that upstream's trips over."""

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest
from waitress import parser, receiver
from waitress.adjustments import Adjustments

from entrypoints.api.parsing import MOST_HEAD, NO_LIMIT, STRANGERS_BODY, Bounds, Parser
from tests.harness.requests_refused import REFUSED, Refused

MAX_BODY = 100_000


def parsed(raw: bytes, *, signed_in: bool = False, at_once: int = 8192) -> Any:
    """What is made of these bytes, as far as they are one request."""
    bounds = Bounds(MAX_BODY, lambda header: signed_in)
    adjustments = Adjustments(max_request_header_size=MOST_HEAD, max_request_body_size=NO_LIMIT)
    request: Any = Parser(adjustments, bounds)
    while raw and not request.completed:
        consumed = request.received(raw[:at_once])
        assert consumed or request.completed
        raw = raw[consumed:]
    return request


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: refused.name)
@pytest.mark.parametrize("at_once", [1, 8192])
def test_what_cannot_be_is_an_error_with_all_that_an_answer_needs(
    refused: Refused, at_once: int
) -> None:
    request = parsed(refused.raw, at_once=at_once)
    assert request.completed
    assert request.error.code == refused.status
    assert isinstance(request.path, str)


def test_every_error_that_upstream_knows_is_walked() -> None:
    source = inspect.getsource(parser) + inspect.getsource(receiver)
    known = re.findall(
        r"""(?:Error|BadRequest|TooLarge|Implemented)\(\s*["'](.+?)["'] ?[%)\n]""", source
    )
    texts = {re.split(r" ?\"?%s", text)[0] for text in known}
    # No head is without an end of line, and our own bound of a body is another one.
    texts -= {"HTTP message header invalid", "exceeds max_body of"}
    met = {str(parsed(refused.raw).error.body) for refused in REFUSED}
    assert len(texts) > 10
    assert {text for text in texts if not any(text in one for one in met)} == set()


@pytest.mark.parametrize("end", ["3\r\nabc\r\n0\r\n\r\n", "3;x=y\r\nabc\r\n0\r\n\r\n"])
def test_chunks_are_taken(end: str) -> None:
    request = parsed(f"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{end}".encode())
    assert request.completed
    assert request.error is None
    assert request.get_body_stream().read() == b"abc"


def with_length(size: int) -> bytes:
    return b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size


def in_chunks(size: int) -> bytes:
    chunks = b"".join(b"400\r\n" + b"x" * 1024 + b"\r\n" for _ in range(size // 1024 + 1))
    return b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


def one_large_chunk(size: int) -> bytes:
    return b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%X\r\n" % size


@pytest.mark.parametrize("written", [with_length, in_chunks, one_large_chunk])
@pytest.mark.parametrize(
    ("size", "signed_in", "left_out"),
    [
        (STRANGERS_BODY - 2048, False, False),
        (STRANGERS_BODY + 1, False, True),
        (STRANGERS_BODY + 1, True, False),
        (MAX_BODY - 2048, True, False),
        (MAX_BODY + 1, True, True),
        (10**12, True, True),
    ],
)
def test_a_body_that_is_too_large_is_not_read(
    written: Callable[[int], bytes], size: int, signed_in: bool, left_out: bool
) -> None:
    if written is in_chunks and size > 10**9:
        size = 10**6
    request = parsed(written(size), signed_in=signed_in)
    assert request.error is None
    assert request.left_out == left_out
    if left_out:
        assert request.completed
        assert int(request.headers["CONTENT_LENGTH"]) > (MAX_BODY if signed_in else STRANGERS_BODY)
        assert request.get_body_stream().read() == b""


def test_the_space_between_chunks_is_bounded() -> None:
    request = parsed(
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"x" * 10 * MAX_BODY
    )
    assert request.error.code == 413


def test_who_sends_little_is_not_looked_up() -> None:
    def fail(_: str) -> bool:
        raise AssertionError

    request: Any = Parser(Adjustments(), Bounds(MAX_BODY, fail))
    request.received(with_length(STRANGERS_BODY))
    assert request.error is None
    assert not request.left_out


def test_a_disk_that_is_full_is_told() -> None:
    class Full:
        chunk_remainder = 0

        def received(self, data: bytes) -> int:
            raise OSError(28, "No space left on device")

    request: Any = Parser(Adjustments(), Bounds())
    request.received(with_length(10))
    request.body_rcv = Full()
    request.received(b"x")
    assert request.completed
    assert request.error.code == 503
