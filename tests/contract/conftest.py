"""Every storage, and all scales, that the contract suites run against."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest
from sqlalchemy import Engine, update

from adapters.database import schema
from adapters.database.backends.engine import make_engine
from adapters.database.repositories.waiting_jobs import SqlWaitingJobs
from adapters.database.storage import SqlStorage
from adapters.database.tables import endpoints, leases
from adapters.mertech.emulator import Pace, running_scales
from application.ports.storage import Storage
from application.ports.waiting_jobs import WaitingJobs
from tests.fakes.clock import FakeClock
from tests.fakes.storage import InMemoryStorage, InMemoryWaitingJobs
from tests.harness.contract_scales import EmulatedShop, FakeShop, Shop, has_ipv6

PassTime: TypeAlias = Callable[[timedelta], None]


class Opened(NamedTuple):
    """A new storage, how time passes for its leases, and its jobs where they wait in it."""

    storage: Storage
    pass_time: PassTime
    waiting_jobs: WaitingJobs | None = None


@contextmanager
def in_memory(_request: pytest.FixtureRequest) -> Iterator[Opened]:
    clock = FakeClock()
    storage = InMemoryStorage(clock)
    yield Opened(storage, clock.advance, InMemoryWaitingJobs(storage))


@contextmanager
def on_sqlite(request: pytest.FixtureRequest) -> Iterator[Opened]:
    template: Path = request.getfixturevalue("empty_database")
    folder: Path = request.getfixturevalue("tmp_path")
    shutil.copy(template, folder / "storage.db")
    engine = make_engine(f"sqlite:///{folder}/storage.db")
    yield on(engine)
    engine.dispose()


@contextmanager
def on_postgresql(request: pytest.FixtureRequest) -> Iterator[Opened]:
    yield on(request.getfixturevalue("emptied_postgresql"))


def on(engine: Engine) -> Opened:
    def pass_time(by: timedelta) -> None:
        """The database's clock cannot be set, so every lease began earlier."""
        with engine.begin() as connection:
            earlier = leases.c.expires_at - by.total_seconds()
            connection.execute(update(leases).values(expires_at=earlier))
            earlier = endpoints.c.expires_at - by.total_seconds()
            connection.execute(update(endpoints).values(expires_at=earlier))

    storage = SqlStorage(engine)
    return Opened(storage, pass_time, SqlWaitingJobs(storage))


STORAGES: dict[str, Callable[[pytest.FixtureRequest], AbstractContextManager[Opened]]] = {
    "in memory": in_memory,
    "sqlite": on_sqlite,
    "postgresql": on_postgresql,
}


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with every table and no row, to be copied: migrating takes longer."""
    path = tmp_path_factory.mktemp("empty") / "empty.db"
    engine = make_engine(f"sqlite:///{path}")
    schema.upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(params=STORAGES)
def opened(request: pytest.FixtureRequest) -> Iterator[Opened]:
    with STORAGES[request.param](request) as opened:
        yield opened


@pytest.fixture
def storage(opened: Opened) -> Storage:
    return opened.storage


@pytest.fixture
def pass_time(opened: Opened) -> PassTime:
    return opened.pass_time


@pytest.fixture(params=["fake", "127.0.0.1", "::1"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    if request.param == "fake":
        yield FakeShop()
        return
    if request.param == "::1" and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    pace = Pace(build=0.01, hashing=0.01, check=0.01)
    with running_scales(host=request.param, products=0, pace=pace) as fleet:
        yield EmulatedShop(fleet)
