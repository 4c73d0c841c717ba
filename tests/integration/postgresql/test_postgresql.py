"""How the tables get into a PostgreSQL, and into which they do not."""

import multiprocessing
from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from adapters.database import schema
from adapters.database.storage import SqlStorage
from adapters.database.tables import METADATA
from application.ports.storage import StorageNotReadyError
from domain.runs.run import RunKind
from tests.harness import stored
from tests.harness.postgresql import Server, opened
from tests.harness.stored import FILE, NOON, SECOND
from tests.integration.database import processes as database_processes

SPAWN = multiprocessing.get_context("spawn")
QUEUES = {f"procrastinate_{name}" for name in ("events", "jobs", "periodic_defers", "workers")}
"""Tables of Procrastinate, which its own schema makes."""
OUR_TABLES = {*METADATA.tables, schema.VERSION_TABLE, *QUEUES}


@pytest.fixture
def name(postgresql: Server) -> Iterator[str]:
    with postgresql.database() as name:
        yield name


@pytest.fixture
def engine(postgresql: Server, name: str) -> Iterator[Engine]:
    with opened(postgresql.url(name)) as engine:
        yield engine


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def downgrade(engine: Engine, target: str) -> None:
    with engine.begin() as connection:
        command.downgrade(schema.config(connection), target)


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
    downgrade(engine, "base")
    assert tables(engine) == {schema.VERSION_TABLE}
    assert schema.current(engine) is None
    schema.upgrade(engine)
    assert tables(engine) == OUR_TABLES


def test_rows_outlive_each_step_down_and_up(engine: Engine) -> None:
    schema.upgrade(engine)
    storage = SqlStorage(engine)
    device = stored.stored_device(storage)
    lease = stored.taken(storage, device.id)
    with storage.transaction() as tx:
        tx.catalogues.save(stored.catalogue(device.id))
        run_id = tx.runs.start(lease, kind=RunKind.READ, asked_by=None, at=NOON)
    downgrade(engine, "0001")
    schema.upgrade(engine)
    with storage.transaction() as tx:
        assert tx.devices.get(device.id) == device
        assert tx.catalogues.find(device.id) == stored.catalogue(device.id)
        assert [run.id for run in stored.runs_of(tx, device)] == [run_id]
        tx.former_files.keep(device.id, FILE, read_at=NOON, at=NOON, most=1)
        assert stored.device(tx, name="next").id > device.id


def test_upgrading_once_more_changes_nothing(engine: Engine) -> None:
    schema.upgrade(engine)
    device = stored.stored_device(SqlStorage(engine))
    schema.upgrade(engine)
    with SqlStorage(engine).snapshot() as tx:
        assert tx.devices.get(device.id) == device


