"""What the definitions of tables say differently to each database."""

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Integer, true

# SQLite numbers rows by itself only in a column that is an INTEGER by name.
Id: Final = BigInteger().with_variant(Integer(), "sqlite")

NEVER_TWICE: Final[dict[str, Any]] = {"sqlite_autoincrement": True}
"""For a table that gives no number a second time, also after a row is gone; PostgreSQL never
does."""


def where_true(column: Column[bool]) -> dict[str, Any]:
    """For an index of the rows in which a boolean is true."""
    return {"sqlite_where": column == true(), "postgresql_where": column}


def where_null(column: Column[Any]) -> dict[str, Any]:
    """For an index of the rows that have no value in a column."""
    return {"sqlite_where": column.is_(None), "postgresql_where": column.is_(None)}
