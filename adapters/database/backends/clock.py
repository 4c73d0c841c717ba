"""The database's own clock."""

from typing import Any

from sqlalchemy import Float
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import expression
from sqlalchemy.sql.compiler import SQLCompiler


class database_now(expression.FunctionElement[float]):  # noqa: N801 - reads as the SQL it stands for
    """This instant, in seconds of the Unix epoch; one instant within a statement."""

    type = Float(53)
    inherit_cache = True


@compiles(database_now, "sqlite")
def _on_sqlite(_element: database_now, _compiler: SQLCompiler, **_options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(database_now, "postgresql")
def _on_postgresql(_element: database_now, _compiler: SQLCompiler, **_options: Any) -> str:
    # Not now(), which is when the transaction began: it may have waited since.
    return "CAST(EXTRACT(EPOCH FROM statement_timestamp()) AS DOUBLE PRECISION)"
