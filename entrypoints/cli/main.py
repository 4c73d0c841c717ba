"""The command line: `web-scales`.

A command imports what it needs only when it runs, so that help appears at once and no process loads
what it does not use.
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from application.ports.storage import StorageNotReadyError
from domain.errors import Cause, DomainError
from entrypoints.cli.db import db
from entrypoints.cli.devices import devices
from entrypoints.cli.emulator import emulator
from entrypoints.cli.run import run
from entrypoints.cli.speech import say
from entrypoints.cli.users import users
from entrypoints.process.failures import CommandFailedError

if TYPE_CHECKING:
    from entrypoints.process.stopping import Stop
    from entrypoints.settings import Settings


class Commands(click.Group):
    """Foreseen failures end a command with exit code 1 and a message."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DomainError as error:
            # Imported only here: help is to come at once.
            from adapters.texts.failures import sentence_of
            from entrypoints.cli.speech import language

            raise click.ClickException(sentence_of(language(), Cause.of(error))) from error
        except (CommandFailedError, StorageNotReadyError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Keep a fleet of label-printing trade scales right.

    Settings come from the environment, or from the file .env in the working folder; the file
    .env.example explains each. Exit codes: 0 done, 1 failed, 2 wrong usage.
    """


main.add_command(users)
main.add_command(devices)
main.add_command(db)
main.add_command(emulator)
main.add_command(run)

with_parent = click.option("--with-parent", is_flag=True, hidden=True)


@main.command()
@click.option("--host", help="Address to listen on (setting HOST).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0: a free one (setting PORT).")
@click.option(
    "--threads", type=click.IntRange(2, 500), help="Requests worked on at once (setting THREADS)."
)
@with_parent
def serve(host: str | None, port: int | None, threads: int | None, with_parent: bool) -> None:
    """Answer the HTTP API.

    Brings the database up to date first. SIGTERM or Ctrl-C: requests in flight are finished, then
    it ends.
    """
    from dataclasses import replace

    settings, stop = _begin(with_parent)
    given: dict[str, Any] = {"host": host, "port": port, "threads": threads}
    settings = replace(
        settings, **{name: value for name, value in given.items() if value is not None}
    )
    from entrypoints.api.process import serve

    _warn_of_loose_settings()
    serve(settings, stop)


@main.command()
@with_parent
def scheduler(with_parent: bool) -> None:
    """Renew the dates of devices as they fall due, and do the runs that users ask for.

    Brings the database up to date first. SIGTERM or Ctrl-C: conversations in flight are finished,
    then it ends.
    """
    settings, stop = _begin(with_parent)
    from entrypoints.scheduler.process import run_scheduler

    run_scheduler(settings, stop)


@main.command()
@click.option(
    "--concurrency",
    type=click.IntRange(1, 500),
    help="Devices spoken to at once (setting WORKER_CONCURRENCY).",
)
@with_parent
def worker(concurrency: int | None, with_parent: bool) -> None:
    """Do the jobs that the scheduler hands on and users ask for, beside other workers.

    Needs PostgreSQL; on SQLite the scheduler does this work itself. Brings the database up to date
    first. SIGTERM or Ctrl-C: conversations in flight are finished, then it ends.
    """
    from dataclasses import replace

    settings, stop = _begin(with_parent)
    if concurrency is not None:
        settings = replace(settings, worker_concurrency=concurrency)
    from entrypoints.worker import run_worker

    run_worker(settings, stop)


def _warn_of_loose_settings() -> None:
    from entrypoints.fresh_secrets import others_may_read
    from entrypoints.settings import FILE

    if others_may_read(FILE):
        logging.getLogger(__name__).warning(
            "others may read %s, which holds secrets: `chmod 600 %s` keeps them out", FILE, FILE
        )


def _begin(with_parent: bool) -> tuple["Settings", "Stop"]:
    """Start a long-running process: read the settings, set up the log, and listen to signals."""
    from adapters.system.logging import configure_logging
    from entrypoints.process.stopping import Stop
    from entrypoints.settings import read_settings

    settings = read_settings()
    configure_logging(settings.least_logged)
    stop = Stop()
    stop.on_signals()
    if with_parent:
        stop.with_parent()
    return settings, stop


@main.command()
def start() -> None:
    """Run the API and the scheduler together, and on PostgreSQL a worker.

    Until Ctrl-C or SIGTERM; when one of them ends by itself, the others are stopped and the exit
    code is 1.
    """
    from entrypoints.database import wants_workers
    from entrypoints.process.children import start
    from entrypoints.settings import read_settings

    start("serve", "scheduler", *(["worker"] if wants_workers(read_settings()) else []))


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option(
    "--scales-port",
    type=click.IntRange(1, 65534),
    default=1111,
    show_default=True,
    help="Port of the first emulated scale; the second has the next.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-data"),
    show_default=True,
    help="Folder for database, secrets and log; a second start goes on with it.",
)
def demo(port: int, scales_port: int, data: Path) -> None:
    """Show everything at work, with two emulated scales.

    Starts the API and the scheduler, registers a user and both scales, reads one, edits a product,
    uploads it, and has the dates renewed; then stays up until Ctrl-C.
    """
    from entrypoints.demo.demo import demo

    demo(port=port, scales_port=scales_port, folder=data)


@main.command()
@click.option(
    "--write", is_flag=True, help="Write them into a new .env that only its owner may read."
)
def secrets(write: bool) -> None:
    """Print fresh secrets, as lines for .env."""
    from entrypoints.fresh_secrets import fresh_secrets, write_secrets
    from entrypoints.settings import FILE

    if write:
        write_secrets(FILE)
        say("wrote {file}; keep it, passwords of scales depend on it", file=FILE)
    else:
        click.echo(fresh_secrets(), nl=False)


if __name__ == "__main__":
    main(prog_name="web-scales")
