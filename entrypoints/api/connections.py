"""The connection of a client: one request at a time, and closed if the client makes no progress."""

import logging
import socket
from functools import partial
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from time import monotonic
from typing import Any, Final
from urllib.parse import quote

from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, WSGITask

from adapters.json_text import dumps
from adapters.rest.http.requests import BODY_LEFT_OUT
from entrypoints.api.parsing import KIB, Bounds, Parser, RequestTimeout

log = logging.getLogger(__name__)

PATIENCE: Final = 30.0
"""Seconds for a request to arrive, and for a client to take any of its answer."""
SLOWEST: Final = 4 * KIB
"""Average bytes per second of a request or an answer that takes longer than that."""
KEPT_IDLE: Final = 120.0
"""Seconds that a connection stays open after an answer without a further request."""
LINGER: Final = 5.0
"""Seconds in which the service still reads and discards what a refused client sends. A client that
is cut off while it sends never sees the answer."""
THROWN_AWAY: Final = 4 * KIB * KIB
"""The most bytes that are discarded in this way."""
AT_ONCE: Final = 64 * KIB

DETAILS: Final = {
    400: "What was sent cannot be read as a request.",
    408: "The request took too long to arrive.",
    413: "The body is larger than this service takes.",
    431: "The head of the request is larger than this service takes.",
    501: "The body is sent in a way that this service does not know.",
    503: "The service has no room for the body now.",
}
"""The answers to requests that never reached the application."""


class _ProblemTask(ErrorTask):
    """Answers to what waitress refuses by itself, in the form of the application's own problems."""

    def execute(self) -> None:
        request: Any = self.request
        status = HTTPStatus(request.error.code)
        log.debug("refused with %d: %.200r", status.value, str(request.error.body))
        body = dumps(
            {
                "type": "about:blank",
                "title": status.phrase,
                "status": status.value,
                "detail": DETAILS.get(status.value, status.description or status.phrase),
                "instance": quote(request.path.encode("latin-1")),
            }
        )
        self.status = f"{status.value} {status.phrase}"
        self.response_headers = [("Content-Type", "application/problem+json")]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Task(WSGITask):
    """Keeps the connection open after an answer whose status allows no body, such as 304.

    Upstream closes it, because such an answer has no Content-Length and must not have one.
    """

    def set_close_on_finish(self) -> None:
        request: Any = self.request
        options = request.headers.get("CONNECTION", "").lower().split(",")
        asked = "close" in map(str.strip, options)
        if self.has_body or self.version != "1.1" or asked:
            super().set_close_on_finish()

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        request: Any = self.request
        if request.left_out:
            environ[BODY_LEFT_OUT] = True
        return environ


