"""A folder to run in."""

from pathlib import Path

import pytest

from entrypoints.secrets import fresh_secrets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An installation with secrets, whose devices are on this machine."""
    (tmp_path / ".env").write_text(f"{fresh_secrets()}DEVICE_NETWORKS=127.0.0.0/8\n")
    return tmp_path
