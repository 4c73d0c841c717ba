"""A folder to run in."""

from pathlib import Path

import pytest

from entrypoints.secrets import fresh_secrets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An installation with secrets and nothing else."""
    (tmp_path / ".env").write_text(fresh_secrets())
    return tmp_path
