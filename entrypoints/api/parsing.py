"""Requests as they arrive: bounds, and what waitress's parser fails to refuse."""

import logging
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import BadRequest, Error, RequestEntityTooLarge

log = logging.getLogger(__name__)

KIB: Final = 1024
MOST_HEAD: Final = 32 * KIB
"""Bytes of a request's first line and headers."""
STRANGERS_BODY: Final = 32 * KIB
"""Bytes of a body that are read without a valid token: many times what signing in takes."""
NO_LIMIT: Final = sys.maxsize

_FRAMING: Final = 64 * KIB
"""Bytes between the chunks of a body that are accepted, besides as many as the body has."""
_TRANSFER_ENCODING: Final = re.compile(rb"\r\ntransfer-encoding:([^\r\n]*)")
_FIRST_BYTE: Final = re.compile(rb"[\r\n]*([!#$%&'*+\-.^_`|~0-9A-Za-z]|$)")
_TLS_HANDSHAKE: Final = b"\x16"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a body may be, in bytes, and who may send it.

    `signed_in` says whether the header Authorization has a valid token. The loop of the server
    calls it, so it must be quick.
    """

    max_body: int = 1024 * KIB
    signed_in: Callable[[str], bool] = lambda _: False


class RequestTimeout(Error):  # noqa: N818 - named as upstream names them
    """The request did not arrive in time."""

    code = 408


class NoSpace(Error):  # noqa: N818
    """There is no space for what arrives."""

    code = 503


class Parser(HTTPRequestParser):
    """A parser that never raises, and always has what an answer to the request needs.

    A body that is too large is not read. The application gets such a request without it
    (`left_out`) and refuses it itself: without a token it asks for one first.
    """

    # Upstream sets these only if a request could be parsed.
    command: Any = ""
    path: Any = "/"
    query: Any = ""
    request_uri: Any = "/"

    headers: Any
    body_rcv: Any

    left_out = False
    error: Error | None = None

    def __init__(self, adj: Any, bounds: Bounds = Bounds()) -> None:
        super().__init__(adj)
        self.bounds = bounds

    @property
    def arrived(self) -> int:
        """The number of bytes so far."""
        return int(self.header_bytes_received + self.body_bytes_received)

    def received(self, data: bytes) -> int:
        """Take bytes. Returns how many of them belong to this request."""
        if not self.arrived and not _FIRST_BYTE.match(data):
            self.refuse(BadRequest("TLS" if data[:1] == _TLS_HANDSHAKE else "Not HTTP"))
            return len(data)
        try:
            consumed = int(super().received(data))
        except OSError as error:  # the disk is full
            log.error("a request's body cannot be kept: %s", error)
            self.refuse(NoSpace("No room for the body"))
            return len(data)
        except Exception as error:
            log.debug("upstream's parser failed", exc_info=True)
            self.refuse(BadRequest(str(error)))
            return len(data)
        if self.headers_finished and not self.error:
            self._bound()
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Raises ParsingError, also if another server could find another end of the body."""
        super().parse_header(header_plus)
        encodings = _TRANSFER_ENCODING.findall(header_plus.lower())
        if encodings:
            if "CONTENT_LENGTH" in self.headers:
                raise ParsingError("Both Content-Length and Transfer-Encoding")
            if not self.chunked or [one.strip() for one in encodings] != [b"chunked"]:
                raise ParsingError("Transfer-Encoding is invalid")

    def refuse(self, error: Error) -> None:
        """Answer with this error."""
        self.error = error
        self.completed = True

    def _bound(self) -> None:
        body = self.body_rcv
        if body is None:
            return
        size = len(body) + body.chunk_remainder if self.chunked else self.content_length
        if not self._may_send(size):
            self._leave_out(size)
        elif self.body_bytes_received > 2 * len(body) + _FRAMING:
            self.refuse(RequestEntityTooLarge("Too much between the chunks"))

    def _may_send(self, size: int) -> bool:
        return size <= STRANGERS_BODY <= self.bounds.max_body or size <= self._most

    @cached_property
    def _most(self) -> int:
        known = self.bounds.signed_in(self.headers.get("AUTHORIZATION", ""))
        return self.bounds.max_body if known else min(STRANGERS_BODY, self.bounds.max_body)

    def _leave_out(self, size: int) -> None:
        self.close()
        self.body_rcv = None
        self.left_out = self.completed = True
        self.expect_continue = False
        self.headers["CONTENT_LENGTH"] = str(size)
        # What arrives now still belongs to the body.
        self.headers["CONNECTION"] = "close"
