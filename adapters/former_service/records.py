"""The SQLite database of the service that was used before Web Scales."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from adapters.file_text import file_document
from adapters.former_service.source import opened
from adapters.json_text import NotJsonError, dumps
from application.ports.former_service import (
    FormerDevice,
    FormerRecords,
    FormerSchedule,
    FormerService,
    FormerServiceError,
    FormerUser,
    Value,
)
from domain.errors import BadProductFileError, FileTooLargeError
from domain.json_value import Json

USERS: Final = {"id": "id", "email": "email", "password_hash": "password_hash"}
DEVICES: Final = {
    "id": "id",
    "owner_id": "owner_id",
    "name": "name",
    "description": "description",
    "host": "ip",
    "port": "port",
    "protocol": "protocol",
    "encrypted_password": "password_encrypted",
    "dirty": "cached_dirty",
    "products": "products_cache_json",
}
SCHEDULES: Final = {
    "device_id": "device_id",
    "enabled": "enabled",
    "interval_minutes": "interval_minutes",
    "last_run": "last_run_utc",
    "last_status": "last_status",
    "last_error": "last_error",
}
TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "users": USERS,
    "devices": DEVICES,
    "auto_update_schedules": SCHEDULES,
}
"""Columns by what they are called here; others are passed over."""


class FormerDatabase(FormerService):
    """That database in a file, of which nothing is written."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @contextmanager
    def records(self) -> Iterator[FormerRecords]:
        with opened(self._file) as connection:
            # Text is read as bytes, for not all of it need be UTF-8.
            connection.text_factory = bytes
            _require_tables(connection, self._file)
            yield SqliteRecords(connection)


class SqliteRecords(FormerRecords):
    """The rows that one transaction sees."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def users(self) -> Iterator[FormerUser]:
        for row in self._rows("users", "id"):
            yield FormerUser(**{name: _value(raw) for name, raw in row.items()})

    def devices(self) -> Iterator[FormerDevice]:
        for row in self._rows("devices", "id"):
            products, fault = _json(row.pop("products"))
            values = {name: _value(raw) for name, raw in row.items()}
            yield FormerDevice(**values, products=products, products_fault=fault)

    def schedules(self) -> Iterator[FormerSchedule]:
        for row in self._rows("auto_update_schedules", "device_id, rowid"):
            yield FormerSchedule(**{name: _value(raw) for name, raw in row.items()})

    def _rows(self, table: str, order: str) -> Iterator[dict[str, Any]]:
        columns = TABLES[table]
        # All of these names are constants.
        selected = f"SELECT {', '.join(columns.values())} FROM {table} ORDER BY {order}"  # noqa: S608
        for row in self._connection.execute(selected):
            yield dict(zip(columns, row, strict=True))


def _require_tables(connection: sqlite3.Connection, file: Path) -> None:
    """Raises FormerServiceError for a database of another program."""
    missing: list[Json] = []
    for table, columns in TABLES.items():
        found = {row[1].decode() for row in connection.execute(f"PRAGMA table_info({table})")}
        absent = [column for column in columns.values() if column not in found]
        if not found:
            missing.append({"table": table, "columns": []})
        elif absent:
            missing.append({"table": table, "columns": list[Json](absent)})
    if missing:
        raise FormerServiceError("foreign", file=str(file), missing=missing)


def _value(raw: bytes | int | float | None) -> Value:
    return raw.decode("utf-8", "surrogateescape") if isinstance(raw, bytes) else raw


def _json(raw: bytes | int | float | None) -> tuple[Json, BadProductFileError | None]:
    """The value that the text holds, and why there is none."""
    if not isinstance(raw, bytes):
        return raw, None
    if not raw.strip():
        return None, None
    try:
        value = file_document(raw)
        dumps(value)  # it will have to be written again
    except FileTooLargeError as error:
        return None, error
    except NotJsonError:
        return None, BadProductFileError("no_json")
    return value, None
