"""The database's failures, as the application knows them."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFreeError

from application.ports.storage import StorageNotReadyError


@contextmanager
def told_readably() -> Iterator[None]:
    """Raises StorageNotReadyError for a database that cannot be opened, is locked for too long,
    full, damaged or gone; what is a mistake in the code stays what it is."""
    try:
        yield
    except NoConnectionFreeError as error:
        raise StorageNotReadyError(
            "The database cannot be used: all its connections are taken."
        ) from error
    except DBAPIError as error:
        # "Not a database" and "malformed" come as the base class itself.
        if isinstance(error, OperationalError) or type(error) is DatabaseError:
            raise StorageNotReadyError(f"The database cannot be used: {error.orig}.") from error
        raise
