"""Settings: from where they come, what is refused, and what .env.example says of them."""

import base64
import dataclasses
import os
import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from cryptography.fernet import Fernet
from dotenv import dotenv_values

from adapters.security.tokens import ALGORITHMS
from adapters.texts.languages import Language
from domain.devices.networks import DeviceNetworks
from entrypoints.fresh_secrets import fresh_secrets, guessable
from entrypoints.settings import (
    IGNORED,
    JWT_ALGORITHMS,
    NAMES,
    Settings,
    SettingsError,
    read_settings,
)

EXAMPLE: Final = Path(__file__).parents[3] / ".env.example"
SECRETS: Final = {
    "JWT_SECRET_KEY": "jwt-secret-of-nobody-and-long-enough-for-the-strongest-algorithm-of-all",
    "FERNET_KEY": Fernet.generate_key().decode(),
}
Read = Callable[..., Settings]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Read:
    """Reads settings given by name, with good secrets unless said otherwise, and nothing else."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def read(**given: str | None) -> Settings:
        for name, value in (SECRETS | given).items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        return read_settings()

    return read


def refusal(read: Read, **given: str | None) -> str:
    with pytest.raises(SettingsError) as refused:
        read(**given)
    return str(refused.value)


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("value", [None, "", "change-me", "short", "ключ", "x" * 31])
def test_a_secret_that_is_none_stops_the_start_and_says_how_to_make_one(
    read: Read, name: str, value: str | None
) -> None:
    text = refusal(read, **{name: value})
    assert f"{name}: " in text
    assert "web-scales secrets" in text
    assert not value or value == "change-me" or value not in text


@pytest.mark.parametrize(
    "value",
    [
        "x" * 64,
        "ab" * 32,
        "change-me" * 8,
        "change-me, please: Change-Me, please",
        "secret1234" * 5 + "secret",
        "0123456789" * 4,
        "abcdefghijklmnopqrstuvwxyz012345",
        "jwt-secret-" + "j" * 40,
    ],
)
def test_a_secret_that_is_easy_to_guess_stops_the_start(read: Read, value: str) -> None:
    text = refusal(read, JWT_SECRET_KEY=value)
    assert "JWT_SECRET_KEY: Easy to guess" in text
    assert "web-scales secrets" in text


@pytest.mark.parametrize(
    "key", [bytes(32), b"k" * 32, b"0123456789abcdef" * 2, bytes(range(32)), bytes(31) + b"\1"]
)
def test_a_fernet_key_that_is_easy_to_guess_stops_the_start(read: Read, key: bytes) -> None:
    text = refusal(read, FERNET_KEY=base64.urlsafe_b64encode(key).decode())
    assert "FERNET_KEY: Easy to guess" in text
    assert "web-scales secrets" in text


@pytest.mark.parametrize(("algorithm", "wanted"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_a_stronger_algorithm_wants_a_longer_secret(
    read: Read, algorithm: str, wanted: int
) -> None:
    secret = secrets.token_urlsafe(64)
    good = read(JWT_ALGORITHM=algorithm, JWT_SECRET_KEY=secret[:wanted])
    assert good.jwt_secret_key == secret[:wanted]
    for more in ({}, {"PORT": "eighty"}):
        text = refusal(read, JWT_ALGORITHM=algorithm, JWT_SECRET_KEY=secret[: wanted - 1], **more)
        assert "  JWT_SECRET_KEY: Shorter than " in text
        assert f"{wanted} bytes" in text
        assert "web-scales secrets" in text


@pytest.mark.parametrize("make", [secrets.token_hex, secrets.token_urlsafe])
def test_random_secrets_of_any_form_are_good(make: Callable[[int], str]) -> None:
    assert not any(guessable(make(32).encode()) for _ in range(200))
    digits = ("".join(secrets.choice("0123456789") for _ in range(40)) for _ in range(200))
    assert not any(guessable(text.encode()) for text in digits)


def test_all_problems_are_named_at_once(read: Read) -> None:
    text = refusal(
        read,
        JWT_SECRET_KEY=None,
        FERNET_KEY="change-me",
        PORT="eighty",
        SCHEDULER_TIMEZONE="Moscow",
        CORS_ALLOW_ORIGINS="https://shop.example",
        DEBUG="maybe",
        PRODUCTS_FIX_MODE="perhaps",
    )
    named = re.findall(r"^  ([A-Z_]+): .+", text, re.MULTILINE)
    assert sorted(named) == [
        "CORS_ALLOW_ORIGINS",
        "DEBUG",
        "FERNET_KEY",
        "JWT_SECRET_KEY",
        "PORT",
        "PRODUCTS_FIX_MODE",
        "SCHEDULER_TIMEZONE",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "web-scales.db"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "mysql://localhost/shop"),
        ("DATABASE_URL", "postgresql://localhost:port/shop"),
        ("DATABASE_URL", "postgresql://localhost/shop?ssl=true"),
        ("JWT_ALGORITHM", "none"),
        ("JWT_ALGORITHM", "RS256"),
        ("JWT_ALGORITHM", "hs256"),
        ("JWT_ACCESS_TOKEN_MINUTES", "0"),
        ("JWT_ACCESS_TOKEN_MINUTES", "9" * 20),
        ("HOST", ""),
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("PORT", "80.5"),
        ("THREADS", "1"),
        ("MAX_BODY_BYTES", "0"),
        ("API_DOCS", "on top"),
        ("CORS_ALLOW_ORIGINS", "["),
        ("CORS_ALLOW_ORIGINS", '"https://shop.example"'),
        ("CORS_ALLOW_ORIGINS", '{"https://shop.example": 1}'),
        ("CORS_ALLOW_ORIGINS", "[1]"),
        ("CORS_ALLOW_ORIGINS", '["shop.example"]'),
        ("CORS_ALLOW_ORIGINS", '["https://shop.example/"]'),
        ("LANGUAGE", "russian"),
        ("LANGUAGE", "de"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_LEVEL", "10"),
        ("SCHEDULER_TIMEZONE", ""),
        ("SCHEDULER_TIMEZONE", "Europe"),
        ("SCHEDULER_TIMEZONE", "../etc/passwd"),
        ("SCHEDULER_TIMEZONE", "UTC+3"),
        ("SCHEDULER_INTERVAL", "0"),
        ("SCHEDULER_INTERVAL", "9" * 20),
        ("SCHEDULER_CONCURRENCY", "0"),
        ("SCHEDULER_SPREAD_SECONDS", "-1"),
        ("SCHEDULER_SPREAD_SECONDS", "21601"),
        ("SCHEDULER_SPREAD_SECONDS", "1.5"),
        ("SCHEDULER_SERVICE_ENABLED", ""),
        ("CONNECT_TIMEOUT", "0"),
        ("CONNECT_TIMEOUT", "nan"),
        ("DEFAULT_TIMEOUT", "inf"),
        ("CONVERSATION_TIMEOUT", "-1"),
        ("DEVICE_BUSY_WAIT", "-0.1"),
        ("RETRIES", "-1"),
        ("RETRY_DELAY", "soon"),
        ("CLEAR_DATABASE_WHILE_UPDATING_PRODUCTS", "2"),
        ("PRODUCTS_FIX_MODE", "no way"),
        ("DEVICE_NETWORKS", ""),
        ("DEVICE_NETWORKS", "10.0.0.0/8,"),
        ("DEVICE_NETWORKS", "10.0.0.1/8"),
        ("DEVICE_NETWORKS", "10.0.0.0/33"),
        ("DEVICE_NETWORKS", "10.0.0.0/8 192.168.0.0/16"),
        ("DEVICE_NETWORKS", "scales.shop.example"),
        ("DEVICE_NETWORKS", "[]"),
        ("DEVICE_NETWORKS", "[10]"),
        ("DEVICE_NETWORKS", '["10.0.0.0/8"'),
        ("LIVE_CONVERSATIONS", "0"),
        ("FILES_KEPT", "-1"),
        ("RUNS_KEEP_DAYS", "0"),
        ("RUNS_KEEP_DAYS", "9" * 20),
    ],
)
def test_what_cannot_be_is_refused_by_name(read: Read, name: str, value: str) -> None:
    assert f"  {name}: " in refusal(read, **{name: value})


@pytest.mark.parametrize("threads", ["7", "8"])
def test_requests_that_wait_for_devices_may_not_take_every_thread(read: Read, threads: str) -> None:
    text = refusal(read, THREADS=threads, LIVE_CONVERSATIONS="8", PORT="eighty")
    assert f"  LIVE_CONVERSATIONS: Must be less than THREADS (8 is not less than {threads})" in text
    assert "  PORT: " in text
    assert "LIVE_CONVERSATIONS" in refusal(read, THREADS=threads, LIVE_CONVERSATIONS="8", PORT="0")
    assert read(THREADS="9", LIVE_CONVERSATIONS="8").live_conversations == 8
    with pytest.raises(SettingsError, match="LIVE_CONVERSATIONS: Must be less than THREADS"):
        dataclasses.replace(read(THREADS="9", LIVE_CONVERSATIONS="8"), threads=int(threads))


def test_the_defaults(read: Read) -> None:
    settings = read()
    assert settings.database_url == "sqlite:///web-scales.db"
    assert (settings.host, settings.port, settings.threads) == ("127.0.0.1", 8000, 16)
    assert settings.token_lifetime == timedelta(days=1)
    assert settings.new_devices_interval == timedelta(hours=12)
    assert settings.scheduler_timezone == ZoneInfo("UTC")
    assert (settings.scheduler_enabled, settings.scheduler_service_enabled) == (False, True)
    assert settings.scheduler_concurrency == 32
    assert settings.spread == timedelta()
    assert (settings.connect_timeout, settings.default_timeout) == (3, 5)
    assert (settings.conversation_timeout, settings.device_busy_wait) == (60, 3)
    assert (settings.retries, settings.retry_delay) == (2, 0.5)
    assert (settings.api_docs, settings.cors_allow_origins) == (True, ())
    assert settings.device_networks == DeviceNetworks.of()
    assert (settings.live_conversations, settings.files_kept) == (8, 10)
    assert settings.runs_kept == timedelta(days=90)
    assert settings.products_fix_mode is False
    assert settings.max_body_bytes == 1024 * 1024
    assert settings.least_logged == "INFO"
    assert settings.language == Language("en")


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("CORS_ALLOW_ORIGINS", '["*"]', ("*",)),
        (
            "CORS_ALLOW_ORIGINS",
            '["https://shop.example", "http://localhost:5173"]',
            ("https://shop.example", "http://localhost:5173"),
        ),
        ("SCHEDULER_TIMEZONE", "Europe/Moscow", ZoneInfo("Europe/Moscow")),
        ("LANGUAGE", "ru", Language("ru")),
        ("LANGUAGE", "", Language("en")),
        ("LANGUAGE", "ru_RU:en", Language("ru")),  # as desktops set it
        ("LANGUAGE", "de_DE:en_GB", Language("en")),
        ("LANGUAGE", "de_DE", Language("en")),
        ("LOG_LEVEL", "warning", "WARNING"),
        ("DEBUG", "True", True),
        ("RETRY_DELAY", "0", 0),
        ("JWT_ALGORITHM", "HS512", "HS512"),
        ("PRODUCTS_FIX_MODE", "true", True),
        ("PORT", "0", 0),
        ("DEVICE_NETWORKS", "127.0.0.1", DeviceNetworks.of(["127.0.0.1/32"])),
        ("DEVICE_NETWORKS", "10.0.0.0/8, ::1", DeviceNetworks.of(["10.0.0.0/8", "::1/128"])),
        ("DEVICE_NETWORKS", '["10.0.0.0/8", "::1"]', DeviceNetworks.of(["10.0.0.0/8", "::1/128"])),
        ("FILES_KEPT", "0", 0),
    ],
)
def test_what_can_be_is_taken(read: Read, name: str, value: str, meant: object) -> None:
    assert getattr(read(**{name: value}), name.lower()) == meant


def test_debug_makes_the_log_talk_whatever_its_level(read: Read) -> None:
    assert read(DEBUG="true", LOG_LEVEL="ERROR").least_logged == "DEBUG"
    assert read(DEBUG="false", LOG_LEVEL="ERROR").least_logged == "ERROR"


@pytest.mark.parametrize("name", IGNORED)
@pytest.mark.parametrize("value", ["true", "false", "", "whatever"])
def test_what_was_set_once_is_accepted_and_ignored(read: Read, name: str, value: str) -> None:
    assert read(**{name: value}) == read(**{name: None})


def test_the_environment_goes_before_the_file(read: Read, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=8001\nTHREADS=30\n")
    settings = read(PORT="8002")
    assert (settings.port, settings.threads) == (8002, 30)


def test_secrets_may_stand_in_the_file(read: Read, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(fresh_secrets())
    assert len(read(JWT_SECRET_KEY=None, FERNET_KEY=None).jwt_secret_key) >= 64


def test_a_file_in_a_folder_above_is_not_ours(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("PORT=8001\n")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert read().port == 8000


def test_a_file_that_is_no_text_is_refused(read: Read, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"PORT=\xff\xfe\n")
    assert ".env cannot be read" in refusal(read)


def test_reading_leaves_the_environment_as_it_is(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("THREADS=30\n")
    read()
    assert "THREADS" not in os.environ


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_the_database_may_be_a_server(read: Read, scheme: str) -> None:
    url = f"{scheme}://anna:hunter2@db.example:5432/shop?sslmode=require"
    settings = read(DATABASE_URL=url)
    assert settings.database_url == url
    assert "hunter2" not in repr(settings)


def test_what_is_wrong_with_a_server_is_told_without_its_password(read: Read) -> None:
    text = refusal(read, DATABASE_URL="postgresql://anna:hunter2@db/shop?ssl=true")
    assert "ssl" in text
    assert "hunter2" not in text


def test_no_secret_is_in_the_repr(read: Read) -> None:
    settings = read(DATABASE_URL="sqlite:////srv/secret-place/db")
    shown = repr(settings)
    assert "HS256" in shown
    for secret in (*SECRETS.values(), "secret-place"):
        assert secret not in shown


def test_the_algorithms_are_those_that_tokens_know() -> None:
    assert JWT_ALGORITHMS == ALGORITHMS


def test_fresh_secrets_are_good_and_others_each_time(read: Read, tmp_path: Path) -> None:
    assert fresh_secrets() != fresh_secrets()
    (tmp_path / ".env").write_text(fresh_secrets())
    read(JWT_SECRET_KEY=None, FERNET_KEY=None)


def example() -> dict[str, str | None]:
    return dotenv_values(EXAMPLE)


def test_the_example_has_every_setting_and_no_other() -> None:
    assert sorted(example()) == sorted(NAMES)


def test_the_example_shows_the_defaults(read: Read) -> None:
    defaults = read()
    assert read(**{**example(), **SECRETS}) == defaults


def test_the_example_says_what_each_setting_means() -> None:
    """A comment stands over it, or over the settings right above it."""
    for paragraph in re.split(r"\n\n+", EXAMPLE.read_text("utf-8")):
        lines = paragraph.strip().splitlines()
        assert lines[0].startswith("# "), paragraph


def test_the_examples_secrets_are_refused(read: Read) -> None:
    text = refusal(read, **example())
    assert re.findall(r"^  ([A-Z_]+): ", text, re.MULTILINE) == list(SECRETS)


def test_every_member_is_a_setting_of_its_name(read: Read) -> None:
    members = {member.name for member in dataclasses.fields(read())}
    assert {name for name in example() if name.lower() not in members} == set(IGNORED)
