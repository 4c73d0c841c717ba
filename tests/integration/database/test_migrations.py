"""What becomes of the rows of a database when its tables change."""

import gzip
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Engine

from adapters.database import schema
from adapters.database.storage import SqlStorage
from adapters.json_text import dumps
from application.ports.repositories.leases import Lease
from application.ports.repositories.runs import RunFilter
from application.ports.repositories.users import EmailTakenError
from domain.accounts.user import User, UserId
from domain.devices.device import Address, Device, DeviceId
from domain.errors import Cause
from domain.json_value import ABSENT, Json
from domain.products.edit import EditVersion
from domain.products.product import ProductKey
from domain.renewal.schedule import AutoUpdate
from domain.runs.run import Ending, Outcome, Run, RunId, RunKind
from tests.harness import stored
from tests.harness.sqlite import asked, opened
from tests.harness.stored import FILE, HOUR, NOON

TEXT = "2026-03-02 12:00:00.123456"
"""NOON as it stands in the file."""
EDIT = stored.edit(3)
EDITED = replace(stored.catalogue(DeviceId(1)), edits=(EDIT,))
ROWS: dict[str, list[tuple[Any, ...]]] = {
    "users": [(1, "Anna@example.com", "anna@example.com", "hash 1"), (2, "b@c", "b@c", "hash 2")],
    "devices": [
        (1, 1, "Bakery", "By the door", "10.0.0.1", 1111, "TCP", "secret", "Asia/Tokyo", 2),
        (7, 2, "Fish", "", "fish.example", 1, "TCP", "secret", None, 0),
    ],
    "auto_updates": [(1, 1, 43_200, TEXT, "2026-03-01", TEXT, "ERROR", "because")],
    "catalogues": [(1, "shown", "held", 1, 1, 2, TEXT, 3)],
    "leases": [(1, 5, None), (7, 1, 9e9)],
    "runs": [
        (4, 1, 5, "read", 1, TEXT, TEXT, "failed", 1, 2, 3, "Why", "because"),
        (6, 7, 1, "auto_update", None, TEXT, None, None, None, None, None, None, None),
    ],
    "edits": [(1, 3, "code", "7", "price", "24.5", "25", 1, "2026-03-02 12:00:03.123456", 0, 0)],
    "held_files": [(1, dumps(FILE.document))],
    "shown_files": [(1, dumps(EDITED.shown.document))],
}
"""A database of the first version, whose newest user, device and run were deleted."""
LAST_IDS = {"users": 12, "devices": 17, "runs": 16}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    """On a database as the first version left it."""
    with opened(path) as engine:
        migrate(engine, "0001")
        with closing(connect(path)) as connection, connection:
            for table, rows in ROWS.items():
                marks = ", ".join("?" * len(rows[0]))
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
            connection.executemany(
                "UPDATE sqlite_sequence SET seq = ? WHERE name = ?",
                [(last, table) for table, last in LAST_IDS.items()],
            )
        yield engine


def migrate(engine: Engine, target: str) -> None:
    with engine.begin() as connection:
        current = schema.current(engine)
        turn = command.downgrade if current is not None and target < current else command.upgrade
        turn(schema.config(connection), target)


def held(path: Path) -> dict[str, list[Any]]:
    """Every row of every table, the last ids among them."""
    tables = [*ROWS, "sqlite_sequence"]
    return {table: asked(path, f"SELECT * FROM {table} ORDER BY 1") for table in tables}  # noqa: S608


