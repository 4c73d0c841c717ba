"""Reaching a device: every address it has, in bounded time, with an error that says where."""

import errno
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from adapters.mertech.driver.connecting import connect
from adapters.mertech.driver.scales import MertechScales
from adapters.mertech.driver.watch import READABLE, Watch
from adapters.mertech.emulator import Pace, running_scales
from application.ports.scales import (
    ScalesError,
    ScalesTimedOutError,
    ScalesUnreachableError,
    Target,
)
from domain.devices.device import Address
from domain.devices.networks import DeviceNetworks
from tests.harness.failures import in_english, raises
from tests.harness.installation import LOOPBACK
from tests.harness.left_open import nothing_left_open, within
from tests.integration.mertech.connections import CLOCK, SOON, connected

Found = list[tuple[int, int, int, str, tuple[str | int, ...]]]


def known_as(monkeypatch: pytest.MonkeyPatch, *ends: tuple[str, int]) -> Address:
    """A host whose name gives these addresses."""
    found: Found = [
        (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", end) for end in ends
    ]

    def getaddrinfo(host: str, port: int, **_: object) -> Found:
        assert (host, port) == ("scales.shop", 1111)
        return found

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return Address("scales.shop", 1111)


@pytest.fixture
def closed() -> Iterator[tuple[str, int]]:
    """Where connecting is refused."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()


@pytest.fixture
def swallowing() -> Iterator[tuple[str, int]]:
    """Where nothing answers to an attempt to connect: what may wait there is full."""
    if sys.platform != "linux":
        pytest.skip("other systems refuse where Linux does not answer")
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield listening.getsockname()


def unreachable(
    address: Address, *, connect_timeout: float = 0.2, networks: DeviceNetworks = LOOPBACK
) -> str:
    with (
        nothing_left_open(),
        pytest.raises(ScalesUnreachableError) as error,
        connected(address, connect_timeout=connect_timeout, networks=networks),
    ):
        pass
    assert not error.value.maybe_accepted
    return in_english(error.value)


def test_a_refused_connection_says_where(closed: tuple[str, int]) -> None:
    host, port = closed
    assert unreachable(Address(*closed)) == f"The scale at {host}:{port} refused the connection."


def test_an_address_of_ipv6_is_written_in_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(host: str, port: int, **_: object) -> Found:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert unreachable(Address("fd00::7", 1111)) == (
        "The scale at [fd00::7]:1111 was not found: its name is unknown to the network."
    )


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".shop", "a\0b"])
def test_what_cannot_be_a_name_is_not_found(host: str) -> None:
    assert "was not found" in unreachable(Address(host, 1111))


def test_the_next_address_is_tried_when_one_refuses(
    monkeypatch: pytest.MonkeyPatch, closed: tuple[str, int]
) -> None:
    with running_scales(products=1, pace=Pace(0, 0, 0)) as fleet:
        address = known_as(monkeypatch, closed, ("127.0.0.1", fleet[0].port))
        with connected(address) as line:
            assert len(line.read().file.products) == 1


def test_the_next_address_is_tried_when_one_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, swallowing: tuple[str, int]
) -> None:
    with running_scales(products=1, pace=Pace(0, 0, 0)) as fleet:
        address = known_as(monkeypatch, swallowing, ("127.0.0.1", fleet[0].port))
        with nothing_left_open(), connected(address, connect_timeout=0.4) as line:
            assert len(line.read().file.products) == 1


def test_all_addresses_together_take_no_longer_than_is_given(
    monkeypatch: pytest.MonkeyPatch, swallowing: tuple[str, int]
) -> None:
    address = known_as(monkeypatch, *[swallowing] * 100)
    with within(SOON):
        text = unreachable(address, connect_timeout=0.2)
    assert text == "The scale at scales.shop:1111 could not be reached within 0.2 s."


def test_the_deadline_ends_connecting(swallowing: tuple[str, int]) -> None:
    with (
        nothing_left_open(),
        within(SOON),
        raises(ScalesTimedOutError, match="no time left to reach"),
        connected(Address(*swallowing), seconds=0.2, connect_timeout=10.0),
    ):
        pass


def test_the_heart_beats_while_connecting_and_can_end_it(swallowing: tuple[str, int]) -> None:
    def heartbeat() -> None:
        raise TimeoutError("lease lost")

    with (
        nothing_left_open(),
        within(SOON),
        pytest.raises(TimeoutError, match="lease lost"),
        connected(Address(*swallowing), connect_timeout=10.0, heartbeat=heartbeat),
    ):
        pass


def test_no_command_is_held_back_and_no_call_blocks() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = Address("127.0.0.1", listening.getsockname()[1])
        watch = Watch(CLOCK, CLOCK.monotonic() + 5, lambda: None)
        with connect(address, watch, 5, LOOPBACK) as sock:
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert not sock.getblocking()


def test_a_family_that_this_machine_lacks_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [(255, socket.SOCK_STREAM, 0, "", ("::1", 1111))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert unreachable(Address("scales.shop", 1111)).startswith(
        "The scale at scales.shop:1111 could not be reached ("
    )


def test_many_threads_share_the_scales() -> None:
    times = 3
    failed: list[ScalesError] = []
    with nothing_left_open(), running_scales(8, products=20) as fleet:
        scales = MertechScales(CLOCK, networks=LOOPBACK)

        def converse(port: int) -> None:
            line = Target(Address("127.0.0.1", port), "1234")
            try:
                for _ in range(times):
                    deadline = CLOCK.monotonic() + 30
                    with scales.conversation(
                        line, deadline=deadline, heartbeat=lambda: None
                    ) as conversation:
                        conversation.send(conversation.read().file, clear=False)
            except ScalesError as error:
                failed.append(error)

        threads = [threading.Thread(target=converse, args=(port,)) for port in fleet.ports]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [device.counters.uploads_accepted for device in fleet] == [times] * 8
    assert not failed


OUTSIDE = "outside the networks in which scales may be"
PRIVATE = DeviceNetworks.of()


@pytest.fixture
def unasked() -> Iterator[socket.socket]:
    """A server of the host itself, which nobody may be connected to."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_nothing_outside_the_networks_is_connected_to(unasked: socket.socket) -> None:
    text = unreachable(Address(*unasked.getsockname()), networks=PRIVATE)
    host, port = unasked.getsockname()
    assert text == f"The address {host}:{port} is {OUTSIDE}."


@pytest.mark.parametrize("written", ["127.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost"])
def test_no_way_of_writing_an_address_gets_past_the_networks(
    unasked: socket.socket, written: str
) -> None:
    text = unreachable(Address(written, unasked.getsockname()[1]), networks=PRIVATE)
    # Not every system knows the older ways of writing one.
    assert text.endswith((f" is {OUTSIDE}.", "its name is unknown to the network."))


def test_a_name_that_points_elsewhere_by_now_gets_nobody_through(
    monkeypatch: pytest.MonkeyPatch, unasked: socket.socket
) -> None:
    inside: Found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("10.0.0.7", 1111))]
    there: Found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", unasked.getsockname())]
    answers = [there, inside, inside]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers.pop(0))
    text = unreachable(Address("scales.shop", 1111), networks=PRIVATE)
    assert text == f"The address scales.shop:1111 is {OUTSIDE}."
    assert len(answers) == 2, "the name is looked up once, so that it has no second answer"


