"""What holds for every test."""

import logging
import os
import signal
from collections.abc import Iterator
from itertools import islice
from typing import Final

import pytest
from hypothesis import settings
from sqlalchemy import Engine

from adapters.database.tables import METADATA
from tests.harness.postgresql import Server, opened

# The same examples on every run, so that a red gate is red for the change at hand; other ones
# are tried with HYPOTHESIS_PROFILE=explore.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))

# Whatever the terminal is in which the tests are started.
os.environ["LC_ALL"] = "C.UTF-8"
os.environ.pop("LANGUAGE", None)

APART: Final = 40
"""Tests between two that wait for real processes."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the tests, those that wait for real processes come early, so
    that none of them is left to wait for at the end, and are spread, so that one process computes
    while another waits."""
    if hasattr(config, "workerinput"):
        waiting = [item for item in items if "e2e" in item.path.parts]
        others = iter([item for item in items if "e2e" not in item.path.parts])
        items[:] = [each for one in waiting for each in (one, *islice(others, APART))]
        items.extend(others)


@pytest.fixture(autouse=True)
def root_logger() -> Iterator[None]:
    """What a test configures of logging ends with it."""
    root = logging.getLogger()
    level, handlers, filters = root.level, list(root.handlers), list(root.filters)
    yield
    root.setLevel(level)
    root.handlers[:], root.filters[:] = handlers, filters


@pytest.fixture(autouse=True)
def signal_handlers() -> Iterator[None]:
    """What a test has a signal do ends with it."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        if signal.getsignal(number) != handler:
            signal.signal(number, handler)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A real one, for all tests that ask for it."""
    with Server() as server:
        yield server


@pytest.fixture(scope="session")
def _shared_postgresql(postgresql: Server) -> Iterator[Engine]:
    with postgresql.up_to_date() as name, opened(postgresql.url(name)) as engine:
        yield engine


@pytest.fixture
def emptied_postgresql(_shared_postgresql: Engine) -> Iterator[Engine]:
    """On a database with every table and no row, for tests that need none of their own."""
    yield _shared_postgresql
    with _shared_postgresql.begin() as connection:
        connection.exec_driver_sql(f"TRUNCATE {', '.join(METADATA.tables)} RESTART IDENTITY")