def test_a_database_with_data_keeps_it_all_when_upgraded(engine: Engine, path: Path) -> None:
    with closing(connect(path)) as connection, connection:
        connection.execute(
            "UPDATE leases SET expires_at = ? WHERE device_id = 7", [time.time() + 15]
        )
    schema.upgrade(engine)
    assert asked(path, "SELECT id, endpoint FROM devices ORDER BY id") == [
        (1, "10.0.0.1:1111"),
        (7, None),
    ]
    bakery = Device(
        id=DeviceId(1),
        owner_id=UserId(1),
        name="Bakery",
        description="By the door",
        address=Address("10.0.0.1", 1111),
        protocol="TCP",
        encrypted_password="secret",  # noqa: S106
        time_zone="Asia/Tokyo",
        moves=2,
        refusals=0,
        refused_at=None,
        doubtful=True,
    )
    failed = Run(
        id=RunId(4),
        device_id=bakery.id,
        kind=RunKind.READ,
        asked_by=UserId(1),
        started_at=NOON,
        ending=Ending(
            at=NOON,
            outcome=Outcome.FAILED,
            products=1,
            bytes=2,
            retries=3,
            cause=Cause("Why", text="because"),
        ),
    )
    with SqlStorage(engine).snapshot() as tx:
        anna = User(id=UserId(1), email="Anna@example.com", password_hash="hash 1")  # noqa: S106
        assert tx.users.get(anna.id) == anna
        assert tx.users.by_email("b@c") is not None
        assert tx.devices.get(bakery.id) == bakery
        assert tx.catalogues.find(bakery.id) == replace(
            EDITED, moves=2, unverified=True, last_version=EditVersion(3)
        )
        shown = tx.rendered_files.find(bakery.id)
        assert shown == (dumps({"products": EDITED.shown.document}), "shown")
        assert tx.schedules.find(bakery.id) == AutoUpdate(
            device_id=bakery.id,
            enabled=True,
            interval=12 * HOUR,
            due_at=NOON,
            dates_written=date(2026, 3, 1),
            last_run_at=NOON,
            last_status="ERROR",
            last_error=Cause(None, text="because"),
            consecutive_failures=1,
        )
        assert tx.schedules.any_due(NOON)
        assert not tx.schedules.any_due(NOON - HOUR)
        assert list(tx.runs.page(UserId(1), RunFilter())) == [failed]
        assert [run.outcome for run in tx.runs.page(UserId(2), RunFilter())] == [Outcome.RUNNING]
        assert tx.leases.holds(Lease(DeviceId(7), 1))
        assert not tx.leases.holds(Lease(bakery.id, 5))
        assert list(tx.former_files.of_device(bakery.id)) == []


SHARED = {21: "ａnna@x", 22: "anna@x", 23: "ｂob@x", 24: "ⓑob@x", 25: "ﬁ@x", 26: "Ｚ@x"}
"""Addresses that were six before, and are four by now."""


def test_users_whose_addresses_are_one_by_now_sign_in_as_before(engine: Engine, path: Path) -> None:
    migrate(engine, "0007")
    with closing(connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO users VALUES (?, ?, ?, 'a hash')",
            [(user_id, email, email.casefold()) for user_id, email in SHARED.items()],
        )
    before = asked(path, "SELECT * FROM users")
    schema.upgrade(engine)
    keys = dict(asked(path, "SELECT id, email_key FROM users WHERE id > 20"))
    assert keys == {21: "ａnna@x", 22: "anna@x", 23: "bob@x", 24: "ⓑob@x", 25: "fi@x", 26: "z@x"}
    with SqlStorage(engine).transaction() as tx:
        for user_id, email in SHARED.items():
            user = tx.users.by_email(email)
            assert user is not None
            assert (user.id, user.email) == (user_id, email)
            with pytest.raises(EmailTakenError):
                tx.users.add(email.upper(), "another hash")
        tx.users.delete(UserId(22))
        # What only the former key tells apart is not given away either.
        with pytest.raises(EmailTakenError):
            tx.users.add("ａnna@x", "another hash")
        tx.users.add("anna@x", "a hash")
        tx.users.delete(UserId(23))
    migrate(engine, "0007")
    left = [row for row in before if row[0] not in (22, 23)]
    assert [row for row in asked(path, "SELECT * FROM users") if row[0] <= 26] == left


