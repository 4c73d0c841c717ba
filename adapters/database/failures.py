"""The database's failures, as the application knows them."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFreeError

from adapters.database.backends.backend import Backend
from application.ports.storage import StorageNotReadyError


@contextmanager
def readable_failures(backend: Backend) -> Iterator[None]:
    """Raises StorageNotReadyError for a database that cannot be opened or reached, is locked for
    too long, full, damaged or gone; what is a mistake in the code stays what it is."""
    try:
        yield
    except NoConnectionFreeError as error:
        raise StorageNotReadyError(
            "The database cannot be used: all its connections are taken."
        ) from error
    except DBAPIError as error:
        if (
            isinstance(error, OperationalError)
            or error.connection_invalidated
            or backend.is_unavailable(error)
        ):
            raise StorageNotReadyError(
                f"The database cannot be used: {in_one_line(backend, error)}."
            ) from error
        raise


def in_one_line(backend: Backend, error: DBAPIError) -> str:
    """The database's words for an error, without the full stop."""
    return backend.reason(error).strip().partition("\n")[0].rstrip(".")
