"""Where devices may be."""

import pytest

from domain.devices.networks import DeviceNetworks

PRIVATE = DeviceNetworks.of()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.255.0.9",
        "0.0.0.0",  # noqa: S104  # refused, not bound
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "2002:7f00:1::",
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "fd20:ce::254",
        "fd00:ec2::254%1",
        "100.100.100.200",
        "8.8.8.8",
        "172.32.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "2001:4860:4860::8888",
    ],
)
def test_no_device_is_outside_the_private_networks(host: str) -> None:
    assert not PRIVATE.allow_host(host)


@pytest.mark.parametrize(
    "host", ["10.0.0.7", "172.31.255.1", "192.168.1.20", "fd12:3456::7", "::ffff:10.0.0.7"]
)
def test_devices_may_be_in_private_networks(host: str) -> None:
    assert PRIVATE.allow_host(host)


def test_a_name_is_checked_when_it_is_resolved() -> None:
    assert PRIVATE.allow_host("scale-7.shop.example")


def test_loopback_and_metadata_are_allowed_where_they_are_listed() -> None:
    listed = DeviceNetworks.of(["127.0.0.0/8", "::1/128", "fd00:ec2::254", "fd00::/8"])
    assert listed.allow_host("127.0.0.1")
    assert listed.allow_host("::1")
    assert listed.allow_host("fd00:ec2::254")
    assert not listed.allow_host("10.0.0.7")


def test_a_wide_range_does_not_list_a_metadata_service() -> None:
    anywhere = DeviceNetworks.of(["0.0.0.0/0", "::/0"])
    assert anywhere.allow_host("8.8.8.8")
    assert not anywhere.allow_host("169.254.169.254")
    assert not anywhere.allow_host("::ffff:169.254.169.254")


@pytest.mark.parametrize("network", ["10.0.0.1/8", "shop", "", "10.0.0.0/33"])
def test_what_is_no_network_is_refused(network: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        DeviceNetworks.of([network])
