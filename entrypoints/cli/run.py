"""`web-scales run`: work on many devices, as with `POST /runs`."""

import shlex
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from adapters.texts.failures import sentence_of
from adapters.texts.runs import kind_in, outcome_in
from application.ports.storage import StorageNotReadyError
from domain.devices.device import DeviceId
from domain.runs.batch import BatchId, BatchItem, UploadOf
from domain.runs.run import Outcome, RunKind
from entrypoints.cli.cases import use_cases
from entrypoints.cli.speech import language, phrase, say

if TYPE_CHECKING:
    from application.runs.batches import BatchProgress

POLL: Final = 0.5
"""Seconds between two requests for the state of a batch."""
STANDSTILL: Final = 10.0
"""Seconds without progress, after which a message says so."""

Command = Callable[..., None]
Show = Callable[[], "BatchProgress"]


@click.group()
def run() -> None:
    """Read, upload or renew many devices at once.

    What is begun here is done by `web-scales scheduler`, or by `web-scales worker` where the
    database is PostgreSQL: one of them must be running. Each device is done on its own; in the
    end there is a line for each that failed, and the exit code is 0 only when all ended well.

    Ctrl-C ends the watching, and not the work: `run watch` takes it up again.
    """


user_option = click.option(
    "--user", "email", metavar="EMAIL", required=True, help="Whose devices: an email address."
)


def beginning(command: Command) -> Command:
    """The options of whatever begins a batch."""
    for option in (
        click.option("--detach", is_flag=True, help="Print the id of the batch and do not wait."),
        click.option(
            "--device",
            "device_ids",
            metavar="ID",
            type=click.IntRange(0),
            multiple=True,
            help="This device; can be given several times.",
        ),
        click.option("--all", "all_", is_flag=True, help="All devices of the user."),
        user_option,
    ):
        command = option(command)
    return command


@run.command()
@beginning
def read(**options: Any) -> None:
    """Read the products from devices."""
    _begin(RunKind.READ, **options)


@run.command()
@click.option(
    "--scope",
    type=click.Choice(["all", "edits"]),
    help="edits: send only the products that were edited.",
)
@click.option(
    "--source",
    type=click.Choice(["cache"]),
    help="cache: send the file last read, with the edits, whatever the device holds now.",
)
@beginning
def upload(scope: str | None, source: str | None, **options: Any) -> None:
    """Send the edits to devices."""
    if scope and source:
        raise click.UsageError("--scope and --source exclude each other.")
    _begin(RunKind.UPLOAD, UploadOf(source or scope or "all"), **options)


@run.command("auto-update")
@beginning
def auto_update(**options: Any) -> None:
    """Renew the dates on devices now."""
    _begin(RunKind.AUTO_UPDATE, **options)


batch_argument = click.argument("batch", type=click.IntRange(0))


@run.command()
@user_option
@batch_argument
def watch(email: str, batch: int) -> None:
    """Show how far a batch is, until it is over."""
    cases = use_cases()
    owner = cases.accounts.find(email).id
    _follow(lambda: cases.runs.show_batch(owner, BatchId(batch)), email)


@run.command()
@user_option
@batch_argument
def retry(email: str, batch: int) -> None:
    """Repeat a batch on the devices on which it failed."""
    cases = use_cases()
    owner = cases.accounts.find(email).id
    cases.runs.retry_batch(owner, BatchId(batch))
    _follow(lambda: cases.runs.show_batch(owner, BatchId(batch)), email)


def _begin(
    kind: RunKind,
    what: UploadOf = UploadOf.ALL,
    *,
    email: str,
    all_: bool,
    device_ids: Sequence[int],
    detach: bool,
) -> None:
    if all_ == bool(device_ids):
        raise click.UsageError("Give either --all, or --device once or several times.")
    cases = use_cases()
    owner = cases.accounts.find(email).id
    wanted = None if all_ else [DeviceId(each) for each in device_ids]
    batch_id = cases.runs.start_batch(owner, kind, wanted, what).batch.id
    if detach:
        click.echo(batch_id)
    else:
        _follow(lambda: cases.runs.show_batch(owner, batch_id), email)


def _follow(show: Show, email: str) -> None:
    """Show progress until the batch has ended, then the result. Exits with 1 unless all
    succeeded."""
    progress = show()
    again = f"{progress.batch.id} --user {shlex.quote(email)}"
    try:
        progress = _until_ended(show, progress)
    except KeyboardInterrupt:
        command = f"web-scales run watch {again}"
        _say(phrase("The batch goes on. To see how far it is: {command}", command=command))
        raise click.exceptions.Exit(1) from None
    failed = [item for item in progress.items if item.failed]
    for item in failed:
        click.echo(_failure_line(item))
    total = len(progress.items)
    say(
        "batch {batch}: {well} of {total} ended well",
        batch=progress.batch.id,
        well=total - len(failed),
        total=total,
    )
    if failed:
        command = f"web-scales run retry {again}"
        say("To repeat those that failed: {command}", command=command, err=True)
        raise click.exceptions.Exit(1)


def _until_ended(show: Show, progress: "BatchProgress") -> "BatchProgress":
    batch, patience = progress.batch, _Patience()
    with click.progressbar(
        length=len(progress.items),
        label=phrase("batch {batch}: {kind}", batch=batch.id, kind=kind_in(language(), batch.kind)),
        show_pos=True,
        file=sys.stderr,
    ) as bar:
        while True:
            bar.length = len(progress.items)
            # The bar never goes back, even if somebody else repeats a part.
            bar.update(max(0, sum(item.ended for item in progress.items) - bar.pos))
            if progress.ended:
                return progress
            patience.look_at(progress)
            time.sleep(POLL)
            try:
                progress = show()
            except StorageNotReadyError as error:
                patience.say_once(phrase("{reason} Trying again.", reason=error))


class _Patience:
    """Notices that nothing happens, and says so once until something does."""

    def __init__(self) -> None:
        self._items: Sequence[BatchItem] | None = None
        self._since = 0.0
        self._last_text = ""

    def look_at(self, progress: "BatchProgress") -> None:
        items = progress.items
        under_way = any(item.outcome is Outcome.RUNNING for item in items)
        if under_way or items != self._items:
            self._items, self._since, self._last_text = items, time.monotonic(), ""
        elif time.monotonic() - self._since >= STANDSTILL:
            begun = any(item.outcome is not None for item in items)
            self.say_once(
                phrase("Nothing goes on: is web-scales scheduler (or worker) running?")
                if begun
                else phrase("Nothing has begun: is web-scales scheduler (or worker) running?")
            )

    def say_once(self, text: str) -> None:
        if text != self._last_text:
            self._last_text = text
            _say(text)


def _say(text: str) -> None:
    """Print a text on a line of its own, even next to the progress bar."""
    click.echo(f"\n{text}" if sys.stderr.isatty() else text, err=True)


def _failure_line(item: BatchItem) -> str:
    """Returns a failure in one line, whatever a name or a text of the device contains."""
    spoken = language()
    text = spoken.phrase(
        "{name} (device {device}): {outcome}: {reason}",
        name=item.device_name,
        device=item.device_id,
        outcome=outcome_in(spoken, item.outcome) if item.outcome else "",
        reason=sentence_of(spoken, item.cause) if item.cause else "",
    )
    return "".join(each if each.isprintable() else " " for each in text)
