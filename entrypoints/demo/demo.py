"""The demo: everything at work, with two emulated scales."""

import os
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Final, NoReturn

import click

from adapters.mertech.emulator import Fleet, running_scales
from adapters.texts.languages import of_terminal
from entrypoints import settings
from entrypoints.demo import steps as demo_steps
from entrypoints.demo.api import Api
from entrypoints.fresh_secrets import fresh_secrets
from entrypoints.process.children import Child, Children
from entrypoints.process.failures import CommandFailedError
from entrypoints.process.stopping import Stop

HOST: Final = "127.0.0.1"
SCALES_PASSWORD: Final = "1234"  # noqa: S105 - the maker's default
LONGEST_START: Final = 60.0
"""Seconds."""
POLL: Final = 0.1
LOG: Final = "log.txt"


class _AskedToStopError(BaseException):
    """Raised by Ctrl-C or SIGTERM. No handler of failures catches it on the way."""


def demo(*, port: int, scales_port: int, folder: Path) -> None:
    """Show everything, then stay up until Ctrl-C or SIGTERM. Raises CommandFailedError."""
    if isinstance(sys.stdout, TextIOWrapper):
        # Product names are Russian, and not every terminal can show them.
        sys.stdout.reconfigure(errors="replace")
    stop = Stop()
    stop.on_signals()
    stop.wakes(_leave)
    with suppress(_AskedToStopError), ExitStack() as stack:
        _require_free(port)
        fleet = _emulated(scales_port, stack)
        environment = _prepared(folder)
        log = stack.enter_context((folder / LOG).open("ab"))
        children = stack.enter_context(Children(stop))
        for command in (["serve", "--host", HOST, "--port", str(port)], ["scheduler"]):
            children.add(Child(*command, environment=environment, folder=folder, log=log))
        _show(Api(f"http://{HOST}:{port}"), fleet, children, folder)
        children.wait()
        _require_running(children, folder)


def _leave() -> NoReturn:
    raise _AskedToStopError


def _require_free(port: int) -> None:
    """Raises CommandFailedError if another service already answers there."""
    with socket.socket() as probe:
        if os.name == "posix":  # as the service itself does
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandFailedError(
                f"Cannot listen on {HOST}:{port}: {error.strerror}. Something else runs there: "
                "end it, or choose another port with --port."
            ) from error


def _emulated(first_port: int, stack: ExitStack) -> Fleet:
    scales = running_scales(
        count=len(demo_steps.NAMES), host=HOST, base_port=first_port, password=SCALES_PASSWORD
    )
    try:
        return stack.enter_context(scales)
    except OSError as error:
        raise CommandFailedError(
            f"The emulated scales {error.strerror or error}. Something else runs there: end it, "
            "or choose other ports with --scales-port."
        ) from error


def _prepared(folder: Path) -> Mapping[str, str]:
    """Make a folder with secrets in it. Answers the environment for processes that run there: no
    setting of a real service is to reach them, and the scales are on this machine."""
    secrets = folder / settings.FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not secrets.exists():
            unfinished = folder / f"{settings.FILE}.new"
            unfinished.unlink(missing_ok=True)
            file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "w") as new:
                new.write(fresh_secrets())
            unfinished.replace(secrets)
    except OSError as error:
        raise CommandFailedError(f"Cannot use {folder}: {error.strerror}.") from error
    kept = {name: value for name, value in os.environ.items() if name not in settings.NAMES}
    return {**kept, "DEVICE_NETWORKS": f"{HOST}/32"}


def _show(api: Api, fleet: Fleet, children: Children, folder: Path) -> None:
    where = ", ".join(f"{scales.host}:{scales.port}" for scales in fleet)
    language = of_terminal()
    click.echo(
        language.phrase(
            "Emulated scales are at {addresses}. The service starts; its log is {log}.",
            addresses=where,
            log=folder / LOG,
        )
    )

    def check() -> None:
        _require_running(children, folder)

    give_up = time.monotonic() + LONGEST_START
    while not api.ready():
        check()
        if time.monotonic() > give_up:
            raise CommandFailedError(f"The API is not ready yet; {folder / LOG} may say why.")
        time.sleep(POLL)
    demo_steps.Demo(api, fleet, SCALES_PASSWORD, check, language).run()
    click.echo()
    click.echo(language.phrase("Try it yourself: {address}", address=f"{api.address}/docs"))
    click.echo(
        language.phrase(
            "Sign in there (Authorize) as {email} with the password {password}",
            email=demo_steps.EMAIL,
            password=demo_steps.SIGN_IN,
        )
    )
    click.echo(language.phrase("Ctrl-C ends the demo; the next one goes on where this one ended."))


def _require_running(children: Children, folder: Path) -> None:
    ended = children.ended()
    if ended:
        log = (folder / LOG).read_text("utf-8", "replace").splitlines()
        raise CommandFailedError(
            "\n".join([f"The {ended.name} process has ended. The end of its log:", *log[-5:]])
        )
