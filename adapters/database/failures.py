"""The database's failures, as the application knows them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFreeError

from application.ports.storage import StorageNotReadyError

NOT_READY: Final = {
    "25006",  # the server takes no writes
    "25P03",  # the transaction was idle for too long
    "3F000",  # there is no schema to put tables into
    "42501",  # permission denied
    "42703",  # a column is missing
    "42P01",  # a table is missing
    "XX001",  # data is damaged
    "XX002",  # an index is damaged
}
"""States of PostgreSQL that are not among its operational errors."""

# Whoever reads it need not know where our servers are.
_PLACE = re.compile(r".*connection to server .*? failed: |.*failed to resolve host '[^']*': ")


@contextmanager
def told_readably() -> Iterator[None]:
    """Raises StorageNotReadyError for a database that cannot be opened or reached, is locked for
    too long, full, damaged or gone; what is a mistake in the code stays what it is."""
    try:
        yield
    except NoConnectionFreeError as error:
        raise StorageNotReadyError(
            "The database cannot be used: all its connections are taken."
        ) from error
    except DBAPIError as error:
        if _is_not_ready(error):
            raise StorageNotReadyError(f"The database cannot be used: {told(error)}.") from error
        raise


def _is_not_ready(error: DBAPIError) -> bool:
    # "Not a database" and "malformed" come from SQLite as the base class itself.
    return (
        isinstance(error, OperationalError)
        or type(error) is DatabaseError
        or error.connection_invalidated
        or getattr(error.orig, "sqlstate", None) in NOT_READY
    )


def told(error: DBAPIError) -> str:
    """In one line, and without the values that PostgreSQL may go on to name."""
    diagnosis = getattr(error.orig, "diag", None)
    words = getattr(diagnosis, "message_primary", None) or str(error.orig)
    return _PLACE.sub("", words.strip().partition("\n")[0]).rstrip(".")
