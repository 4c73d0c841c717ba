"""The log: one line per record on standard error, the same for every process."""

import importlib.util
import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from adapters.texts.failures import sentence
from adapters.texts.languages import ENGLISH
from application.log_context import device_id, request_id, user_id
from domain.errors import Failure

KNOWN: Final = (("request", request_id), ("user", user_id), ("device", device_id))

QUIET: Final = {
    # At INFO it logs statements with their values, at DEBUG whole rows, with hashes.
    "sqlalchemy": logging.WARNING,
    # Its plugins announce themselves at every start.
    "alembic.runtime.plugins": logging.WARNING,
    # It logs a line for each request that waits a moment for a thread.
    "waitress.queue": logging.ERROR,
}
"""Libraries that log too much, and the lowest level of theirs that is logged."""


def configure_logging(level: str) -> None:
    """Log to standard error from this level on. A second call replaces the first."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    root = logging.getLogger()
    for before in [kept for kept in root.handlers if isinstance(kept.formatter, OneLine)]:
        root.removeHandler(before)
    root.addHandler(handler)
    root.setLevel(level)
    # The filter is on the logger, not on a handler, so that no other handler sees them either.
    for filtered in [kept for kept in root.filters if isinstance(kept, NotTheDriver)]:
        root.removeFilter(filtered)
    root.addFilter(NotTheDriver())
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    logging.captureWarnings(True)


class NotTheDriver(logging.Filter):
    """Drops what the driver of the scales logs: whole frames at DEBUG, with the password of the
    device. The adapter around it logs what matters."""

    def __init__(self) -> None:
        super().__init__()
        spec = importlib.util.find_spec("scales")
        places: Sequence[str] = (spec and spec.submodule_search_locations) or ()
        self._folders = [Path(place) for place in places]

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name != "root":
            return True
        return not any(Path(record.pathname).is_relative_to(folder) for folder in self._folders)


class OneLine(logging.Formatter):
    """`2026-11-23T07:19:42.120Z INFO adapters.rest.app [request=9f3c user=3 device=7] text`

    Nothing in a text can begin a line of its own, so that nobody can forge one; a traceback
    follows on lines that are set in.
    """

    def format(self, record: logging.LogRecord) -> str:
        known = [f"{name}={value}" for name, variable in KNOWN if (value := variable.get())]
        on_whose_behalf = f"[{printable(' '.join(known))}] " if known else ""
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        head = (
            f"{moment}.{int(record.msecs):03d}Z {record.levelname} {record.name} {on_whose_behalf}"
        )
        text = head + printable(message_of(record))
        if record.exc_info:
            text += set_in(self.formatException(record.exc_info))
        if record.stack_info:
            text += set_in(self.formatStack(record.stack_info))
        return text


def message_of(record: logging.LogRecord) -> str:
    """Returns the message. A failure becomes a sentence, with its code and facts."""
    if isinstance(record.args, tuple) and any(isinstance(each, Failure) for each in record.args):
        worded = tuple(
            in_words(each) if isinstance(each, Failure) else each for each in record.args
        )
        return str(record.msg) % worded
    return record.getMessage()


def in_words(failure: Failure) -> str:
    """Returns, for example, `The scale did not answer. ScalesTimedOut(problem='reply')`."""
    if failure.text:
        return failure.text
    return f"{sentence(ENGLISH, failure.code, failure.facts)} {failure}"


def printable(text: str) -> str:
    """Returns the text with line ends and other unprintable characters written as in Python."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )


def set_in(text: str) -> str:
    """Returns lines to follow another one, none of which looks like the first line of a record."""
    return "".join(f"\n    {printable(line)}" for line in text.split("\n"))
