"""On PostgreSQL too, what is asked for often can be found by an index."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from adapters.database.storage import SqlStorage
from application.ports.storage import Transaction
from tests.harness.postgresql import Server, opened
from tests.integration.database.test_plans import ASKED

UNLESS_THERE_IS_NO_OTHER_WAY = ("enable_seqscan", "enable_bitmapscan", "enable_sort")
"""How PostgreSQL would find what it is asked for in these small tables."""


@pytest.fixture(scope="module")
def engine(postgresql: Server) -> Iterator[Engine]:
    with postgresql.up_to_date() as name, opened(postgresql.url(name)) as engine:
        yield engine


@pytest.mark.parametrize("ask", [ask for ask, _ in ASKED.values()], ids=ASKED)
def test_can_be_found_by_an_index(ask: Callable[[Transaction], object], engine: Engine) -> None:
    plan = plan_of(ask, engine)
    assert any("Index" in step for step in plan), plan
    assert not any("Seq Scan" in step or "Sort" in step for step in plan), plan


def plan_of(ask: Callable[[Transaction], object], engine: Engine) -> list[str]:
    """How PostgreSQL does the statements that this makes, step by step."""
    made: list[tuple[str, Any]] = []

    def note(_connection: Connection, _cursor: object, sql: str, values: Any, *_: object) -> None:
        made.append((sql, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        with SqlStorage(engine).transaction() as tx:
            ask(tx)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        for setting in UNLESS_THERE_IS_NO_OTHER_WAY:
            connection.exec_driver_sql(f"SET LOCAL {setting} = off")
        return [
            step
            for sql, values in made
            for (step,) in connection.exec_driver_sql(f"EXPLAIN {sql}", values)
        ]
