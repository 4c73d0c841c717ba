"""How the tables get into a database, and into which they do not."""

import multiprocessing
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from adapters.database import schema
from adapters.database.backends.backend import BadDatabaseUrlError
from adapters.database.backends.engine import make_engine
from adapters.database.storage import SqlStorage
from adapters.database.tables import METADATA
from application.ports.storage import StorageNotReadyError
from tests.harness import stored
from tests.harness.sqlite import asked, opened, url_of
from tests.integration.database import processes as database_processes

SPAWN = multiprocessing.get_context("spawn")
OUR_TABLES = {*METADATA.tables, schema.VERSION_TABLE}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a folder" / "shop.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    path.parent.mkdir()
    with opened(path) as engine:
        yield engine


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def migrate(engine: Engine, target: str) -> None:
    with engine.begin() as connection:
        settings = schema.config(connection)
        (command.downgrade if target == "base" else command.upgrade)(settings, target)


def test_a_new_database_gets_every_table(engine: Engine) -> None:
    assert schema.current(engine) is None
    with pytest.raises(StorageNotReadyError, match="web-scales db upgrade"):
        SqlStorage(engine).check()
    schema.upgrade(engine)
    assert tables(engine) == OUR_TABLES
    assert schema.current(engine) == schema.HEAD
    SqlStorage(engine).check()


def test_down_and_up_again(engine: Engine) -> None:
    schema.upgrade(engine)
    migrate(engine, "base")
    assert tables(engine) == {schema.VERSION_TABLE}
    assert schema.current(engine) is None
    with pytest.raises(StorageNotReadyError):
        SqlStorage(engine).check()
    schema.upgrade(engine)
    assert tables(engine) == OUR_TABLES
    assert schema.current(engine) == schema.HEAD


def test_upgrading_once_more_changes_nothing(engine: Engine) -> None:
    schema.upgrade(engine)
    device = stored.stored_device(SqlStorage(engine))
    schema.upgrade(engine)
    with SqlStorage(engine).snapshot() as tx:
        assert tx.devices.get(device.id) == device


def test_the_newest_migration_is_the_one_the_code_needs(engine: Engine) -> None:
    with engine.connect() as connection:
        scripts = ScriptDirectory.from_config(schema.config(connection))
    assert scripts.get_current_head() == schema.HEAD


def test_the_migrations_make_the_tables_that_the_code_declares(
    engine: Engine, tmp_path: Path
) -> None:
    schema.upgrade(engine)
    with engine.connect() as connection:
        options = {"compare_server_default": True, "version_table": schema.VERSION_TABLE}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []
    with opened(tmp_path / "declared.db") as declared:
        METADATA.create_all(declared)
        assert described(engine) == described(declared)


def described(engine: Engine) -> dict[str, object]:
    """Every table with its columns, and its constraints and indexes by their names in the file."""
    look = inspect(engine)
    return {
        table: (
            [
                (each["name"], str(each["type"]), each["nullable"])
                for each in look.get_columns(table)
            ],
            look.get_pk_constraint(table),
            sorted(map(str, look.get_foreign_keys(table))),
            sorted(map(str, look.get_unique_constraints(table))),
            sorted(map(_index, look.get_indexes(table))),
            "AUTOINCREMENT" in source,
        )
        for table, source in _sources(engine)
        if table != schema.VERSION_TABLE
    }


def _index(index: Any) -> str:
    """The condition of a partial one as it is written."""
    return str({**index, "dialect_options": str(index["dialect_options"].get("sqlite_where"))})


def _sources(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        return [(name, sql) for name, sql in rows]


def test_every_connection_is_safe_also_the_one_that_migrated(engine: Engine) -> None:
    schema.upgrade(engine)
    with engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    full = 2
    assert settings == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "synchronous": full,
        "busy_timeout": 15_000,
    }