def test_what_was_found_allowed_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_scales(products=1, pace=Pace(0, 0, 0)) as fleet:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", fleet[0].port))]
        answers = [found]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers.pop(0))
        with connected(Address("scales.shop", 1111)) as line:
            assert len(line.read().file.products) == 1
    assert not answers


def test_addresses_outside_are_passed_over_for_one_inside(
    monkeypatch: pytest.MonkeyPatch, unasked: socket.socket
) -> None:
    with running_scales(host="127.0.0.2", products=1, pace=Pace(0, 0, 0)) as fleet:
        inside = DeviceNetworks.of(["127.0.0.2/32"])
        address = known_as(monkeypatch, unasked.getsockname(), ("127.0.0.2", fleet[0].port))
        with nothing_left_open(), connected(address, networks=inside) as line:
            assert len(line.read().file.products) == 1


@pytest.mark.parametrize(
    ("found", "networks"),
    [
        ("::ffff:127.0.0.1", PRIVATE),
        ("::ffff:169.254.169.254", PRIVATE),
        ("fe80::1%lo", PRIVATE),
        ("fd00:ec2::254", PRIVATE),
        ("fd00:ec2::254%1", PRIVATE),
        ("0.0.0.0", PRIVATE),  # noqa: S104  nothing is bound
        ("::", PRIVATE),
        ("::1", DeviceNetworks.of(["127.0.0.0/8"])),
        ("a-name-again", DeviceNetworks.of(["0.0.0.0/0", "::/0"])),
    ],
)
def test_no_form_of_an_address_outside_is_connected_to(
    monkeypatch: pytest.MonkeyPatch, found: str, networks: DeviceNetworks
) -> None:
    end: Found = [(socket.AF_INET6, socket.SOCK_STREAM, 0, "", (found, 1111, 0, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: end)
    monkeypatch.setattr(socket, "socket", None)  # not even a socket is made
    with (
        raises(ScalesUnreachableError, match=OUTSIDE),
        connected(Address("scales.shop", 1111), networks=networks),
    ):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="other systems connect to IPv4 by IPv4 only")
@pytest.mark.parametrize("found", ["::ffff:127.0.0.1", "::ffff:7f00:1"])
def test_an_address_of_ipv4_inside_one_of_ipv6_counts_as_itself(
    monkeypatch: pytest.MonkeyPatch, found: str
) -> None:
    with running_scales(products=1, pace=Pace(0, 0, 0)) as fleet:
        end: Found = [
            (socket.AF_INET6, socket.SOCK_STREAM, 0, "", (found, fleet[0].port, 0, 0)),
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: end)
        with connected(Address("scales.shop", 1111)) as line:
            assert len(line.read().file.products) == 1


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A device that takes little before it has to read."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield sock


def socket_to(listening: socket.socket, *, undelivered: float) -> socket.socket:
    address = Address(*listening.getsockname())
    watch = Watch(CLOCK, CLOCK.monotonic() + 10, lambda: None)
    return connect(address, watch, 10.0, LOOPBACK, undelivered=undelivered)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the system has no such limit")
def test_what_a_device_did_not_take_in_time_does_not_reach_it_afterwards(
    listening: socket.socket,
) -> None:
    with socket_to(listening, undelivered=0.4) as ours:
        theirs, _ = listening.accept()
        with theirs:
            written = ours.send(bytes(1_000_000))
            CLOCK.sleep(1.5)  # this process may as well have been frozen: the system does it
            arrived = 0
            theirs.settimeout(10)
            with suppress(ConnectionError):
                while part := theirs.recv(65536):
                    arrived += len(part)
            assert 0 < arrived < written
            with pytest.raises(OSError, match=os.strerror(errno.ETIMEDOUT)):
                ours.send(b"x")


def test_a_slow_device_that_takes_what_it_is_sent_is_let_be(listening: socket.socket) -> None:
    with socket_to(listening, undelivered=0.4) as ours:
        theirs, _ = listening.accept()
        with theirs:
            assert ours.send(bytes(1000)) == 1000
            CLOCK.sleep(1.5)
            assert theirs.recv(65536) == bytes(1000)
            theirs.sendall(b"taken")
            watch = Watch(CLOCK, CLOCK.monotonic() + 10, lambda: None)
            assert watch.wait(ours, READABLE, CLOCK.monotonic() + 10)
            assert ours.recv(100) == b"taken"
