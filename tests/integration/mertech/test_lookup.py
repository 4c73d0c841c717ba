"""Looking host names up takes a bounded time, and leads to one form of each address."""

import socket
import threading
import time

import pytest

from adapters.mertech.lookup import MOST_ENDPOINTS, Lookups
from domain.devices.device import Address
from domain.devices.networks import DeviceNetworks
from tests.harness.failures import raises
from tests.integration.mertech.connections import connected

NAME = Address("scales.shop", 1111)


def end(host: str, scope: int = 0) -> tuple[object, ...]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    where = (host, 1111, 0, scope) if ":" in host else (host, 1111)
    return (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", where)


def known_as(monkeypatch: pytest.MonkeyPatch, *ends: tuple[object, ...]) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: list(ends))


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("FD00:0:0::7", "fd00::7"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("fe80::1%eth0", "fe80::1%eth0"),
    ],
)
def test_an_address_is_not_looked_up(
    monkeypatch: pytest.MonkeyPatch, host: str, found: str
) -> None:
    monkeypatch.delattr(socket, "getaddrinfo")
    assert Lookups(1.0).endpoints(Address(host, 1111)) == (Address(found, 1111),)


def test_a_name_leads_to_each_address_once_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    known_as(
        monkeypatch,
        end("10.0.0.8"),
        end("::ffff:10.0.0.8"),
        end("10.0.0.7"),
        end("fe80::1", scope=3),
    )
    found = Lookups(1.0).endpoints(NAME)
    assert [each.host for each in found] == ["10.0.0.8", "10.0.0.7", "fe80::1%3"]


def test_of_a_name_with_many_the_first_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    known_as(monkeypatch, *(end(f"10.0.0.{number}") for number in range(1, 100)))
    assert len(Lookups(1.0).endpoints(NAME)) == MOST_ENDPOINTS


@pytest.mark.parametrize("error", [socket.gaierror(-2, "unknown"), UnicodeError("label too long")])
def test_an_unknown_name_leads_nowhere(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert Lookups(1.0).endpoints(NAME) == ()


def test_a_lookup_that_takes_too_long_is_given_up_and_few_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = threading.Event()
    asked: list[None] = []

    def slow(*_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(None)
        assert answer.wait(30)
        return [end("10.0.0.7")]

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    lookups = Lookups(0.05, most=2)
    began = time.monotonic()
    for _ in range(4):
        assert lookups.endpoints(NAME) == ()
    assert time.monotonic() - began < 5
    assert len(asked) == 2
    answer.set()
    for thread in threading.enumerate():
        if thread.name == "lookup":
            thread.join(30)
    assert lookups.endpoints(NAME) == (Address("10.0.0.7", 1111),)


def test_nothing_but_what_was_looked_up_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    known_as(monkeypatch, end("127.0.0.1"))
    with (
        raises(Exception, match="not found"),
        connected(NAME, networks=DeviceNetworks.of(["127.0.0.0/8"]), endpoints=()),
    ):
        pass