def test_two_processes_may_upgrade_at_once(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.db" for number in range(3)]
    together = SPAWN.Barrier(2)
    arguments = ([url_of(path) for path in paths], together)
    processes = [
        SPAWN.Process(target=database_processes.upgrade_each, args=arguments) for _ in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    for path in paths:
        assert asked(path, "SELECT version_num FROM web_scales_schema") == [(schema.HEAD,)]


def test_a_running_service_needs_no_alembic_and_no_driver_of_another_database(
    engine: Engine, path: Path
) -> None:
    schema.upgrade(engine)
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(
        target=database_processes.upgrade_and_name_modules, args=(url_of(path), theirs)
    )
    process.start()
    assert ours.poll(30)
    assert ours.recv() == set()
    process.join(30)


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_another_services_database_is_left_as_it_is(path: Path, journal: str) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.executescript(
            "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);"
            "CREATE TABLE devices (id INTEGER PRIMARY KEY, ip TEXT);"
            "CREATE TABLE alembic_version (version_num TEXT);"
            "INSERT INTO alembic_version VALUES ('0001');"
            "INSERT INTO users VALUES (1, 'anna@example.com');"
        )
    before = path.read_bytes()
    with opened(path) as engine:
        with pytest.raises(schema.ForeignDatabaseError, match=r"devices, users.*DATABASE_URL"):
            schema.upgrade(engine)
        with pytest.raises(schema.ForeignDatabaseError):
            schema.current(engine)
        with pytest.raises(StorageNotReadyError, match="not of this service"):
            SqlStorage(engine).check()
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_database_of_a_later_version_is_left_as_it_is(engine: Engine) -> None:
    schema.upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE web_scales_schema SET version_num = '9999'")
    with pytest.raises(schema.NewerDatabaseError, match="9999"):
        schema.upgrade(engine)
    assert schema.current(engine) == "9999"
    with pytest.raises(StorageNotReadyError, match="9999"):
        SqlStorage(engine).check()


def test_a_migration_that_fails_leaves_nothing_behind(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def upgrade_and_break(settings: object, target: str) -> None:
        real(settings, target)  # type: ignore[arg-type]  # as it was called
        raise RuntimeError("broken migration")

    real = command.upgrade
    monkeypatch.setattr(command, "upgrade", upgrade_and_break)
    with pytest.raises(RuntimeError, match="broken migration"):
        schema.upgrade(engine)
    assert tables(engine) == set()


def test_a_folder_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with opened(tmp_path / "missing" / "shop.db") as engine:
        with pytest.raises(StorageNotReadyError, match="unable to open database file"):
            schema.upgrade(engine)
        with pytest.raises(StorageNotReadyError, match="unable to open database file"):
            SqlStorage(engine).check()


def test_a_file_that_is_no_database_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Anna, " * 1_000)
    with opened(path) as engine:
        with pytest.raises(StorageNotReadyError, match="not a database"):
            schema.upgrade(engine)
        with pytest.raises(StorageNotReadyError, match="not a database"):
            SqlStorage(engine).check()
    assert path.read_text() == "Dear Anna, " * 1_000


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+aiosqlite", "sqlite+pysqlite"])
def test_takes_the_addresses_in_use(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    engine = make_engine(f"{scheme}:///./app.db")
    schema.upgrade(engine)
    SqlStorage(engine).check()
    engine.dispose()
    assert (tmp_path / "app.db").exists()


@pytest.mark.parametrize(
    ("url", "because"),
    [
        ("", "no database address"),
        ("shop.db", "no database address"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:///file::memory:?uri=true", "in memory"),
        ("sqlite:///file:shop?mode=memory&uri=true", "in memory"),
        ("mysql://anna:hunter2@db/shop", "mysql"),
        ("postgresql://anna:hunter2@db:port/shop", "no database address"),
        ("postgresql://anna:hunter2@db/shop?ssl=true", "does not take this address.*ssl"),
        ("nonsense://db", "nonsense"),
    ],
)
def test_refuses_other_addresses_without_repeating_a_password(url: str, because: str) -> None:
    with pytest.raises(BadDatabaseUrlError, match=because) as refused:
        make_engine(url)
    assert "hunter2" not in str(refused.value)
