"""A real PostgreSQL, as the tests need it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any, Self

import psycopg
from sqlalchemy import Engine, make_url

from adapters.database import schema
from adapters.database.backends.backend import BUSY_TIMEOUT
from adapters.database.backends.engine import make_engine

ROOT = Path(__file__).parents[2]


class Server:
    """Started with the block, and gone with it, whatever happens."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            # Its library warns of what it makes do with.
            [sys.executable, "-W", "ignore", "-m", "tests.harness.postgresql_server"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._url = make_url(self._answer())
        self._names = map("test{}".format, count(1))
        # What is lost when the machine loses power is of no interest here.
        for setting in ("fsync", "full_page_writes"):
            self.execute(f"ALTER SYSTEM SET {setting} = off")
        self.execute("SELECT pg_reload_conf()")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)

    def url(self, database: str = "postgres", **query: str) -> str:
        """The address of a database, with further options."""
        url = self._url.set(database=database).update_query_dict(query)
        return url.render_as_string(hide_password=False)

    def execute(self, sql: str, database: str = "postgres") -> list[Any]:
        """What another program does, and what it gets."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            # The tests write these statements themselves.
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def database(self, options: str = "") -> Iterator[str]:
        """The name of a new database, empty unless the options say something else."""
        name = next(self._names)
        self.execute(f"CREATE DATABASE {name} {options}")
        try:
            yield name
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def up_to_date(self) -> Iterator[str]:
        """The name of a new database that has every table."""
        with self.database(f"TEMPLATE {self._template}") as name:
            yield name

    def stop(self) -> None:
        self._order("stop")

    def start(self) -> None:
        self._order("start")

    @cached_property
    def _template(self) -> str:
        """To be copied: migrating takes longer."""
        name = next(self._names)
        self.execute(f"CREATE DATABASE {name}")
        with opened(self.url(name)) as engine:
            schema.upgrade(engine)
        return name

    def _order(self, order: str) -> None:
        assert self._process.stdin is not None
        print(order, file=self._process.stdin, flush=True)
        assert self._answer() == "done"

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def opened(url: str, *, busy_timeout: float = BUSY_TIMEOUT) -> Iterator[Engine]:
    """An engine on a database, as it is."""
    engine = make_engine(url, busy_timeout=busy_timeout)
    try:
        yield engine
    finally:
        engine.dispose()
