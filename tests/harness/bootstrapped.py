"""An installation as its commands open it: with the settings of a folder, all parts real."""

from pathlib import Path

import pytest

from entrypoints.bootstrap import UseCases, bootstrap
from entrypoints.database import bring_up_to_date
from entrypoints.settings import NAMES, read_settings


def bootstrapped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> UseCases:
    """The use cases, with the settings in the folder's .env and no others."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(folder)
    settings = read_settings()
    bring_up_to_date(settings)
    return bootstrap(settings)
