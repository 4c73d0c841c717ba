"""What is asked for often is found by an index, however much the tables hold."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from adapters.database.storage import SqlStorage
from application.ports.repositories.leases import Lease
from application.ports.repositories.runs import RunFilter
from application.ports.storage import Transaction
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.devices.state import DeviceState
from domain.runs.run import MOVES_PRODUCTS, Outcome, RunId, RunKind
from tests.harness.sqlite import up_to_date
from tests.harness.stored import NOON

OWNER, DEVICE = UserId(1), DeviceId(1)
OF_OWNER = "runs USING INDEX ix_runs_owner_id_id (owner_id=?"
OF_OWNER_BY_OUTCOME = "runs USING INDEX ix_runs_owner_id_outcome_id (owner_id=? AND outcome=?"
OF_OWNER_BY_KIND = "runs USING INDEX ix_runs_owner_id_kind_id (owner_id=? AND kind=?"
OF_OWNER_BY_START = "runs USING COVERING INDEX ix_runs_owner_id_started_at (owner_id=? AND"
OWNED = "devices USING INDEX sqlite_autoindex_devices_1 (owner_id=?)"
OF_DEVICE = "runs USING INDEX ix_runs_device_id_id (device_id=?"


def page(before: int | None = None, **wanted: Any) -> Callable[[Transaction], object]:
    return lambda tx: tx.runs.page(
        OWNER, RunFilter(**wanted), before=None if before is None else RunId(before)
    )


ASKED: dict[str, tuple[Callable[[Transaction], object], list[str]]] = {
    "what is due": (
        lambda tx: tx.schedules.any_due(NOON),
        [
            "auto_updates USING COVERING INDEX ix_auto_updates_look_at_device_id (look_at<?)",
            "auto_updates USING COVERING INDEX ix_auto_updates_looked_at_device_id (looked_at>?)",
        ],
    ),
    "claiming what is due": (
        lambda tx: tx.schedules.claim_due(NOON, until=NOON, limit=10),
        [
            "auto_updates USING COVERING INDEX ix_auto_updates_look_at_device_id (look_at<?)",
            "auto_updates USING COVERING INDEX ix_auto_updates_looked_at_device_id (looked_at>?)",
        ],
    ),
    "jobs that wait": (
        lambda tx: tx.waiting.waiting(first=False, limit=10),  # type: ignore[attr-defined]
        ["jobs USING INDEX ix_jobs_is_first_turn_id (is_first=?"],
    ),
    "jobs that come": (
        lambda tx: tx.waiting.not_done([OWNER]),  # type: ignore[attr-defined]
        [
            "jobs USING COVERING INDEX ix_jobs_owner_id_doubtful_turn (owner_id=?",
            "jobs USING INDEX ix_jobs_is_first_turn_id (is_first=?",
        ],
    ),
    "doubtful devices": (
        lambda tx: tx.devices.doubtful(OWNER),
        ["devices USING INDEX ix_devices_owner_id_of_doubtful (owner_id=?)"],
    ),
    "trying them sooner": (
        lambda tx: tx.schedules.hasten(OWNER, NOON, spacing=timedelta(seconds=10)),
        ["devices USING INDEX ix_devices_owner_id_of_doubtful (owner_id=?)"],
    ),
    "runs of an owner": (page(), [OF_OWNER]),
    "more of them": (page(before=1_000), [f"{OF_OWNER} AND id<?)"]),
    "those of a kind": (page(kind=RunKind.READ), [OF_OWNER_BY_KIND]),
    "those that failed": (page(outcome=Outcome.FAILED), [OF_OWNER_BY_OUTCOME]),
    "those that go on": (page(outcome=Outcome.RUNNING), [OF_OWNER_BY_OUTCOME]),
    "those cut off": (page(outcome=Outcome.INTERRUPTED), [OF_OWNER_BY_OUTCOME]),
    "those of late": (page(since=NOON), [f"{OF_OWNER} AND id>?)", OF_OWNER_BY_START]),
    "those that failed of late": (
        page(before=1_000, outcome=Outcome.FAILED, since=NOON),
        [f"{OF_OWNER_BY_OUTCOME} AND id>? AND id<?)", OF_OWNER_BY_START],
    ),
    "runs of a device": (page(device_id=DEVICE), [OF_DEVICE]),
    "more of a device": (page(before=1_000, device_id=DEVICE), [f"{OF_DEVICE} AND id<?)"]),
    "those of a device that failed of late": (
        page(device_id=DEVICE, outcome=Outcome.FAILED, since=NOON),
        [f"{OF_DEVICE} AND id>?)", OF_OWNER_BY_START],
    ),
    "the last run": (lambda tx: tx.runs.last(DEVICE), [OF_DEVICE]),
    "the last read": (
        lambda tx: tx.runs.last(DEVICE, {RunKind.READ}, {Outcome.OK, Outcome.RUNNING}),
        [OF_DEVICE],
    ),
    "the last that moved products": (
        lambda tx: tx.runs.last(DEVICE, MOVES_PRODUCTS),
        [OF_DEVICE],
    ),
    "runs to be pruned": (
        lambda tx: tx.runs.prune(NOON),
        ["runs USING COVERING INDEX ix_runs_owner_id_started_at (owner_id=? AND started_at<?)"],
    ),
    "how many are in each state": (
        lambda tx: tx.fleet.counts(OWNER, NOON),
        [OWNED, "auto_updates USING INTEGER PRIMARY KEY"],
    ),
    "what goes on": (
        lambda tx: tx.fleet.running(OWNER),
        [OF_OWNER_BY_OUTCOME, "leases USING INTEGER PRIMARY KEY"],
    ),
    "those of a kind to be pruned": (
        lambda tx: tx.runs.prune(NOON, RunKind.STATUS),
        ["runs USING INDEX ix_runs_owner_id_started_at (owner_id=? AND started_at<?)"],
    ),
    "whether a lease is held": (
        lambda tx: tx.leases.holds(Lease(DEVICE, 1)),
        ["leases USING INTEGER PRIMARY KEY"],
    ),
    "devices at an endpoint": (
        lambda tx: tx.devices.at("10.0.0.7:1111"),
        ["devices USING COVERING INDEX ix_devices_endpoint_owner_id (endpoint=?)"],
    ),
    "former files": (
        lambda tx: tx.former_files.of_device(DEVICE),
        ["former_files USING INDEX sqlite_autoindex_former_files_1 (device_id=?)"],
    ),
}


@pytest.mark.parametrize(("ask", "expected"), ASKED.values(), ids=ASKED)
def test_is_found_by_an_index(
    ask: Callable[[Transaction], object], expected: list[str], tmp_path: Path
) -> None:
    plan = plan_of(ask, tmp_path)
    for step in expected:
        assert any(step in each for each in plan), plan
    assert not any("SCAN" in step or "TEMP B-TREE" in step for step in plan), plan


def in_state(state: DeviceState) -> Callable[[Transaction], object]:
    return lambda tx: tx.devices.in_state(OWNER, state, NOON)


@pytest.mark.parametrize(
    "ask",
    [
        lambda tx: tx.devices.summaries(OWNER),
        *map(in_state, DeviceState),
        lambda tx: tx.fleet.oldest_late(OWNER, NOON),
        lambda tx: tx.fleet.next_due(OWNER, NOON),
    ],
)
def test_who_asks_for_devices_looks_at_their_own_alone(
    ask: Callable[[Transaction], object], tmp_path: Path
) -> None:
    """They are put in order afterwards."""
    plan = plan_of(ask, tmp_path)
    assert any(OWNED in step for step in plan), plan
    assert not any("SCAN" in step for step in plan), plan


def plan_of(ask: Callable[[Transaction], object], folder: Path) -> list[str]:
    """How SQLite does the statements that this makes, step by step."""
    made: list[tuple[str, tuple[Any, ...]]] = []
    with up_to_date(folder / "shop.db") as engine:
        event.listen(
            engine,
            "before_cursor_execute",
            lambda _c, _cursor, sql, values, *_: made.append((sql, values)),
        )
        with SqlStorage(engine).transaction() as tx:
            ask(tx)
        with engine.connect() as connection:
            return [
                row[3]
                for sql, values in list(made)
                if not sql.startswith("BEGIN")
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
            ]