def test_files_stand_compressed_after_it(engine: Engine, path: Path) -> None:
    many: list[Json] = [{"code": code, "name": "Хлеб ржаной"} for code in range(1000)]
    text = dumps({"products": many})
    with closing(connect(path)) as connection, connection:
        connection.execute("UPDATE held_files SET body = ?", [text])
    schema.upgrade(engine)
    [(body,)] = asked(path, "SELECT body FROM held_files")
    assert gzip.decompress(body) == b'{"products":' + text + b"}"
    assert len(body) * 10 < len(text)
    migrate(engine, "0002")
    assert asked(path, "SELECT body FROM held_files") == [(text,)]
    assert asked(path, "SELECT * FROM shown_files") == ROWS["shown_files"]


def test_ids_go_on_where_they_were(engine: Engine) -> None:
    schema.upgrade(engine)
    with SqlStorage(engine).transaction() as tx:
        device = stored.device(tx, name="new")
        run_id = tx.runs.start(Lease(device.id, 1), kind=RunKind.READ, asked_by=None, at=NOON)
        tx.former_files.keep(device.id, FILE, read_at=NOON, at=NOON, most=10)
    assert (device.owner_id, device.id, run_id) == (13, 18, 17)


def test_up_down_and_up_again_loses_nothing(engine: Engine, path: Path) -> None:
    before = held(path)
    assert before["runs"]
    schema.upgrade(engine)
    upgraded = held(path)
    migrate(engine, "0001")
    assert held(path) == before
    assert schema.current(engine) == "0001"
    schema.upgrade(engine)
    assert held(path) == upgraded
    assert asked(path, "PRAGMA foreign_key_check") == []
    assert asked(path, "PRAGMA integrity_check") == [("ok",)]


def test_down_leaves_out_only_what_has_no_place_there(engine: Engine, path: Path) -> None:
    before = held(path)
    schema.upgrade(engine)
    storage = SqlStorage(engine)
    added = stored.edit(
        4, product=ProductKey("code", 9), field=None, before=ABSENT, after={"code": 9}
    )
    at = datetime(2026, 3, 3, tzinfo=UTC)
    with storage.transaction() as tx:
        catalogue = tx.catalogues.find(DeviceId(1))
        assert catalogue is not None
        tx.catalogues.save(replace(catalogue, edits=(*catalogue.edits, added)))
        tx.devices.save(tx.devices.get(DeviceId(1)).password_refused(at))
        tx.former_files.keep(DeviceId(1), FILE, read_at=at - timedelta(1), at=at, most=10)
    migrate(engine, "0001")
    after = held(path)
    changed = {table for table, rows in after.items() if rows != before[table]}
    assert changed == {"catalogues", "shown_files"}
    assert asked(path, "SELECT name FROM sqlite_master WHERE name = 'former_files'") == []


def test_a_device_still_takes_all_that_is_its_own_along(engine: Engine, path: Path) -> None:
    schema.upgrade(engine)
    with SqlStorage(engine).transaction() as tx:
        tx.former_files.keep(DeviceId(1), FILE, read_at=NOON, at=NOON, most=10)
        tx.users.delete(UserId(1))
        tx.devices.delete(DeviceId(7))
    left = {table: rows for table, rows in held(path).items() if rows}
    assert left.keys() == {"users", "sqlite_sequence"}
    assert asked(path, "SELECT count(*) FROM former_files") == [(0,)]


@pytest.mark.parametrize(("away", "is_due"), [(timedelta(days=31), True), (2 * HOUR, False)])
def test_a_turn_that_a_clock_put_off_which_was_ahead_is_found_after_the_upgrade(
    engine: Engine, path: Path, away: timedelta, is_due: bool
) -> None:
    now = datetime.now(UTC)
    with closing(connect(path)) as connection, connection:
        due_at = f"{now + away:%Y-%m-%d %H:%M:%S.%f}"
        connection.execute("UPDATE auto_updates SET due_at = ?", [due_at])
    schema.upgrade(engine)
    with SqlStorage(engine).transaction() as tx:
        assert tx.schedules.any_due(now) == is_due
        claimed = tx.schedules.claim_due(now, until=now + HOUR, limit=1)
    assert [each.device_id for each in claimed] == [1] * is_due
