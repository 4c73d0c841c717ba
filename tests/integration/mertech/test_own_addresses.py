"""The machine's own addresses: found, and no place for devices unless listed singly."""

import socket
from ipaddress import ip_address
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from adapters.system.addresses import own_addresses
from application.ports.scales import ScalesUnreachableError
from domain.devices.device import Address
from domain.devices.networks import PRIVATE_NETWORKS, DeviceNetworks
from tests.harness.failures import raises
from tests.harness.over_http import OverHttp, kind, problem
from tests.integration.mertech.connections import connected

OWN = frozenset(map(ip_address, ("10.0.0.2", "fd00::2", "127.0.0.1", "::1")))


def networks(*more: str) -> DeviceNetworks:
    return DeviceNetworks(DeviceNetworks.of([*PRIVATE_NETWORKS, *more]).networks, lambda: OWN)


def test_they_are_found() -> None:
    assert ip_address("127.0.0.1") in own_addresses()


def test_scopes_and_other_families_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(family: int, address: str) -> Any:
        return SimpleNamespace(family=family, address=address)

    interfaces = {
        "eth0": [
            found(psutil.AF_LINK, "00:11:22:33:44:55"),
            found(socket.AF_INET, "10.0.0.2"),
            found(socket.AF_INET6, "fe80::1%eth0"),
        ]
    }
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: interfaces)
    assert own_addresses() == {ip_address("10.0.0.2"), ip_address("fe80::1")}


@pytest.mark.parametrize("host", ["10.0.0.2", "fd00::2", "::ffff:10.0.0.2"])
def test_a_device_may_not_be_saved_there_unless_it_is_listed_singly(host: str) -> None:
    shop = OverHttp(networks=networks("10.0.0.0/30", "fd00::/126"))
    anna = shop.sign_in("anna@example.org")
    device = {"name": "Bakery", "ip": host, "password": "1234"}
    refused = anna.post("/devices", json=device)
    assert kind(refused) == (422, "invalid-request")
    other = anna.post("/devices", json={**device, "ip": "8.8.8.8"})
    without_host = problem(refused)["detail"].replace(host, "8.8.8.8")
    assert without_host == problem(other)["detail"], "it tells nobody whose it is"
    added = anna.add_device()
    assert kind(anna.put(f"/devices/{added}", json={"ip": host})) == (422, "invalid-request")
    listed = OverHttp(networks=networks("10.0.0.2/32", "fd00::2/128"))
    assert listed.sign_in("anna@example.org").post("/devices", json=device).status_code == 201


@pytest.mark.parametrize("found", ["10.0.0.2", "fd00::2", "::ffff:10.0.0.2", "0.0.0.0", "::"])  # noqa: S104  nothing is bound
def test_none_is_connected_to_by_whatever_name(monkeypatch: pytest.MonkeyPatch, found: str) -> None:
    everywhere = DeviceNetworks(DeviceNetworks.of(["0.0.0.0/0", "::/0"]).networks, lambda: OWN)
    end = [(socket.AF_INET6, socket.SOCK_STREAM, 0, "", (found, 1111, 0, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: end)
    monkeypatch.setattr(socket, "socket", None)  # not even a socket is made
    for address in (Address(found, 1111), Address("scales.shop", 1111)):
        with (
            raises(ScalesUnreachableError, match="outside the networks"),
            connected(address, networks=everywhere),
        ):
            pass


@pytest.mark.parametrize(
    ("listed", "allowed"),
    [
        (["10.0.0.0/8"], False),
        (["10.0.0.2/31"], False),
        (["10.0.0.2/32"], True),
        (["10.0.0.0/8", "10.0.0.2"], True),
    ],
)
def test_only_a_network_of_that_very_address_lists_it(listed: list[str], allowed: bool) -> None:
    of = DeviceNetworks(DeviceNetworks.of(listed).networks, lambda: OWN)
    assert of.allow(ip_address("10.0.0.2")) is allowed
    assert of.allow_host("10.0.0.3") is (listed != ["10.0.0.2/32"])


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_loopback_is_allowed_where_it_is_listed_however_widely(host: str) -> None:
    assert networks("127.0.0.0/8", "::1/128").allow_host(host)
    assert not networks().allow_host(host)


def test_addresses_are_looked_for_anew_each_time() -> None:
    own: set[Any] = set()
    of = DeviceNetworks(DeviceNetworks.of().networks, lambda: own)
    assert of.allow_host("10.0.0.2")
    own.add(ip_address("10.0.0.2"))
    assert not of.allow_host("10.0.0.2")
