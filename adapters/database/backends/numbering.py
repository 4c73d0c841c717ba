"""The numbers that the database gives to new rows: none twice, also after a row is gone."""

from sqlalchemy import Connection, Table, text

_LAST_ON_SQLITE = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
_FORGET_ON_SQLITE = text("DELETE FROM sqlite_sequence WHERE name = :name")
_SET_ON_SQLITE = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)")
_LAST = text("SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence(:name, :id) AS regclass))")
_SET = text("SELECT setval(pg_get_serial_sequence(:name, :id), :last)")


def last_given(connection: Connection, table: Table) -> int:
    """The last number that the database gave to a row of the table; 0 before the first."""
    if connection.dialect.name == "sqlite":
        return connection.scalar(_LAST_ON_SQLITE, {"name": table.name}) or 0
    return connection.scalar(_LAST, _names(table)) or 0


def give_after(connection: Connection, table: Table, last: int) -> None:
    """Have the next rows of the table get numbers greater than `last`."""
    if last == last_given(connection, table):
        return
    if connection.dialect.name == "sqlite":
        connection.execute(_FORGET_ON_SQLITE, {"name": table.name})
        connection.execute(_SET_ON_SQLITE, {"name": table.name, "last": last})
    else:
        connection.execute(_SET, {**_names(table), "last": last})


def _names(table: Table) -> dict[str, str]:
    (number,) = table.primary_key.columns
    return {"name": table.name, "id": number.name}
