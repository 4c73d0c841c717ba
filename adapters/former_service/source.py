"""Opening another program's SQLite database without leaving a trace beside it."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from application.ports.former_service import FormerServiceError

PATIENCE: Final = 15.0
"""Seconds to wait for whoever writes to it."""
LOGS: Final = ("-wal", "-journal")
"""What completes a database file, or mends it."""
_WRITE_AHEAD: Final = b"\x02"
"""In byte 19 of the file: what reads it keeps a log and an index beside it."""


@contextmanager
def opened(file: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads, within one transaction. Raises FormerServiceError."""
    try:
        with _without_a_trace(file) as address, closing(_connected(address)) as connection:
            connection.execute("BEGIN")
            yield connection
    except sqlite3.Error as error:
        raise FormerServiceError("unreadable", file=str(file), reason=str(error)) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise FormerServiceError("unreadable", file=str(file), reason=reason) from error


def _connected(address: str) -> sqlite3.Connection:
    return sqlite3.connect(address, timeout=PATIENCE, isolation_level=None, uri=True)


@contextmanager
def _without_a_trace(file: Path) -> Iterator[str]:
    """The address to read the file at: the file's own, or a copy's where reading would write."""
    address = f"{file.absolute().as_uri()}?mode=ro"
    if not _makes_files(file) and not _wants_repair(address):
        yield address
        return
    with tempfile.TemporaryDirectory(prefix="web-scales-") as folder:
        copy = Path(folder) / "copy.db"
        before = _marks(file)
        for ending in ("", *LOGS):
            if _beside(file, ending).exists():
                shutil.copyfile(_beside(file, ending), _beside(copy, ending))
        if _marks(file) != before:
            raise FormerServiceError("written_to", file=str(file))
        yield copy.as_uri()


def _makes_files(file: Path) -> bool:
    """Whether reading makes a log and an index beside the file: where it is kept with a log, and
    no other program that has it open has made them already."""
    with file.open("rb") as header:
        return header.read(20)[19:] == _WRITE_AHEAD and not _beside(file, "-shm").exists()


def _wants_repair(address: str) -> bool:
    """Whether a transaction that a crash cut off is still to be undone."""
    with closing(_connected(address)) as connection:
        try:
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_READONLY_ROLLBACK:
                raise
            return True
    return False


def _beside(file: Path, ending: str) -> Path:
    return file.with_name(file.name + ending)


def _marks(file: Path) -> list[tuple[int, int]]:
    """What changes when the database is written to, or opened."""
    beside = [_beside(file, ending) for ending in ("", "-shm", *LOGS)]
    stats = [each.stat() for each in beside if each.exists()]
    return [(stat.st_size, stat.st_mtime_ns) for stat in stats]
