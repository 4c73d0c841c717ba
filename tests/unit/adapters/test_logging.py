"""The log's lines: who they are about, and what can never be in them."""

import io
import logging
import re
import sys
import threading
from collections.abc import Iterator
from typing import Final
from unittest import mock

import pytest
from scales.exceptions import DeviceError
from scales.scales import Scales

from adapters.mertech.emulator import running_scales
from adapters.system.logging import QUIET, NotTheDriver, configure_logging
from application import log_context as context
from application.ports.cipher import UnreadableSecretError
from domain.errors import DeviceReplacedError

LINE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [A-Z]+ [\w.]+ .*")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is logged; the loggers are put back afterwards."""
    root = logging.getLogger()
    before = (root.level, root.handlers[:], root.filters[:])
    levels = {name: logging.getLogger(name).level for name in QUIET}
    text = io.StringIO()
    monkeypatch.setattr(sys, "stderr", text)
    configure_logging("DEBUG")
    yield text
    logging.captureWarnings(False)
    root.level, root.handlers[:], root.filters[:] = before
    root.setLevel(before[0])
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_nothing_logged_can_begin_a_line_of_its_own(log: io.StringIO) -> None:
    forged = "2026-11-23T07:19:42.120Z INFO application.accounts.registration all is well"
    for end in ("\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\x1b[2K\x1b[1G"):
        logging.getLogger("shop").warning("no device named %s", f"x{end}{forged}")
    lines = log.getvalue().splitlines()
    assert len(lines) == 9
    assert all(LINE.fullmatch(line) and " WARNING shop no device" in line for line in lines)


def test_a_failure_is_told_in_a_sentence_with_its_code_and_facts(log: io.StringIO) -> None:
    logging.getLogger("shop").warning("%s: %s", "not sent", DeviceReplacedError(6, 10))
    logging.getLogger("shop").warning("%s", UnreadableSecretError("of another key"))
    sentence, text = log.getvalue().splitlines()
    assert " WARNING shop not sent: The scale lacks 6 of the 10 products" in sentence
    assert sentence.endswith(" DeviceReplaced(missing=6, total=10)")
    assert text.endswith(" WARNING shop of another key")


def test_a_traceback_follows_set_in_and_cannot_forge_either(log: io.StringIO) -> None:
    forged = "2026-11-23T07:19:42.120Z INFO application.accounts.registration all is well"
    try:
        raise RuntimeError(f"x\n{forged}\rx\u2028{forged}")
    except RuntimeError:
        logging.getLogger("shop").exception("failed")
    first, *traceback = log.getvalue().splitlines()
    assert LINE.fullmatch(first)
    assert any("RuntimeError: x" in line for line in traceback)
    assert all(line.startswith("    ") for line in traceback)


def test_russian_stays_readable(log: io.StringIO) -> None:
    logging.getLogger("shop").info("Маффин «с маком»")
    assert log.getvalue().endswith("INFO shop Маффин «с маком»\n")


@pytest.mark.parametrize(
    ("request_id", "user_id", "device_id", "shown"),
    [
        (None, None, None, "shop text"),
        ("9f3c", None, None, "shop [request=9f3c] text"),
        ("9f3c", 3, 7, "shop [request=9f3c user=3 device=7] text"),
        (None, None, 7, "shop [device=7] text"),
        ("a\nb", None, None, "shop [request=a\\nb] text"),
    ],
)
def test_a_line_says_whom_it_is_about(
    log: io.StringIO,
    request_id: str | None,
    user_id: int | None,
    device_id: int | None,
    shown: str,
) -> None:
    def work() -> None:
        context.request_id.set(request_id)
        context.user_id.set(user_id)
        context.device_id.set(device_id)
        logging.getLogger("shop").info("text")

    thread = threading.Thread(target=work)  # with a context of its own
    thread.start()
    thread.join()
    assert log.getvalue().rstrip("\n").endswith(f"INFO {shown}")


def test_configuring_twice_logs_once(log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", log)
    configure_logging("INFO")
    logging.getLogger("shop").info("once")
    logging.getLogger("shop").debug("never")
    assert log.getvalue().count("once") == 1
    assert "never" not in log.getvalue()
    assert sum(isinstance(kept, NotTheDriver) for kept in logging.getLogger().filters) == 1


@pytest.mark.parametrize(
    "name", ["waitress", "alembic", "application.renewal.schedules", "schedule"]
)
def test_libraries_are_heard(log: io.StringIO, name: str) -> None:
    logging.getLogger(name).info("here")
    assert f"INFO {name} here" in log.getvalue()


def test_statements_with_their_values_are_never_logged(log: io.StringIO) -> None:
    for name in ("sqlalchemy.engine.Engine", "sqlalchemy.pool", "sqlalchemy"):
        logging.getLogger(name).info("INSERT … $2b$12$…")
        logging.getLogger(name).debug("Row (…)")
    assert log.getvalue() == ""


def test_the_drivers_frames_are_dropped_and_nothing_else_of_the_root_logger(
    log: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    have_the_driver_speak("7391")
    logging.debug("from elsewhere")
    assert "7391" not in log.getvalue() + caplog.text
    assert "DEBUG root from elsewhere" in log.getvalue()


def test_the_driver_would_have_told_the_password(caplog: pytest.LogCaptureFixture) -> None:
    """Else the test above could not fail."""
    caplog.set_level("DEBUG")
    have_the_driver_speak("7391")
    assert "7391" in caplog.text


def have_the_driver_speak(password: str) -> None:
    """To a device, by itself: without the adapter around it."""
    with running_scales(password=password, products=3) as fleet:
        driver = Scales("127.0.0.1", fleet.ports[0], password)
        with pytest.raises(DeviceError), mock.patch("time.sleep", side_effect=DeviceError):
            driver.get_products_json()
        del driver
