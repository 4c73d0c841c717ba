"""The web server and what strangers send it, over sockets."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import repeat
from typing import Any, Final

import psutil
import pytest

from entrypoints.api import connections, server
from entrypoints.api.connections import Channel, client_of
from entrypoints.api.parsing import STRANGERS_BODY, Bounds
from entrypoints.api.server import Place, Server
from entrypoints.process.stopping import Stop
from tests.harness.over_http import DEVICE, OverHttp
from tests.harness.requests_refused import REFUSED, Refused

SOON: Final = 20.0
"""Seconds within which whatever is waited for happens, or the test fails."""
SHORT: Final = 1.0
"""Seconds of patience, in tests that wait for its end."""
THREADS: Final = 4
LARGE: Final = b"x" * 4_000_000
BOUNDS: Final = Bounds(300_000)
GET = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"


def small_app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    body = LARGE if path == "/large" else b"small " + environ["wsgi.input"].read()
    if path == "/pieces":
        start_response("200 OK", [])
        return repeat(body[:5] * 100_000, 1000)
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


class Served:
    """A server under way."""

    def __init__(self, app: Any, bounds: Bounds, **place: int) -> None:
        wanted = {"threads": THREADS, "connections": 100, "connections_per_address": 0, **place}
        self.server = Server(app, Place(host="127.0.0.1", port=0, **wanted), bounds)
        self.port = int(self.server.addresses[0].rpartition(":")[2])
        self._dispatcher = next(self.server._listeners()).task_dispatcher
        self._stop = Stop()
        self._thread = threading.Thread(target=lambda: self.server.run(self._stop, patience=SOON))
        self._thread.start()

    def connect(self, sent: bytes = b"", source: str = "127.0.0.1") -> socket.socket:
        line = socket.create_connection(
            ("127.0.0.1", self.port), timeout=SOON, source_address=(source, 0)
        )
        line.sendall(sent)
        return line

    def ask(self, sent: bytes) -> bytes:
        """All that comes back until the server closes."""
        with self.connect(sent) as line:
            return rest_of(line)

    def status(self, path: str) -> int:
        """What somebody else is answered."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SOON)
        try:
            line.request("GET", path)
            answer = line.getresponse()
            answer.read()
            return answer.status
        finally:
            line.close()

    @property
    def channels(self) -> list[Channel]:
        return self.server._channels()

    def wait_for(self, count: int) -> None:
        """Until so many connections are open."""
        until(lambda: len(self.channels) == count)

    def end(self) -> None:
        self._stop.ask()
        self._thread.join(SOON)
        assert not self._thread.is_alive()
        self._dispatcher.shutdown()
        for each in list(self.server._sockets.values()):
            each.close()


def rest_of(line: socket.socket) -> bytes:
    return b"".join(iter(lambda: line.recv(65536), b""))


def status_on(line: socket.socket) -> int:
    """What an answer says, which is read as a whole."""
    answer = http.client.HTTPResponse(line)
    answer.begin()
    answer.read()
    return answer.status


def until(reached: Callable[[], bool]) -> None:
    give_up = time.monotonic() + SOON
    while not reached():
        assert time.monotonic() < give_up
        time.sleep(0.005)


@contextmanager
def serving(
    app: Any = small_app,
    bounds: Bounds = BOUNDS,
    **place: int,
) -> Iterator[Served]:
    served = Served(app, bounds, **place)
    try:
        yield served
    finally:
        served.end()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PATIENCE", SHORT)


@pytest.fixture
def shop() -> Iterator[tuple[OverHttp, Served]]:
    """The service itself behind the server."""
    shop = OverHttp(own_app=True)
    tokens = shop.cases.accounts.identify.tokens

    def signed_in(header: str) -> bool:
        try:
            tokens.identify(header.removeprefix("Bearer "))
        except Exception:
            return False
        return True

    with serving(shop.app, Bounds(2**20, signed_in)) as served:
        yield shop, served


def test_every_error_of_the_parser_is_answered_and_leaves_nothing_open() -> None:
    with serving() as served:
        assert served.status("/") == 200
        served.wait_for(0)
        before = psutil.Process().num_fds()
        for refused in REFUSED:
            answer = served.ask(refused.raw)
            first_line, _, _ = answer.partition(b"\r\n")
            head, _, body = answer.partition(b"\r\n\r\n")
            assert first_line.split()[1] == str(refused.status).encode(), refused.name
            assert b"Content-Type: application/problem+json" in head
            assert b"Connection: close" in head
            assert json.loads(body).keys() == {"type", "title", "status", "detail", "instance"}
        served.wait_for(0)
        assert psutil.Process().num_fds() == before
        assert served.status("/") == 200


def test_as_many_bad_requests_as_there_may_be_connections_shut_nobody_out() -> None:
    with serving(connections=10) as served:
        for _ in range(30):
            assert served.ask(b"get / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.0 400 ")
        assert served.status("/") == 200


