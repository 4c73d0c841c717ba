"""Every fault of a device, and how a conversation with it ends; and a database that breaks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from adapters.mertech.emulator import Fault
from application.ports.scales import (
    ProductsRefusedError,
    ScalesBusyError,
    ScalesError,
    ScalesNonsenseError,
    ScalesRefusedError,
    ScalesTimedOutError,
    ScalesUnreachableError,
    ScalesWrongPasswordError,
)
from application.ports.storage import StorageNotReadyError
from domain.errors import DomainError
from domain.products.refused import ProductsAtFaultError
from domain.runs.run import Outcome
from tests.fakes.clock import FakeClock
from tests.fakes.storage import InMemoryStorage, InMemoryTransaction

Stage = Literal["always", "reading", "sending"]


@dataclass(frozen=True, slots=True)
class Ending:
    """A fault as the emulator is told it, where it strikes, and what comes of it.

    `text` is part of what users read. `retried` says whether the conversation is had once more:
    refusals and nonsense never are, nor is anything at the deadline.
    """

    fault: str
    strikes: Stage
    error: type[ScalesError | DomainError]
    text: str
    outcome: Outcome
    retried: bool = False

    def __str__(self) -> str:
        return self.fault


TIMED_OUT = (ScalesTimedOutError, "did not answer within 0.4 s", Outcome.FAILED, True)
NOT_DONE = (ScalesTimedOutError, "did not finish its work in time", Outcome.FAILED)
BROKE = (ScalesUnreachableError, "broke the connection", Outcome.FAILED, True)
LOST = (ScalesUnreachableError, "broke the connection", Outcome.UNKNOWN, True)
NOT_JSON = (ScalesNonsenseError, "is no valid JSON", Outcome.FAILED)
NO_FILE = (ScalesNonsenseError, "product file", Outcome.FAILED)
TOO_LONG = (ScalesNonsenseError, "longer than 1,000,000 bytes", Outcome.FAILED)

FAULTS: Final[list[Ending]] = [
    Ending(
        "refuse-connections",
        "always",
        ScalesUnreachableError,
        "refused the connection",
        Outcome.FAILED,
        retried=True,
    ),
    Ending("silent", "always", *TIMED_OUT),
    Ending("slow", "always", *TIMED_OUT),
    Ending("late:0.6", "always", *TIMED_OUT),
    Ending(
        "huge-frame",
        "always",
        ScalesNonsenseError,
        "an answer that is malformed",
        Outcome.FAILED,
    ),
    Ending(
        "wrong-password",
        "always",
        ScalesWrongPasswordError,
        "refused its password",
        Outcome.REFUSED,
    ),
    Ending("busy", "always", ScalesBusyError, "was busy with other work", Outcome.FAILED),
    Ending("unknown-result", "always", ScalesRefusedError, "result code 85", Outcome.REFUSED),
    Ending("never-ready", "reading", *NOT_DONE),
    Ending("hash-never-ready", "reading", *NOT_DONE),
    Ending(
        "hash-error",
        "reading",
        ScalesRefusedError,
        "not initialised (result code 188)",
        Outcome.REFUSED,
    ),
    Ending("hash-mismatch", "reading", ScalesNonsenseError, "its checksum differs", Outcome.FAILED),
    Ending("endless-portions", "reading", *TOO_LONG),
    Ending("huge-file", "reading", *TOO_LONG),
    Ending("reset-in-download", "reading", *BROKE),
    Ending("truncated-file", "reading", *NOT_JSON),
    Ending("broken-utf8", "reading", *NOT_JSON),
    Ending("not-json", "reading", *NOT_JSON),
    Ending("nan", "reading", *NOT_JSON),
    Ending("nested-file", "reading", *NOT_JSON),
    Ending("list-file", "reading", *NO_FILE),
    Ending("no-products", "reading", *NO_FILE),
    Ending("products-null", "reading", *NO_FILE),
    Ending("disk-full", "sending", ScalesRefusedError, "disk full", Outcome.REFUSED),
    Ending("reset-in-upload", "sending", *BROKE),
    Ending("reset-after-last-portion", "sending", *LOST),
    Ending("lost-check-reply", "sending", *LOST),
    Ending(
        "check-never-ends",
        "sending",
        ScalesTimedOutError,
        "did not finish checking the products in time",
        Outcome.UNKNOWN,
    ),
    Ending(
        "unknown-check-status",
        "sending",
        ScalesNonsenseError,
        "the scale answered 7,",
        Outcome.UNKNOWN,
    ),
    Ending(
        "refuse-uploads",
        "sending",
        ProductsRefusedError,
        "Ошибка записи в базу данных",
        Outcome.REFUSED,
    ),
    Ending(
        "refuse-products:100",
        "sending",
        ProductsAtFaultError,
        "refused 1 of 160 products, and holds the others",
        Outcome.FAILED,
    ),
]

NO_FAILURE: Final = frozenset({Fault.REFUSE_TOGETHER})
"""What ends well: no single product is at fault, and in parts the device takes them all."""
RENEWED_BY_RETRY: Final = frozenset({"reset-after-last-portion", "lost-check-reply"})
"""What a renewal gets over: read again, the device turns out to hold the dates."""


class Breaks:
    """Makes the database break once: at the next statement, or at the next commit."""

    STATEMENT: Final = "statement"
    COMMIT: Final = "commit"

    def __init__(self) -> None:
        self.next: str | None = None
        self.happened = 0

    def at(self, what: str) -> None:
        """Raises OperationalError where this is what breaks next."""
        if self.next == what:
            self.next = None
            self.happened += 1
            raise OperationalError("the connection broke", None, Exception())


class BreakingInMemoryStorage(InMemoryStorage):
    def __init__(self, clock: FakeClock, breaks: Breaks) -> None:
        super().__init__(clock)
        self._breaks = breaks

    @contextmanager
    def transaction(self) -> Iterator[InMemoryTransaction]:
        with super().transaction() as tx:
            self._broken(Breaks.STATEMENT)
            yield tx
            self._broken(Breaks.COMMIT)

    @contextmanager
    def snapshot(self) -> Iterator[Any]:
        self._broken(Breaks.STATEMENT)
        with super().snapshot() as tx:
            yield tx

    def _broken(self, what: str) -> None:
        try:
            self._breaks.at(what)
        except OperationalError as error:
            raise StorageNotReadyError(str(error)) from error


@contextmanager
def breaking(engine: Engine) -> Iterator[Breaks]:
    """Breaks the database behind an engine."""
    breaks = Breaks()

    def statement(*_: object) -> None:
        breaks.at(Breaks.STATEMENT)

    def commit(*_: object) -> None:
        breaks.at(Breaks.COMMIT)

    event.listen(engine, "before_cursor_execute", statement)
    event.listen(engine, "commit", commit)
    try:
        yield breaks
    finally:
        event.remove(engine, "before_cursor_execute", statement)
        event.remove(engine, "commit", commit)
