"""The use cases for commands."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from entrypoints.bootstrap import UseCases


def use_cases() -> "UseCases":
    """Returns the use cases on a database that is up to date."""
    from entrypoints.bootstrap import bootstrap
    from entrypoints.database import bring_up_to_date
    from entrypoints.settings import read_settings

    settings = read_settings()
    bring_up_to_date(settings)
    return bootstrap(settings)
