"""What holds for every test."""

import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.postgresql import Server

# The same examples on every run, so that a red gate is red for the change at hand; other ones
# are tried with HYPOTHESIS_PROFILE=explore.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))


@pytest.fixture(autouse=True)
def root_logger() -> Iterator[None]:
    """What a test configures of logging ends with it."""
    root = logging.getLogger()
    level, handlers, filters = root.level, list(root.handlers), list(root.filters)
    yield
    root.setLevel(level)
    root.handlers[:], root.filters[:] = handlers, filters


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A real one, for all tests that ask for it."""
    with Server() as server:
        yield server
