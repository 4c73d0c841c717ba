"""The API as a process: waitress, and what it lacks for ending in good order."""

import logging
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer, create_server
from waitress.task import ErrorTask, WSGITask

from adapters.json_text import dumps
from adapters.rest.app import RestSettings
from entrypoints.bootstrap import bootstrap
from entrypoints.database import bring_up_to_date
from entrypoints.failures import CommandFailedError
from entrypoints.memory import share_one_heap
from entrypoints.settings import Settings
from entrypoints.stopping import Stop
from entrypoints.web import create_app

log = logging.getLogger(__name__)

CONNECTIONS: Final = 1000
READ_TO_REFUSE: Final = 16 * 1024 * 1024
"""Bytes of a body beyond the largest that are read all the same: a client that is cut off while
it sends never sees the answer."""
GRACE: Final = 10.0
"""Seconds for a request that is not a conversation, on top of those for one that is."""


class PortTakenError(CommandFailedError):
    """The service cannot listen where it should; the text says why."""


def serve(settings: Settings, stop: Stop) -> None:
    """Answer requests until asked to stop, then finish those in flight.

    Raises PortTakenError and UnusableDatabaseError.
    """
    share_one_heap()
    bring_up_to_date(settings)
    app = create_app(
        bootstrap(settings),
        RestSettings(
            cors_allow_origins=settings.cors_allow_origins,
            docs=settings.api_docs,
            max_body_bytes=settings.max_body_bytes,
            language=settings.language,
        ),
    )
    server = Server(app, settings)
    for address in server.addresses:
        log.info("serving on %s", address)
    server.run(stop, patience=settings.conversation_timeout + settings.device_busy_wait + GRACE)
    log.info("stopped")


class Server:
    """Listens as soon as it is made."""

    def __init__(self, app: Any, settings: Settings) -> None:
        """Raises PortTakenError."""
        self._sockets: dict[int, Any] = {}
        try:
            self._waitress = create_server(
                app,
                map=self._sockets,
                host=settings.host,
                port=settings.port,
                threads=settings.threads,
                connection_limit=CONNECTIONS,
                # select() cannot watch a socket of a high number.
                asyncore_use_poll=True,
                max_request_body_size=settings.max_body_bytes + READ_TO_REFUSE,
                ident=None,
            )
        # ValueError: a host that no name service knows.
        except (OSError, ValueError) as error:
            raise PortTakenError(
                f"Cannot listen on {settings.host}:{settings.port}: {error}."
            ) from error
        for listener in self._listeners():
            listener.channel_class = _Channel

    @property
    def addresses(self) -> list[str]:
        """Where it listens."""
        return [
            f"http://{f'[{host}]' if ':' in host else host}:{listener.effective_port}"
            for listener in self._listeners()
            for host in [listener.effective_host]
        ]

    def run(self, stop: Stop, *, patience: float) -> None:
        """Until asked to stop. Requests in flight then have `patience` seconds."""
        for listener in self._listeners():
            stop.wakes(listener.pull_trigger)
        self._turn_while(lambda: not stop.asked)
        for listener in list(self._listeners()):
            # Not its own close(): connections still need what wakes this loop.
            wasyncore.dispatcher.close(listener)
        give_up = time.monotonic() + patience
        self._turn_while(lambda: self._busy() and time.monotonic() < give_up)
        if self._busy():
            log.warning("requests that take too long were cut off")

    def _turn_while(self, condition: Callable[[], bool]) -> None:
        while condition():
            wasyncore.loop(timeout=1, use_poll=True, map=self._sockets, count=1)

    def _busy(self) -> bool:
        """Whether a request is worked on or an answer on its way; closes whoever waits idly."""
        busy = False
        for channel in [one for one in self._sockets.values() if isinstance(one, HTTPChannel)]:
            # In this order: a request is over only when its answer lies ready to be sent.
            if channel.requests or channel.total_outbufs_len:
                busy = True
            else:
                channel.handle_close()
        return busy

    def _listeners(self) -> Iterator[Any]:
        return (one for one in self._sockets.values() if isinstance(one, TcpWSGIServer))


class _ProblemTask(ErrorTask):
    """What waitress refuses by itself, answered as the application answers its refusals."""

    def execute(self) -> None:
        request: Any = self.request
        status = HTTPStatus(request.error.code)
        body = dumps(
            {
                "type": "about:blank",
                "title": status.phrase,
                "status": status.value,
                "detail": str(request.error.body),
                "instance": quote(str(request.path or "/")),
            }
        )
        self.status = f"{status.value} {status.phrase}"
        self.response_headers = [("Content-Type", "application/problem+json")]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Task(WSGITask):
    """Keeps the connection after an answer that has no body by its status, such as 304.

    Upstream closes it, for want of a Content-Length that such an answer must not have.
    """

    def set_close_on_finish(self) -> None:
        request: Any = self.request
        options = request.headers.get("CONNECTION", "").lower().split(",")
        asked = "close" in map(str.strip, options)
        if self.has_body or self.version != "1.1" or asked:
            super().set_close_on_finish()


class _Channel(HTTPChannel):
    """Leaves the loop asleep while a thread sends its answer.

    Upstream has the loop look, as fast as it can, whether it may send too: for about half of the
    processor that a short request takes.
    """

    task_class = _Task
    error_task_class = _ProblemTask

    def writable(self) -> bool:
        if self.requests:
            if not self.outbuf_lock.acquire(blocking=False):
                # Where the thread waits for the client to take what is on its way, nobody wakes
                # the loop once more.
                return bool(self.total_outbufs_len > self.adj.outbuf_high_watermark)
            self.outbuf_lock.release()
        return bool(super().writable())

    def write_soon(self, data: Any) -> int:
        written: int = super().write_soon(data)
        if self.total_outbufs_len:
            # The loop was woken for the rest while the lock was still held, and slept on.
            self.server.pull_trigger()
        return written
