"""A new storage of each sort: in memory, on SQLite and on PostgreSQL."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import pytest
from sqlalchemy import Engine, update

from adapters.database.storage import SqlStorage
from adapters.database.tables import endpoints, leases
from application.ports.storage import Storage
from application.ports.waiting_jobs import WaitingJobs
from tests.fakes.clock import FakeClock
from tests.fakes.storage import InMemoryStorage
from tests.harness.installation import waiting_jobs_of
from tests.harness.sqlite import opened, up_to_date, url_of

PassTime: TypeAlias = Callable[[timedelta], None]


class Opened(NamedTuple):
    """A new storage, how time passes for its leases, and its jobs where they wait in it."""

    storage: Storage
    pass_time: PassTime
    waiting_jobs: WaitingJobs


@contextmanager
def in_memory(_request: pytest.FixtureRequest) -> Iterator[Opened]:
    clock = FakeClock()
    storage = InMemoryStorage(clock)
    yield Opened(storage, clock.advance, waiting_jobs_of(storage))


@contextmanager
def on_sqlite(request: pytest.FixtureRequest) -> Iterator[Opened]:
    with sqlite(request) as engine:
        yield on(engine)


@contextmanager
def on_postgresql(request: pytest.FixtureRequest) -> Iterator[Opened]:
    with postgresql(request) as engine:
        yield on(engine)


def on(engine: Engine) -> Opened:
    def pass_time(by: timedelta) -> None:
        """The database's clock cannot be set, so every lease began earlier."""
        with engine.begin() as connection:
            earlier = leases.c.expires_at - by.total_seconds()
            connection.execute(update(leases).values(expires_at=earlier))
            earlier = endpoints.c.expires_at - by.total_seconds()
            connection.execute(update(endpoints).values(expires_at=earlier))

    storage = SqlStorage(engine)
    return Opened(storage, pass_time, waiting_jobs_of(storage))


@contextmanager
def sqlite(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """On a new file that has every table."""
    with opened(new_file(request.getfixturevalue("tmp_path"))) as engine:
        yield engine


@contextmanager
def postgresql(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """On a database that has every table and no row."""
    yield request.getfixturevalue("emptied_postgresql")


STORAGES: Final[dict[str, Callable[[pytest.FixtureRequest], AbstractContextManager[Opened]]]] = {
    "in memory": in_memory,
    "sqlite": on_sqlite,
    "postgresql": on_postgresql,
}
ENGINES: Final[dict[str, Callable[[pytest.FixtureRequest], AbstractContextManager[Engine]]]] = {
    "sqlite": sqlite,
    "postgresql": postgresql,
}


def new_file(folder: Path) -> Path:
    """A database in this folder that has every table and no row."""
    return Path(shutil.copy(_empty_file(), folder / "storage.db"))


def new_url(folder: Path) -> str:
    return url_of(new_file(folder))


@cache
def _empty_file() -> Path:
    """To be copied: migrating takes longer."""
    path = Path(tempfile.mkdtemp(prefix="web-scales-")) / "empty.db"
    with up_to_date(path):
        pass
    return path
