"""Waitress, with what it lacks against strangers and for an orderly end."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from socket import socket
from time import monotonic
from typing import Any, Final

from waitress import wasyncore
from waitress.server import TcpWSGIServer, create_server

from entrypoints.api.connections import Channel
from entrypoints.api.parsing import KIB, MOST_HEAD, NO_LIMIT, Bounds
from entrypoints.process.failures import CommandFailedError
from entrypoints.process.stopping import Stop

log = logging.getLogger(__name__)

MOST_QUEUED: Final = 1024 * KIB
"""Bytes that wait to be sent on one connection. An answer made in pieces goes on when the client
has received that much."""
MOST_QUEUED_IN_ALL: Final = 64 * 1024 * KIB
"""Bytes that wait to be sent on all connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to listen, and bounds on connections. Zero connections per address means no bound."""

    host: str
    port: int
    threads: int
    connections: int
    connections_per_address: int


class PortTakenError(CommandFailedError):
    """The service cannot listen there; the text says why."""


class Server:
    """A server that listens from when it is made."""

    def __init__(self, app: Any, place: Place, bounds: Bounds) -> None:
        """Raises PortTakenError."""
        self._sockets: dict[int, Any] = {}
        self._place = place
        self._bounds = bounds
        self._next_look = 0.0
        try:
            create_server(
                app,
                map=self._sockets,
                host=place.host,
                port=place.port,
                threads=place.threads,
                # select() cannot watch a socket of a high number.
                asyncore_use_poll=True,
                max_request_header_size=MOST_HEAD,
                outbuf_high_watermark=MOST_QUEUED,
                # The bounds of connections, bodies and time are our own.
                connection_limit=NO_LIMIT,
                max_request_body_size=NO_LIMIT,
                channel_timeout=NO_LIMIT,
                ident=None,
            )
        # ValueError: a host that no name service knows.
        except (OSError, ValueError) as error:
            raise PortTakenError(f"Cannot listen on {place.host}:{place.port}: {error}.") from error
        for listener in self._listeners():
            listener.channel_class = self._admit

    @property
    def addresses(self) -> list[str]:
        """The address at which it listens."""
        return [
            f"http://{f'[{host}]' if ':' in host else host}:{listener.effective_port}"
            for listener in self._listeners()
            for host in [listener.effective_host]
        ]

    def run(self, stop: Stop, *, patience: float) -> None:
        """Serve until asked to stop. Requests in flight then have `patience` seconds."""
        for listener in self._listeners():
            stop.wakes(listener.pull_trigger)
        self._turn_while(lambda: not stop.asked)
        for listener in list(self._listeners()):
            # Its own close() would close too much: connections still need what wakes this loop.
            wasyncore.dispatcher.close(listener)
        give_up = monotonic() + patience
        self._turn_while(lambda: self._busy() and monotonic() < give_up)
        if self._busy():
            log.warning("requests that take too long were cut off")

    def _turn_while(self, condition: Callable[[], bool]) -> None:
        while condition():
            wasyncore.loop(timeout=1, use_poll=True, map=self._sockets, count=1)
            now = monotonic()
            if now >= self._next_look:
                self._next_look = now + 1
                for channel in self._channels():
                    channel.end_if_overdue(now)
                self._shed()

    def _shed(self) -> None:
        """Close the connection whose client has received nothing for longest, if too much waits to
        be sent."""
        unsent = [one for one in self._channels() if one.total_outbufs_len]
        queued = sum(one.total_outbufs_len for one in unsent)
        for channel in sorted(unsent, key=lambda one: one.sent_at):
            if queued <= MOST_QUEUED_IN_ALL:
                return
            queued -= channel.total_outbufs_len
            channel.handle_close()

    def _admit(self, listener: Any, sock: socket, addr: Any, adj: Any, map: dict[int, Any]) -> None:
        """Accept a connection.

        If its client has as many as it may, or all places are taken, the connection that has waited
        for its client longest is closed.
        """
        try:
            channel = Channel(listener, sock, addr, adj, map, self._bounds)
        except OSError as error:  # it is gone already; raised from here, this would end listening
            log.debug("a connection could not be taken: %s", error)
            sock.close()
            return
        others = [one for one in self._channels() if one is not channel]
        own = [one for one in others if one.client == channel.client]
        most_own = self._place.connections_per_address
        if channel.client is not None and 0 < most_own <= len(own):
            crowd = own
        elif len(others) >= self._place.connections:
            crowd = others
        else:
            return
        idle = [one for one in crowd if one.waits]
        min(idle, key=lambda one: one.since, default=channel).handle_close()

    def _busy(self) -> bool:
        """Whether requests or answers are in progress. Closes connections that are idle."""
        busy = False
        for channel in self._channels():
            if channel.waits:
                channel.handle_close()
            else:
                busy = True
        return busy

    def _channels(self) -> list[Channel]:
        return [one for one in self._sockets.values() if isinstance(one, Channel)]

    def _listeners(self) -> Iterator[Any]:
        return (one for one in self._sockets.values() if isinstance(one, TcpWSGIServer))