def test_the_migrations_make_the_tables_that_the_code_declares(
    postgresql: Server, engine: Engine
) -> None:
    schema.upgrade(engine)
    with engine.connect() as connection:
        options = {
            "compare_server_default": True,
            "version_table": schema.VERSION_TABLE,
            "include_name": lambda name, kind, _: kind != "table" or name not in QUEUES,
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []
    with postgresql.database() as other, opened(postgresql.url(other)) as declared:
        METADATA.create_all(declared)
        assert described(engine) == described(declared)


def described(engine: Engine) -> dict[str, object]:
    """Every table with its columns, constraints and indexes by their names."""
    look = inspect(engine)
    return {
        table: (
            [
                (each["name"], str(each["type"]), each["nullable"], each["default"])
                for each in look.get_columns(table)
            ],
            look.get_pk_constraint(table),
            sorted(map(str, look.get_foreign_keys(table))),
            sorted(map(str, look.get_unique_constraints(table))),
            sorted(map(str, look.get_indexes(table))),
        )
        for table in METADATA.tables
    }


def test_two_processes_may_upgrade_at_once(postgresql: Server) -> None:
    with postgresql.database() as one, postgresql.database() as two:
        urls = [postgresql.url(one), postgresql.url(two)]
        arguments = (urls, SPAWN.Barrier(2))
        processes = [
            SPAWN.Process(target=database_processes.upgrade_each, args=arguments) for _ in range(2)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join(60)
        assert [process.exitcode for process in processes] == [0, 0]
        for name in (one, two):
            versions = postgresql.execute("SELECT * FROM web_scales_schema", name)
            assert versions == [(schema.HEAD,)]


def test_another_services_database_is_left_as_it_is(
    postgresql: Server, name: str, engine: Engine
) -> None:
    postgresql.execute(
        "CREATE TABLE users (id int PRIMARY KEY, email text);"
        "CREATE TABLE devices (id int PRIMARY KEY, ip text);"
        "INSERT INTO users VALUES (1, 'anna@example.com')",
        name,
    )
    with pytest.raises(schema.ForeignDatabaseError, match=r"devices, users.*DATABASE_URL"):
        schema.upgrade(engine)
    with pytest.raises(schema.ForeignDatabaseError):
        schema.current(engine)
    with pytest.raises(StorageNotReadyError, match="not of this service"):
        SqlStorage(engine).check()
    assert tables(engine) == {"users", "devices"}
    assert postgresql.execute("SELECT * FROM users", name) == [(1, "anna@example.com")]


def test_it_lives_in_a_schema_of_its_own_beside_another_service(
    postgresql: Server, name: str
) -> None:
    postgresql.execute("CREATE TABLE users (id int PRIMARY KEY); CREATE SCHEMA scales", name)
    # Another installation further down the path is not ours either.
    postgresql.execute("CREATE TABLE web_scales_schema (version_num text)", name)
    url = postgresql.url(name, options="-csearch_path=scales,public")
    with opened(url) as engine:
        schema.upgrade(engine)
        device = stored.stored_device(SqlStorage(engine))
        SqlStorage(engine).check()
    owned = postgresql.execute("SELECT id FROM scales.devices", name)
    assert owned == [(device.id,)]
    assert postgresql.execute("SELECT count(*) FROM public.web_scales_schema", name) == [(0,)]
    left = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    assert postgresql.execute(left, name) == [("users",), ("web_scales_schema",)]


def test_views_and_tables_of_extensions_are_no_other_service(
    postgresql: Server, name: str, engine: Engine
) -> None:
    postgresql.execute("CREATE VIEW numbers AS SELECT 1; CREATE TABLE plugged (id int)", name)
    # An extension's own table, which `ALTER EXTENSION … ADD TABLE` makes it.
    postgresql.execute("ALTER EXTENSION plpgsql ADD TABLE plugged", name)
    schema.upgrade(engine)
    SqlStorage(engine).check()


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


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_takes_the_addresses_in_use(postgresql: Server, name: str, scheme: str) -> None:
    url = scheme + postgresql.url(name).removeprefix("postgresql")
    with opened(url) as engine:
        schema.upgrade(engine)
        SqlStorage(engine).check()


def test_a_database_that_cannot_hold_every_script_is_told(postgresql: Server) -> None:
    ascii_only = "ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
    with (
        postgresql.database(ascii_only) as name,
        opened(postgresql.url(name)) as engine,
        pytest.raises(StorageNotReadyError, match=r"SQL_ASCII.*ENCODING 'UTF8'"),
    ):
        schema.upgrade(engine)


def test_a_user_who_may_not_make_tables_is_told(postgresql: Server, name: str) -> None:
    postgresql.execute("CREATE ROLE guest LOGIN")
    try:
        url = postgresql.url(name).replace("postgres:", "guest:", 1)
        with (
            opened(url) as engine,
            pytest.raises(StorageNotReadyError, match="permission denied for schema public"),
        ):
            schema.upgrade(engine)
    finally:
        postgresql.execute("DROP ROLE guest")


def test_tables_that_are_not_there_yet_are_told(engine: Engine) -> None:
    with (
        pytest.raises(StorageNotReadyError, match=r"relation .* does not exist"),
        SqlStorage(engine).snapshot() as tx,
    ):
        tx.users.all()


def test_the_time_zone_of_the_database_does_not_matter(
    postgresql: Server, name: str, engine: Engine
) -> None:
    schema.upgrade(engine)
    postgresql.execute(f"ALTER DATABASE {name} SET timezone = 'Asia/Tokyo'")
    with opened(postgresql.url(name)) as elsewhere:
        storage = SqlStorage(elsewhere)
        device = stored.stored_device(storage)
        with storage.transaction() as tx:
            tx.schedules.save(stored.schedule(device.id))
            assert tx.schedules.any_due(NOON)
            assert not tx.schedules.any_due(NOON - SECOND)
            found = tx.schedules.find(device.id)
        assert found is not None
        assert str(found.due_at) == str(NOON)
        stored.taken(storage, device.id)
        with storage.transaction() as tx:
            assert tx.leases.take(device.id, SECOND) is None
