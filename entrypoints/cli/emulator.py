"""`web-scales emulator`: emulated scales to try the service with. They can misbehave on command."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from entrypoints.cli.speech import say
from entrypoints.process.failures import CommandFailedError

if TYPE_CHECKING:
    from adapters.mertech.emulator import ActiveFault, Fleet


class _WithFaults(click.Command):
    """A command whose help ends with a list of the faults."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from adapters.mertech.emulator import Fault

        takes = {
            "nothing": "",
            "seconds": "[:SECONDS]",
            "times": "[:TIMES]",
            "product codes": ":CODE,…",
        }
        with formatter.section("Faults"):
            formatter.write_dl(
                [(f"{fault.value}{takes[fault.takes.value]}", fault.meaning) for fault in Fault]
            )


@click.command(cls=_WithFaults)
@click.option("--count", default=1, show_default=True, help="How many scales.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--base-port",
    default=1111,
    show_default=True,
    help="Port of the first, the rest follow; 0: free ones.",
)
@click.option("--products", default=678, show_default=True, help="Products on each; 0: none yet.")
@click.option("--seed", default=1, show_default=True, help="Another one makes other products.")
@click.option("--string-values", is_flag=True, help="Write numbers as text, as some firmware does.")
@click.option("--password", default="1234", show_default=True, help="4 printable ASCII characters.")
@click.option("--latency", default=0.0, show_default=True, help="Seconds before each reply.")
@click.option(
    "--fault",
    "faults",
    metavar="PORT:FAULT",
    multiple=True,
    help="Have the scale at this port misbehave from the start, as in 1111:silent. For several "
    "scales, give it several times.",
)
@click.option(
    "--clock-ahead", default=0.0, show_default=True, help="Seconds their clocks are set wrong."
)
@click.option("--newer-firmware", is_flag=True, help="Tell more of themselves, as some do.")
@click.option(
    "--control-port",
    type=click.IntRange(0, 65535),
    help="A port on loopback (0: a free one) that switches faults while the scales run. It takes "
    "lines: 'PORT FAULT' has a scale misbehave, 'PORT none' ends that, 'PORT clock SECONDS' sets "
    "its clock wrong, 'list' tells what each scale does, 'faults' what there is.",
)
def emulator(faults: tuple[str, ...], **options: Any) -> None:
    """Emulate scales (Mertech M-ER 725) until Ctrl-C, for trying the service without any.

    The service connects to scales on this machine only when its setting DEVICE_NETWORKS lists
    127.0.0.0/8. The scales do what real ones do, until they are told to misbehave: see the end of
    this page.
    """
    from adapters.mertech.emulator import EmulatorOptions, serve_emulator

    def ready(fleet: "Fleet") -> None:
        ports = f"{fleet.ports[0]}" if len(fleet) == 1 else f"{fleet.ports[0]}–{fleet.ports[-1]}"
        say(
            "emulating {number} scales at {host}, port {ports}",
            number=len(fleet),
            host=options["host"],
            ports=ports,
        )
        for scales in fleet:
            if scales.fault:
                say("port {port} misbehaves: {fault}", port=scales.port, fault=scales.fault)
        if fleet.control_port:
            say("taking orders at {address}", address=f"127.0.0.1:{fleet.control_port}")

    try:
        chosen = EmulatorOptions(**options, faults=dict(_faults(faults)))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    try:
        serve_emulator(chosen, on_ready=ready)
    except OSError as error:
        raise CommandFailedError(error.strerror or str(error)) from error


def _faults(written: Iterable[str]) -> "Iterable[tuple[int, ActiveFault]]":
    """Raises ValueError."""
    from adapters.mertech.emulator import parse_fault

    for text in written:
        port, _, fault = text.partition(":")
        if not port.isdecimal():
            raise ValueError(f"{text!r} is not PORT:FAULT, as in 1111:silent")
        yield int(port), parse_fault(fault)
