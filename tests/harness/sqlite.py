"""Databases in files, as the tests of storage need them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from adapters.database import schema
from adapters.database.backends.backend import BUSY_TIMEOUT
from adapters.database.backends.engine import make_engine


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


@contextmanager
def opened(path: Path, *, busy_timeout: float = BUSY_TIMEOUT) -> Iterator[Engine]:
    """An engine on a file, as it is."""
    engine = make_engine(url_of(path), busy_timeout=busy_timeout)
    yield engine
    engine.dispose()


@contextmanager
def up_to_date(path: Path, *, busy_timeout: float = BUSY_TIMEOUT) -> Iterator[Engine]:
    """An engine on a file that has every table."""
    with opened(path, busy_timeout=busy_timeout) as engine:
        schema.upgrade(engine)
        yield engine


def asked(path: Path, sql: str) -> list[Any]:
    """What another program reads from the file."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()
