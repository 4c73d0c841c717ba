"""What somebody learns who registers an address to find out what listens there: over sockets."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from application.devices.registration import DeviceChanges
from application.ports.scales import ScalesError, ScalesNonsenseError, ScalesUnreachableError
from domain.errors import Cause
from domain.runs.run import Run, RunKind
from tests.harness.emulated import BRIEF, Emulated, emulated
from tests.harness.failures import raises
from tests.harness.left_open import nothing_left_open
from tests.harness.work import do_all
from tests.integration.mertech.scripted_device import scripted

Listening = Callable[[], AbstractContextManager[int]]
NOT_REACHED = Cause("ScalesUnreachable")
"""Without facts: nothing of what was met."""
NO_SCALE = Cause("ScalesNonsense")
WEB = Cause("WebServer")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Emulated]:
    with emulated(tmp_path) as shop:
        shop.use_cases = shop.patient(BRIEF)
        yield shop


@contextmanager
def refusing() -> Iterator[int]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


@contextmanager
def silent() -> Iterator[int]:
    """Takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock.getsockname()[1]


@contextmanager
def swallowing() -> Iterator[int]:
    """Does not even answer to an attempt to connect, as what may wait there is full (on Linux)."""
    with ExitStack() as stack:
        sock = stack.enter_context(socket.socket())
        sock.bind(("127.0.0.1", 0))
        sock.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(sock.getsockname())
        yield sock.getsockname()[1]


@contextmanager
def hanging_up() -> Iterator[int]:
    with scripted(lambda device, connection: None) as device:
        yield device.address.port


@contextmanager
def saying(banner: bytes, *, first: bool = False) -> Iterator[int]:
    """Says the same to everybody, before or after it has heard something."""

    def say(_: object, connection: socket.socket) -> None:
        if not first:
            connection.recv(4096)
        with suppress(OSError):
            connection.sendall(banner)
            connection.recv(4096)

    with scripted(say) as device:
        yield device.address.port


def found(shop: Emulated, port: int) -> tuple[type[Exception], Cause, Run]:
    """What a user is told of a port, who reads from it."""
    shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(port=port))
    with nothing_left_open(), pytest.raises(ScalesError) as error:
        shop.read()
    run = shop.run
    assert run.ending is not None
    assert run.ending.cause == Cause.of(error.value)
    return type(error.value), run.ending.cause, run


@pytest.mark.parametrize("listening", [refusing, silent, swallowing, hanging_up])
def test_who_refuses_cannot_be_told_from_who_is_silent(
    shop: Emulated, listening: Listening
) -> None:
    with listening() as port:
        kind, cause, run = found(shop, port)
        assert (kind, cause) == (ScalesUnreachableError, NOT_REACHED)
        assert run.ending is not None
        assert (run.ending.products, run.ending.bytes) == (None, None)
        status = shop.cases.devices.show_status(shop.anna, shop.id)
        assert (status.reachable, status.error, status.latency) == (False, NOT_REACHED, None)
        assert status.last_run is not None
        assert status.last_run.ending == run.ending


def test_a_name_that_leads_nowhere_reads_the_same(
    shop: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(host="scales.shop"))
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(ScalesUnreachableError) as error:
        shop.read()
    assert Cause.of(error.value) == NOT_REACHED


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("banner", [b"SSH-2.0-OpenSSH_9.6\r\n", b"\x02\x05secret", b"220 mail\r\n"])
def test_no_banner_is_passed_on(
    shop: Emulated, caplog: pytest.LogCaptureFixture, banner: bytes, first: bool
) -> None:
    with caplog.at_level("DEBUG"), saying(banner, first=first) as port:
        kind, cause, _ = found(shop, port)
    assert (kind, cause) == (ScalesNonsenseError, NO_SCALE)
    for part in ("SSH", "secret", "220", str(int.from_bytes(banner[:4], "little"))):
        assert part not in caplog.text.replace(f"{port}", "")


def test_a_web_server_is_told_as_such_and_not_which(shop: Emulated) -> None:
    with saying(b"HTTP/1.1 400 Bad Request\r\nServer: secret/1.2\r\n\r\n") as port:
        kind, cause, _ = found(shop, port)
        assert cause == WEB
        assert issubclass(kind, ScalesNonsenseError)
        assert shop.cases.devices.show_status(shop.anna, shop.id).error == WEB


def test_a_batch_tells_no_more(shop: Emulated) -> None:
    told = []
    for listening in (refusing, silent):
        with listening() as port:
            shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(port=port))
            batch = shop.cases.runs.start_batch(shop.anna, RunKind.READ, [shop.id]).batch
            do_all(shop.cases)
            [item] = shop.cases.runs.show_batch(shop.anna, batch.id).items
            told.append(item.cause)
    assert told == [NOT_REACHED] * 2


def test_the_owner_of_a_device_that_was_read_there_is_told_why(shop: Emulated) -> None:
    shop.break_by("silent")
    with raises(ScalesError, match="did not answer within"):
        shop.read()
    shop.break_by("refuse-connections")
    with raises(ScalesError, match="refused the connection"):
        shop.read()
