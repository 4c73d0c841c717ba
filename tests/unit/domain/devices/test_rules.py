"""What may be said of a device."""

import pytest

from domain.devices import rules
from domain.errors import Fault

KNOWN = {"Europe/Moscow"}


def test_the_bounds_are_those_that_clients_know() -> None:
    assert (rules.NAME.least, rules.NAME.most) == (1, 120)
    assert (rules.DESCRIPTION.least, rules.DESCRIPTION.most) == (0, 500)
    assert rules.HOST.most == 64
    assert (rules.PORT.lowest, rules.PORT.highest) == (1, 65_535)
    assert rules.PROTOCOLS == ("TCP",)
    assert rules.PORT.fault(rules.DEFAULT_PORT) is None


@pytest.mark.parametrize(
    "host",
    ["192.168.1.50", "fd00::7", "::ffff:10.0.0.7", "scales", "scale-7.shop.example", "_x.y1", "1a"],
)
def test_a_host_is_an_address_or_a_name(host: str) -> None:
    assert rules.host_fault(host) is None


@pytest.mark.parametrize(
    "host",
    [
        "",
        " ",
        "10.0.0",
        "10.0.0.256",
        "1.1",
        "0x7f000001",
        "shop.7",
        "fe80::1%eth0",
        "[fd00::7]",
        "10.0.0.7:1111",
        "-scale",
        "scale-",
        "shop..example",
        "shop.",
        "весы",
        "scale\n",
    ],
)
def test_all_else_is_no_host(host: str) -> None:
    assert rules.host_fault(host) == Fault("not_a_host")


def test_a_host_has_64_characters_at_most() -> None:
    longest = f"{'a' * 60}.shop"[-64:]
    assert rules.host_fault(longest) is None
    assert rules.host_fault(f"a{longest}a"[:65]) == Fault("too_long", {"most": 64})


@pytest.mark.parametrize("password", ["1234", "    ", "~!@#", "0000"])
def test_a_password_is_four_printable_ascii_characters(password: str) -> None:
    assert rules.password_fault(password) is None


@pytest.mark.parametrize("password", ["", "123", "12345", "123\n", "1234\n", "12é4", "12\x7f4"])
def test_a_device_takes_no_other_password(password: str) -> None:
    assert rules.password_fault(password) == Fault("not_a_device_password")


@pytest.mark.parametrize("name", ["Europe/Moscow", ""])
def test_a_time_zone_is_known_or_the_services(name: str) -> None:
    assert rules.time_zone_fault(name, KNOWN) is None


def test_other_time_zones_are_not_known() -> None:
    assert rules.time_zone_fault("Europe/Moscov", KNOWN) == Fault("not_a_time_zone")
    assert rules.time_zone_fault("x" * 65, KNOWN) == Fault("too_long", {"most": 64})
