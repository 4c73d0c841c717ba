"""`web-scales devices`: scales of all users, for the operator of the service."""

import click

from domain.devices.device import Address
from domain.devices.rules import PORT
from entrypoints.cli.cases import use_cases
from entrypoints.cli.speech import say


class HostAndPort(click.ParamType[Address]):
    """An address and port, such as 192.168.1.50:1111 or [fd00::7]:1111."""

    name = "host:port"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> Address:
        host, _, port = value.rpartition(":")
        if not (port.isascii() and port.isdecimal()) or PORT.fault(int(port)):
            bounds = f"from {PORT.lowest} to {PORT.highest}"
            self.fail(f"{value} has no port {bounds}, as in 192.168.1.50:1111.", param, ctx)
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        elif ":" in host:
            self.fail(f"An IPv6 address stands in brackets, as in [{host}]:{port}.", param, ctx)
        if not host:
            self.fail(f"{value} has no host, as in 192.168.1.50:1111.", param, ctx)
        return Address(host, int(port))


@click.group()
def devices() -> None:
    """Look after the scales of all users."""


@devices.command()
@click.argument("address", metavar="HOST:PORT", type=HostAndPort())
def clear_refusals(address: Address) -> None:
    """Have passwords tried again at an address.

    After eight refused passwords, of any users and devices, no more are tried there, so that the
    scale does not lock itself. Check the password at the scale first.
    """
    refusals = use_cases().devices.clear_refusals(address)
    if refusals:
        say(
            "cleared at {address}: passwords refused there: {refusals}",
            address=address,
            refusals=refusals,
        )
    else:
        say("no password was refused at {address} since one was taken", address=address)
