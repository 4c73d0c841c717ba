"""A folder to run in."""

import signal
from pathlib import Path

import pytest

from entrypoints.fresh_secrets import fresh_secrets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An installation with secrets, whose devices are on this machine."""
    (tmp_path / ".env").write_text(f"{fresh_secrets()}DEVICE_NETWORKS=127.0.0.0/8\n")
    return tmp_path


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Commands inherit what this process ignores, and in the background that may be Ctrl-C."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
