"""Taking over the data of the former service, and copying it from one database to another."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from adapters.database.backends.backend import BadDatabaseUrlError
from adapters.database.backends.engine import make_engine
from adapters.database.copying import CannotCopyError, copied
from adapters.database.schema import ForeignDatabaseError, NewerDatabaseError
from adapters.former_service.records import FormerDatabase
from adapters.texts.takeover import SettingNames, not_empty, refusal, unreadable
from application.ports.former_service import FormerServiceError
from application.ports.storage import StorageNotReadyError
from application.takeover.records import CannotMoveInError, TakeoverReport
from application.takeover.take_over import NotEmptyError
from entrypoints.bootstrap import bootstrap
from entrypoints.cli.speech import language
from entrypoints.database import bring_up_to_date, private_files
from entrypoints.process.failures import CommandFailedError
from entrypoints.settings import read_settings

SETTINGS: Final = SettingNames(
    key="FERNET_KEY", networks="DEVICE_NETWORKS", database="DATABASE_URL"
)


def take_over(file: Path) -> TakeoverReport:
    """Raises CommandFailedError."""
    settings = read_settings()
    bring_up_to_date(settings)
    spoken = language()
    try:
        return bootstrap(settings).take_over(FormerDatabase(file))
    except CannotMoveInError as error:
        reasons = refusal(spoken, error.obstacles, SETTINGS)
        raise CommandFailedError("\n".join(reasons)) from error
    except FormerServiceError as error:
        raise CommandFailedError(unreadable(spoken, error.reason)) from error
    except NotEmptyError as error:
        raise CommandFailedError(not_empty(spoken, error.users, SETTINGS)) from error
    except StorageNotReadyError as error:
        raise CommandFailedError(str(error)) from error


def copy_database(url: str) -> Mapping[str, int]:
    """Copy all rows, and answer how many of which table. Raises CommandFailedError."""
    settings = read_settings()
    try:
        source, target = make_engine(settings.database_url), make_engine(url)
    except BadDatabaseUrlError as error:
        raise CommandFailedError(f"--to: {error}") from error
    private_files()
    try:
        return copied(source, target)
    except (
        CannotCopyError,
        ForeignDatabaseError,
        NewerDatabaseError,
        StorageNotReadyError,
    ) as error:
        raise CommandFailedError(str(error)) from error
    finally:
        source.dispose()
        target.dispose()
