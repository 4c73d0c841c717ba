"""Which leases last."""

from sqlalchemy import ColumnElement, Table, or_

from adapters.database.backends.clock import database_now


def free(table: Table) -> ColumnElement[bool]:
    """Whether nobody holds the lease in a row. One that lasts for more than twice its length from
    now on was taken by a clock that was ahead."""
    return or_(
        table.c.expires_at.is_(None),
        table.c.expires_at <= database_now(),
        table.c.expires_at > database_now() + 2 * table.c.lasts,
    )
