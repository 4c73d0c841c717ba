"""The database of the service used before, as that service made it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from cryptography.fernet import Fernet

from domain.json_value import Json

# What passlib made of the password "password".
PASSLIBS: Final = (
    "$pbkdf2-sha256$6400$0ZrzXitFSGltTQnBWOsdAw$Y11AchqV4b0sUisdZd0Xr97KWoymNE0LNNrnEgY4H9M"
)
SCHEMA: Final = """
CREATE TABLE users (
    id INTEGER NOT NULL PRIMARY KEY,
    email VARCHAR(255),
    password_hash VARCHAR(255),
    created_at DATETIME
);
CREATE TABLE devices (
    id INTEGER NOT NULL PRIMARY KEY,
    owner_id INTEGER REFERENCES users (id),
    name VARCHAR(120),
    description VARCHAR(500),
    ip VARCHAR(64),
    port INTEGER,
    protocol VARCHAR(16),
    password_encrypted TEXT,
    products_cache_json TEXT,
    cached_dirty BOOLEAN
);
CREATE TABLE auto_update_schedules (
    id INTEGER NOT NULL PRIMARY KEY,
    device_id INTEGER REFERENCES devices (id),
    enabled BOOLEAN,
    interval_minutes INTEGER,
    last_run_utc DATETIME,
    last_status VARCHAR(16),
    last_error TEXT
);
"""


class FormerShop:
    """Rows in it, each made with what is said of it and the usual for the rest."""

    def __init__(self, connection: sqlite3.Connection, key: str) -> None:
        self.connection = connection
        self._fernet = Fernet(key)

    def user(self, id: int, email: object, password_hash: object = PASSLIBS) -> None:
        self._add("users", id=id, email=email, password_hash=password_hash)

    def device(self, id: int, owner_id: int, products: Json = None, **values: object) -> None:
        usual: dict[str, object] = {
            "name": f"Scale {id}",
            "description": None,
            "ip": f"192.168.1.{id}",
            "port": 1111,
            "protocol": "TCP",
            "password_encrypted": self.encrypted("1234"),
            # As Python's json writes it, Russian letters escaped.
            "products_cache_json": None if products is None else json.dumps(products),
            "cached_dirty": 0,
        }
        self._add("devices", id=id, owner_id=owner_id, **{**usual, **values})

    def schedule(self, device_id: int, **values: object) -> None:
        usual: dict[str, object] = {"enabled": 1, "interval_minutes": 720}
        self._add("auto_update_schedules", device_id=device_id, **{**usual, **values})

    def encrypted(self, password: str) -> str:
        return self._fernet.encrypt(password.encode()).decode()

    def _add(self, table: str, **values: Any) -> None:
        marks = ", ".join("?" * len(values))
        self.connection.execute(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})",  # noqa: S608 - constants
            list(values.values()),
        )


@contextmanager
def former_database(file: Path, key: str, *, write_ahead: bool = False) -> Iterator[FormerShop]:
    """A new one; the file is closed after the block."""
    with closing(sqlite3.connect(file)) as connection:
        if write_ahead:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(SCHEMA)
        yield FormerShop(connection, key)
        connection.commit()