class Channel(HTTPChannel):
    """Takes one request at a time, and reads on when its answer is being sent.

    The loop sleeps while a thread sends the answer. Upstream keeps asking whether the loop may send
    too, which costs about half of the processor time of a short request.
    """

    task_class = _Task
    error_task_class = _ProblemTask

    # The stubs list only some of its members.
    server: Any
    socket: Any
    parser_class: Any
    requests_lock: Any
    requests: Any
    request: Any

    def __init__(
        self,
        server: Any,
        sock: socket.socket,
        addr: Any,
        adj: Any,
        map: dict[int, Any] | None = None,
        bounds: Bounds = Bounds(),  # noqa: B008 - immutable
    ) -> None:
        self.parser_class = partial(Parser, bounds=bounds)
        self.client = client_of(addr[0])
        self.since = monotonic()
        """When the wait for the client began: for a request, or for the rest of it."""
        self._answered = False
        self._ahead = b""
        """The beginning of the next request, which arrived with this one."""
        self._still_sends = False
        """Whether a request was refused before all of it had arrived."""
        self._lingers = False
        self._thrown_away = 0
        self.sent_at = self.since
        """When the client last received any of an answer that waits to be sent."""
        self._sent_from = self.since
        self._sent = 0
        super().__init__(server, sock, addr, adj, map)

    @property
    def waits(self) -> bool:
        """Whether the service waits for the client: it has no request to work on and no answer to
        send."""
        # The order matters: a request ends only when its answer is ready to be sent.
        return not self.requests and not self.total_outbufs_len

    def end_if_overdue(self, now: float) -> None:
        """Close the connection if the client makes no progress. Call this in the thread of the
        loop."""
        if not self._overdue(now):
            return
        if self.waits and self.request is not None and not (self.will_close or self._lingers):
            self._refuse(RequestTimeout("Too slow"))
        else:
            # will_close is not enough: it waits until the socket can be written to. This also wakes
            # the thread that waits for the client to receive its answer.
            self.handle_close()

    def _overdue(self, now: float) -> bool:
        if self.will_close:
            return True
        if self.total_outbufs_len:
            allowed = PATIENCE + self._sent / SLOWEST
            return now - self.sent_at > PATIENCE or now - self._sent_from > allowed
        if self.requests:
            return False
        waited = now - self.since
        if self._lingers:
            return waited > LINGER
        if self.request is not None:
            return bool(waited > PATIENCE + self.request.arrived / SLOWEST)
        return waited > (KEPT_IDLE if self._answered else PATIENCE)

    # -- Reading: the loop's thread --

    def readable(self) -> bool:
        if self._lingers:
            return True
        if self._ahead and super().readable():
            try:
                self.received(b"")
            except OSError:  # raised from here, it would end the loop
                self.handle_close()
        return bool(super().readable())

    def handle_read(self) -> None:
        if not self._lingers:
            super().handle_read()
            return
        self._thrown_away += len(self.recv(AT_ONCE))
        if self._thrown_away > THROWN_AWAY:
            self.handle_close()

    def received(self, data: bytes) -> bool:
        """Take one request from what has arrived, and keep the rest for later."""
        data, self._ahead = self._ahead + data, b""
        with self.requests_lock:
            if self.will_close or self.close_when_flushed:
                return False
            while data and not self.requests:
                if self.request is None:
                    self.request = self.parser_class(self.adj)
                    self.since = monotonic()
                request = self.request
                data = data[request.received(data) :]
                if request.completed:
                    self._take(request)
                elif request.expect_continue and not self.sent_continue:
                    self.send_continue()
            self._ahead = data
        return True

    def _take(self, request: Any) -> None:
        self.request = None
        self.sent_continue = False
        if not request.empty:
            self._still_sends = bool(request.error or request.left_out)
            self.requests.append(request)
            self.server.add_task(self)

    def _refuse(self, error: Any) -> None:
        with self.requests_lock:
            self.request.refuse(error)
            self._take(self.request)

    # -- Working: a thread of its own --

    def service(self) -> None:
        """Answer the request. Any failure ends it."""
        try:
            super().service()
        except BaseException:
            log.exception("a request could not be answered")
            with self.requests_lock:
                self.requests = []
                self.will_close = True
            self.server.pull_trigger()
        finally:
            self._answered = True
            self.since = monotonic()

    def write_soon(self, data: Any) -> int:
        if not self.total_outbufs_len:
            self._sent_from = self.sent_at = monotonic()
            self._sent = 0
        written: int = super().write_soon(data)
        if self.total_outbufs_len:
            # The loop was woken for the rest while the lock was still held, and slept on.
            self.server.pull_trigger()
        return written

    # -- Sending: either --

    def send(self, data: bytes, do_close: bool = True) -> int:
        sent: int = super().send(data, do_close=do_close)
        if sent:
            self._sent += sent
            self.sent_at = monotonic()
        return sent

    def writable(self) -> bool:
        if self._lingers:
            return False
        if self.requests:
            if not self.outbuf_lock.acquire(blocking=False):
                # If the thread waits for the client to receive the answer, nobody else wakes the
                # loop again.
                return bool(self.total_outbufs_len > self.adj.outbuf_high_watermark)
            self.outbuf_lock.release()
        return bool(super().writable())

    def handle_write(self) -> None:
        if not (self.close_when_flushed and self._still_sends):
            super().handle_write()
            return
        self.close_when_flushed = False
        super().handle_write()
        if self.total_outbufs_len:
            self.close_when_flushed = True
        elif self.connected:
            self._linger()

    def _linger(self) -> None:
        """Tell the client that nothing more comes, and let it finish."""
        self._lingers = True
        self.since = monotonic()
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.handle_close()


def client_of(host: str) -> str | None:
    """Returns whose connections are counted as one client's: an address, or an IPv6 network of 64
    bits.

    Returns None for this machine, where a reverse proxy connects for everybody.
    """
    address = ip_address(host)
    if address.is_loopback:
        return None
    if isinstance(address, IPv6Address):
        return address.packed[:8].hex()
    return host