def test_an_answer_to_an_error_that_fails_closes_the_connection(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(connections._ProblemTask, "execute", fail)
    with serving() as served:
        assert served.ask(REFUSED[0].raw) == b""
        served.wait_for(0)
    assert "a request could not be answered" in caplog.text


def test_an_application_that_fails_is_a_problem_too(caplog: pytest.LogCaptureFixture) -> None:
    def fail(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raise RuntimeError("out of order")

    with serving(fail) as served:
        answer = served.ask(GET % b"")
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"application/problem+json" in answer
    assert b"out of order" not in answer


@pytest.mark.parametrize(
    "refused", [one for one in REFUSED if "and" in one.name and one.status == 400]
)
def test_what_follows_a_request_of_two_lengths_is_no_request(refused: Refused) -> None:
    asked: list[str] = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        asked.append(environ["PATH_INFO"])
        return small_app(environ, start_response)

    with serving(app) as served:
        answer = served.ask(refused.raw + b"0\r\n\r\n" + GET % b"smuggled")
    assert answer.count(b"HTTP/1.") == 1
    assert asked == []


# -- One request at a time, and answers that nobody takes --


def test_requests_in_one_go_are_answered_in_order() -> None:
    with serving() as served:
        posts = b"".join(
            b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%d" % (len(str(one)), one)
            for one in range(300)
        )
        answer = served.ask(posts + b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
    bodies = [part.partition(b"HTTP/1.1")[0] for part in answer.split(b"small ")[1:]]
    assert [int(body) for body in bodies[:-1]] == list(range(300))
    assert bodies[-1] == b""


def test_one_request_of_a_connection_is_taken_at_a_time() -> None:
    at_work, go_on = threading.Event(), threading.Event()

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        at_work.set()
        go_on.wait(SOON)
        return small_app(environ, start_response)

    with serving(app) as served, served.connect(GET % b"" * 50 + b"bad\r\n\r\n") as line:
        assert at_work.wait(SOON)
        (channel,) = served.channels
        assert len(channel.requests) == 1
        assert len(channel._ahead) > 0
        go_on.set()
        assert rest_of(line).count(b"HTTP/1.1 200 ") == 50


@pytest.mark.parametrize("path", [b"large", b"pieces"])
@pytest.mark.usefixtures("impatient")
def test_who_pipelines_and_never_reads_holds_no_thread_for_long(path: bytes) -> None:
    with serving() as served, ExitStack() as lines:
        for _ in range(4 * THREADS):
            lines.enter_context(served.connect(GET % path * 100))
        queued: list[int] = []

        def over() -> bool:
            queued.extend(channel.total_outbufs_len for channel in served.channels)
            return not served.channels

        assert served.status("/") == 200
        until(over)
        assert max(queued, default=0) <= server.MOST_QUEUED + len(LARGE)
        assert served.status("/") == 200


class Sending:
    """As much of a connection as is looked at when too much waits to be sent."""

    def __init__(self, sent_at: float) -> None:
        self.sent_at = sent_at
        self.total_outbufs_len = server.MOST_QUEUED_IN_ALL // 4
        self.closed = False

    def handle_close(self) -> None:
        self.closed = True


def test_what_waits_for_all_clients_together_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = [Sending(sent_at) for sent_at in (5, 1, 4, 2, 3, 6)]
    place = Place(host="127.0.0.1", port=0, threads=1, connections=1, connections_per_address=0)
    idle = Server(small_app, place, BOUNDS)
    monkeypatch.setattr(idle, "_channels", lambda: waiting)
    idle._shed()
    next(idle._listeners()).task_dispatcher.shutdown()
    for each in list(idle._sockets.values()):
        each.close()
    assert sorted(one.sent_at for one in waiting if one.closed) == [1, 2]


def test_who_takes_a_large_answer_slowly_gets_all_of_it(impatient: None) -> None:
    with serving() as served, served.connect(GET % b"large") as line:
        taken = 0
        give_up = time.monotonic() + 2.5 * SHORT
        while time.monotonic() < give_up:
            time.sleep(SHORT / 4)
            taken += len(line.recv(300_000))
        assert served.channels
        while taken < len(LARGE):
            taken += len(line.recv(300_000))


# -- Deadlines --


@pytest.mark.parametrize(
    "beginning", [b"GET / HTTP/1.1\r\nX: ", b"POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n"]
)
def test_a_request_that_drips_is_ended(impatient: None, beginning: bytes) -> None:
    with serving() as served, served.connect(beginning) as line:
        began = time.monotonic()
        line.settimeout(SHORT / 10)
        answer = b""
        while not answer:
            line.sendall(b"x")
            try:
                answer = line.recv(65536)
            except TimeoutError:
                assert time.monotonic() - began < SOON
        assert answer.split()[1] == b"408"
        assert time.monotonic() - began >= SHORT


@pytest.mark.usefixtures("impatient")
def test_who_says_nothing_is_hung_up_on_and_who_has_asked_is_waited_for() -> None:
    with serving() as served, served.connect() as silent, served.connect(GET % b"") as kept:
        assert status_on(kept) == 200
        assert rest_of(silent) == b""
        kept.sendall(GET % b"")
        assert status_on(kept) == 200


# -- How many --


def test_the_one_that_waits_longest_makes_room_when_all_places_are_taken() -> None:
    with serving(connections=10) as served, ExitStack() as lines:
        dripping = [lines.enter_context(served.connect(b"GET / HT")) for _ in range(10)]
        served.wait_for(10)
        for _ in range(5):
            assert served.status("/") == 200
        assert dripping[0].recv(1) == b""


def test_who_is_answered_is_not_hung_up_on_for_another() -> None:
    at_work = threading.Semaphore(0)
    go_on = threading.Event()

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        at_work.release()
        go_on.wait(SOON)
        return small_app(environ, start_response)

    with serving(app, connections=2) as served, ExitStack() as lines:
        asking = [lines.enter_context(served.connect(GET % b"")) for _ in range(2)]
        assert all(at_work.acquire(timeout=SOON) for _ in asking)
        with served.connect() as one_more:
            assert rest_of(one_more) == b""
        go_on.set()
        assert all(status_on(line) == 200 for line in asking)


def test_one_address_has_a_bound_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "client_of", str)
    with serving(connections_per_address=3) as served, ExitStack() as lines:
        other = lines.enter_context(served.connect(source="127.0.0.3"))
        many = [lines.enter_context(served.connect(source="127.0.0.2")) for _ in range(10)]
        for line in many[:-3]:
            assert line.recv(1) == b""
        served.wait_for(4)
        for line in (other, *many[-3:]):
            line.sendall(GET % b"")
            assert status_on(line) == 200


def test_this_machine_is_not_counted_and_networks_of_ipv6_are_one() -> None:
    assert client_of("127.0.0.1") is client_of("::1") is None
    assert client_of("10.0.0.1") != client_of("10.0.0.2")
    assert client_of("2001:db8::1") == client_of("2001:db8::ffff:1")
    assert client_of("2001:db8::1") != client_of("2001:db8:0:1::1")
    assert client_of("fe80::1%eth0") == client_of("fe80::2")


# -- Bodies --


def post(path: str, length: int, body: bytes, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {length}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def problem(answer: bytes) -> tuple[int, str]:
    body = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert b"Connection: close" in answer
    return body["status"], body["type"]


@pytest.mark.parametrize(
    ("path", "length", "refusal"),
    [
        ("/devices", STRANGERS_BODY + 1, (401, "/problems/not-signed-in")),
        ("/devices", 2**20, (401, "/problems/not-signed-in")),
        ("/devices", 2**20 + 1, (413, "/problems/body-too-large")),
        ("/auth/login", STRANGERS_BODY + 1, (413, "/problems/body-too-large")),
        ("/auth/register", 10**12, (413, "/problems/body-too-large")),
    ],
)
def test_a_strangers_body_is_refused_before_it_is_sent(
    shop: tuple[OverHttp, Served], path: str, length: int, refusal: tuple[int, str]
) -> None:
    assert problem(shop[1].ask(post(path, length, b""))) == refusal
    expecting = post(path, length, b"", "Expect: 100-continue")
    assert problem(shop[1].ask(expecting)) == refusal


@pytest.mark.parametrize("length", [STRANGERS_BODY + 1, 3_000_000])
def test_who_sends_all_of_it_sees_the_refusal_and_nothing_is_kept(
    shop: tuple[OverHttp, Served], length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []
    monkeypatch.setattr("tempfile.TemporaryFile", lambda *_: kept.append("a file"))
    answer = shop[1].ask(post("/devices", length, b"x" * length))
    assert problem(answer)[0] in (401, 413)
    assert kept == []


def test_who_never_ends_sending_is_cut_off(shop: tuple[OverHttp, Served]) -> None:
    with shop[1].connect(post("/devices", 10**12, b"")) as line, pytest.raises(OSError):  # noqa: PT011
        while True:
            line.sendall(b"x" * 65536)


def test_who_is_refused_and_says_no_more_is_hung_up_on(
    shop: tuple[OverHttp, Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "LINGER", SHORT)
    with shop[1].connect(post("/devices", 10**12, b"")) as line:
        assert rest_of(line)
        shop[1].wait_for(0)


def test_who_is_signed_in_may_send_more(shop: tuple[OverHttp, Served]) -> None:
    anna = shop[0].sign_in("anna@example.org")
    signed_in = f"Authorization: Bearer {anna.token}"
    body = json.dumps({**DEVICE, "note": "x" * 900_000}).encode()
    for name, more in (("a", ()), ("b", ("Expect: 100-continue",))):
        sent = body.replace(b"Bakery", name.encode())
        with shop[1].connect(post("/devices", len(sent), b"", signed_in, *more)) as line:
            if more:
                assert line.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
            line.sendall(sent)
            assert status_on(line) == 201
    answer = shop[1].ask(post("/devices", 2**20 + 1, b"", signed_in))
    assert problem(answer) == (413, "/problems/body-too-large")
