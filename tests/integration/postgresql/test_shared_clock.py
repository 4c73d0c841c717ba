"""Machines that share PostgreSQL go by its clock, and find out when their own is wrong."""

import logging
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from adapters.database.backends.engine import make_engine
from adapters.database.backends.shared_clock import LOG_EVERY, LOOK_EVERY, SharedClock
from adapters.database.storage import SqlStorage
from adapters.system.clock import SystemClock
from application.ports.clock import ClockWrongError
from tests.fakes.clock import FakeClock
from tests.harness.failures import raises
from tests.harness.postgresql import Server, opened

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.fixture
def engine(postgresql: Server) -> Iterator[Engine]:
    with postgresql.up_to_date() as name, opened(postgresql.url(name)) as engine:
        yield engine


def wrong(engine: Engine, by: timedelta) -> SharedClock:
    """On a machine whose clock is ahead by so much and stands still."""
    return SharedClock(engine, FakeClock(datetime.now(UTC) + by))


@pytest.mark.parametrize("by", [80 * SECOND, -70 * SECOND, 31 * DAY, -366 * DAY])
def test_a_machine_whose_clock_is_wrong_knows_the_time_and_says_so(
    engine: Engine, by: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    clock = wrong(engine, by)
    assert abs(clock.now() - SystemClock().now()) < 10 * SECOND
    assert abs(clock.ahead() - by) < 10 * SECOND
    with raises(ClockWrongError, match="ahead" if by > timedelta() else "behind"):
        clock.require_right()
    assert any("writes no dates" in each.getMessage() for each in caplog.records)


def test_a_machine_that_is_a_little_off_works(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    clock = wrong(engine, 20 * SECOND)
    clock.require_right()
    assert abs(clock.now() - SystemClock().now()) < 10 * SECOND
    assert not caplog.records


def test_goes_on_between_looks_and_looks_again_with_the_next_transaction(engine: Engine) -> None:
    machine = FakeClock(datetime.now(UTC))
    clock, storage = SharedClock(engine, machine), SqlStorage(engine)
    first = clock.now()
    machine.advance(timedelta(hours=1))
    assert clock.now() - first == timedelta(hours=1)
    with storage.snapshot() as tx:
        tx.users.all()
        assert abs(clock.now() - first) < 10 * SECOND
        machine.advance(timedelta(seconds=LOOK_EVERY / 2))
    with storage.transaction():
        assert clock.now() - first > timedelta(seconds=LOOK_EVERY / 2)


def test_a_clock_that_stays_wrong_is_told_of_now_and_then_and_so_is_its_end(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    machine = FakeClock(datetime.now(UTC))
    clock, storage = SharedClock(engine, machine), SqlStorage(engine)

    def told(by: timedelta) -> int:
        caplog.clear()
        machine.set(datetime.now(UTC) + by)
        with storage.transaction():
            clock.now()
        return len([each for each in caplog.records if each.levelno >= logging.WARNING])

    assert told(timedelta()) == 0
    machine.advance(timedelta(seconds=LOOK_EVERY + 1))
    assert told(DAY) == 1
    machine.advance(timedelta(seconds=LOOK_EVERY + 1))
    assert told(DAY) == 0
    machine.advance(timedelta(seconds=LOG_EVERY))
    assert told(DAY) == 1
    machine.advance(timedelta(seconds=LOOK_EVERY + 1))
    assert told(timedelta()) == 1


def test_without_its_database_it_shows_the_machines_time() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        engine = make_engine(f"postgresql://nobody@127.0.0.1:{bound.getsockname()[1]}/none")
        machine = FakeClock()
        assert SharedClock(engine, machine).now() == machine.now()
