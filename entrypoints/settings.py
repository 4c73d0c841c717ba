"""The settings of an installation, read once at the start."""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet
from environs import Env, EnvValidationError, ValidationError, validate

from adapters.texts.languages import CODES, ENGLISH, Language
from domain.devices.networks import PRIVATE_NETWORKS, DeviceNetworks
from domain.renewal.rules import INTERVAL_MINUTES
from entrypoints.fresh_secrets import guessable
from entrypoints.process.failures import CommandFailedError

FILE: Final = Path(".env")
IGNORED: Final = ("AUTO_RECONNECT", "CLEAR_DATABASE_WHILE_UPDATING_PRODUCTS_FIX_MODE")
"""Settings of the past that have no effect any more: the service always reconnects, and never
clears a device's database to find products at fault."""

SECRETS: Final = ("JWT_SECRET_KEY", "FERNET_KEY")
HOW_TO_MAKE_SECRETS: Final = " Run `web-scales secrets` and put the line it prints into .env."
NOT_SET: Final = "Environment variable not set."
"""The message of environs for a setting that is missing."""
SECRET_BYTES: Final = {"HS256": 32, "HS384": 48, "HS512": 64}
"""The fewest bytes of a secret for each algorithm (RFC 7518, section 3.2)."""
GUESSABLE: Final = "Easy to guess: it is an example's, or repeats itself."
PLACEHOLDER: Final = "change-me"
LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
JWT_ALGORITHMS: Final = ("HS256", "HS384", "HS512")
DAY: Final = 24 * 60 * 60
"""Seconds."""
LONGEST_SPREAD: Final = 6 * 60 * 60
"""Seconds: labels wait for their new date as long after midnight."""
LONGEST: Final = 10 * 366 * 24 * 60
"""Minutes: ten years."""

_ORIGIN = re.compile(r"\*|[a-z][a-z0-9+.-]*://[^\s/?#@]+", re.IGNORECASE)


class SettingsError(CommandFailedError):
    """The settings cannot be used. The text has a line for each problem, with its remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings. Each member is the setting of the same name in capitals; times are in
    seconds."""

    # Its address may hold the database's password.
    database_url: str = field(repr=False)
    jwt_secret_key: str = field(repr=False)
    jwt_algorithm: str
    jwt_access_token_minutes: int
    fernet_key: str = field(repr=False)
    host: str
    port: int
    threads: int
    connections_per_address: int
    max_body_bytes: int
    api_docs: bool
    cors_allow_origins: tuple[str, ...]
    debug: bool
    log_level: str
    language: Language
    scheduler_timezone: ZoneInfo
    scheduler_enabled: bool
    scheduler_interval: int
    scheduler_service_enabled: bool
    scheduler_concurrency: int
    worker_concurrency: int
    scheduler_spread_seconds: int
    connect_timeout: float
    default_timeout: float
    conversation_timeout: float
    device_busy_wait: float
    retries: int
    retry_delay: float
    device_networks: DeviceNetworks
    live_conversations: int
    files_kept: int
    runs_keep_days: int
    clear_database_while_updating_products: bool
    products_fix_mode: bool

    def __post_init__(self) -> None:
        """Raises SettingsError for settings that contradict each other."""
        problems = {
            **_crowded(self.threads, self.live_conversations),
            **_short(self.jwt_secret_key, self.jwt_algorithm),
        }
        if problems:
            raise SettingsError(_problem_lines(problems))

    @property
    def token_lifetime(self) -> timedelta:
        """How long a sign-in lasts."""
        return timedelta(minutes=self.jwt_access_token_minutes)

    @property
    def new_devices_interval(self) -> timedelta:
        """How often a new device's dates are renewed."""
        return timedelta(minutes=self.scheduler_interval)

    @property
    def spread(self) -> timedelta:
        """The window over which turns of the same minute are spread."""
        return timedelta(seconds=self.scheduler_spread_seconds)

    @property
    def runs_kept(self) -> timedelta:
        """How long runs are remembered."""
        return timedelta(days=self.runs_keep_days)

    @property
    def least_logged(self) -> str:
        """The log level, which DEBUG lowers."""
        return "DEBUG" if self.debug else self.log_level


NAMES: Final = (*(member.name.upper() for member in fields(Settings)), *IGNORED)
"""Every setting."""


def read_settings(file: Path = FILE) -> Settings:
    """Returns the settings of the environment, or else of the file, if there is one.

    Raises SettingsError.
    """
    env = Env(eager=False)
    try:
        env.read_env(file, recurse=False)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{file} cannot be read: {error}") from None
    values = {**_secrets(env), **_service(env), **_scheduler(env), **_devices(env)}
    try:
        env.seal()
    except EnvValidationError as error:
        problems = cast("Mapping[str, Sequence[str]]", error.error_messages)
        crowded = _crowded(values["threads"], values["live_conversations"])
        short = _short(values["jwt_secret_key"], values["jwt_algorithm"])
        raise SettingsError(_problem_lines({**crowded, **short, **problems})) from None
    return Settings(**values)


def _secrets(env: Env) -> dict[str, Any]:
    return {
        "jwt_secret_key": env.str("JWT_SECRET_KEY", validate=_jwt_secret),
        "fernet_key": env.str("FERNET_KEY", validate=_fernet_key),
    }


def _service(env: Env) -> dict[str, Any]:
    return {
        "database_url": env.str("DATABASE_URL", "sqlite:///web-scales.db", validate=_database),
        "jwt_algorithm": env.str("JWT_ALGORITHM", "HS256", validate=_one_of(JWT_ALGORITHMS)),
        "jwt_access_token_minutes": env.int(
            "JWT_ACCESS_TOKEN_MINUTES", 1440, validate=_between(1, LONGEST)
        ),
        "host": env.str("HOST", "127.0.0.1", validate=validate.Length(min=1)),
        "port": env.int("PORT", 8000, validate=_between(0, 65535)),
        "threads": env.int("THREADS", 16, validate=_between(2, 500)),
        "connections_per_address": env.int(
            "CONNECTIONS_PER_ADDRESS", 200, validate=_between(0, 10_000)
        ),
        "max_body_bytes": env.int("MAX_BODY_BYTES", 1_048_576, validate=_between(1024, 2**30)),
        "api_docs": env.bool("API_DOCS", True),
        "cors_allow_origins": tuple(env.json("CORS_ALLOW_ORIGINS", [], validate=_origins) or ()),
        "debug": env.bool("DEBUG", False),
        "log_level": (
            env.str("LOG_LEVEL", "INFO", validate=_one_of(LOG_LEVELS, str.upper)) or ""
        ).upper(),
        "language": _language(env.str("LANGUAGE", ENGLISH.code, validate=_language) or ""),
    }


def _scheduler(env: Env) -> dict[str, Any]:
    zone = env.str("SCHEDULER_TIMEZONE", "UTC", validate=_zone)
    return {
        "scheduler_timezone": zone and ZoneInfo(zone),
        "scheduler_enabled": env.bool("SCHEDULER_ENABLED", False),
        "scheduler_interval": env.int(
            "SCHEDULER_INTERVAL",
            720,
            validate=_between(INTERVAL_MINUTES.lowest, INTERVAL_MINUTES.highest),
        ),
        "scheduler_service_enabled": env.bool("SCHEDULER_SERVICE_ENABLED", True),
        "scheduler_concurrency": env.int("SCHEDULER_CONCURRENCY", 32, validate=_between(1, 500)),
        "worker_concurrency": env.int("WORKER_CONCURRENCY", 32, validate=_between(1, 500)),
        "scheduler_spread_seconds": env.int(
            "SCHEDULER_SPREAD_SECONDS", 0, validate=_between(0, LONGEST_SPREAD)
        ),
    }


def _devices(env: Env) -> dict[str, Any]:
    positive = validate.Range(min=0, min_inclusive=False, max=DAY)
    networks = env.str("DEVICE_NETWORKS", ",".join(PRIVATE_NETWORKS), validate=_networks)
    return {
        "connect_timeout": env.float("CONNECT_TIMEOUT", 3.0, validate=positive),
        "default_timeout": env.float("DEFAULT_TIMEOUT", 5.0, validate=positive),
        "conversation_timeout": env.float("CONVERSATION_TIMEOUT", 60.0, validate=positive),
        "device_busy_wait": env.float("DEVICE_BUSY_WAIT", 3.0, validate=_between(0, DAY)),
        "retries": env.int("RETRIES", 2, validate=_between(0, 100)),
        "retry_delay": env.float("RETRY_DELAY", 0.5, validate=_between(0, DAY)),
        "device_networks": networks and _networks(networks),
        "live_conversations": env.int("LIVE_CONVERSATIONS", 8, validate=_between(1, 499)),
        "files_kept": env.int("FILES_KEPT", 10, validate=_between(0, 1000)),
        "runs_keep_days": env.int("RUNS_KEEP_DAYS", 90, validate=_between(1, 36_500)),
        "clear_database_while_updating_products": env.bool(
            "CLEAR_DATABASE_WHILE_UPDATING_PRODUCTS", False
        ),
        "products_fix_mode": env.bool("PRODUCTS_FIX_MODE", False),
    }


def _jwt_secret(value: str) -> None:
    if value == PLACEHOLDER:
        raise ValidationError("Still reads change-me.")
    written = _bytes_of(value)
    if len(written) < min(SECRET_BYTES.values()):
        raise ValidationError(f"Shorter than {min(SECRET_BYTES.values())} bytes.")
    if guessable(written):
        raise ValidationError(GUESSABLE)


def _fernet_key(value: str) -> None:
    if value == PLACEHOLDER:
        raise ValidationError("Still reads change-me.")
    try:
        Fernet(value)
    except ValueError:
        raise ValidationError("Not a Fernet key.") from None
    if guessable(base64.urlsafe_b64decode(value)):
        raise ValidationError(GUESSABLE)


def _bytes_of(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


def _short(secret: str | None, algorithm: str | None) -> dict[str, list[str]]:
    """Returns the problem of a secret that is too short for its algorithm, if it is."""
    wanted = SECRET_BYTES.get(algorithm or "", 0)
    if not secret or len(_bytes_of(secret)) >= wanted:
        return {}
    return {"JWT_SECRET_KEY": [f"Shorter than the {wanted} bytes that {algorithm} wants."]}


def _database(value: str) -> None:
    from adapters.database.backends.backend import BadDatabaseUrlError
    from adapters.database.backends.engine import make_engine

    try:
        make_engine(value)
    except BadDatabaseUrlError as error:
        raise ValidationError(str(error)) from None


def _language(text: str) -> Language:
    """Raises ValidationError. Desktops set a variable of this name too, to lists such as
    `de_DE:en`: of those, the first language that there is."""
    tags = re.split("[_:]", text.lower())
    found = next((tag for tag in tags if tag in CODES), None)
    if found is None and len(tags) == 1 and text:
        raise ValidationError(f"Must be one of {', '.join(CODES)}.")
    return Language(found or ENGLISH.code)


def _zone(value: str) -> None:
    try:
        ZoneInfo(value)
    except (KeyError, OSError, ValueError):  # unknown, a folder of zones, or no name at all
        raise ValidationError("Not a time zone: write it like Europe/Moscow.") from None


def _origins(value: object) -> None:
    if not isinstance(value, list) or not all(
        isinstance(origin, str) and _ORIGIN.fullmatch(origin) for origin in value
    ):
        raise ValidationError('Must be a JSON list of origins, like ["https://shop.example"].')


def _networks(value: str) -> DeviceNetworks:
    """Reads values separated by commas, or a JSON list."""
    try:
        listed = json.loads(value) if value.lstrip().startswith("[") else value.split(",")
        if not listed or not all(isinstance(network, str) for network in listed):
            raise ValueError
        return DeviceNetworks.of(listed)
    except ValueError:
        raise ValidationError(
            "Must be networks with commas between them, like 192.168.0.0/16,10.1.2.3."
        ) from None


def _crowded(threads: int | None, live_conversations: int | None) -> dict[str, list[str]]:
    """Returns the problem if requests that wait for devices may take every thread."""
    if threads is None or live_conversations is None or live_conversations < threads:
        return {}
    return {
        "LIVE_CONVERSATIONS": [
            f"Must be less than THREADS ({live_conversations} is not less than {threads}): "
            "requests that wait for no device need a thread too."
        ]
    }


def _one_of(allowed: Sequence[str], written: Callable[[str], str] = str) -> Callable[[str], None]:
    def check(value: str) -> None:
        if written(value) not in allowed:
            raise ValidationError(f"Must be one of {', '.join(allowed)}.")

    return check


def _between(least: float, most: float) -> Callable[[float], None]:
    def check(value: float) -> None:
        if not least <= value <= most:
            raise ValidationError(f"Must be from {least} to {most}.")

    return check


def _problem_lines(problems: Mapping[str, Sequence[str]]) -> str:
    """Returns a line for each problem, without values, since some are secret."""
    lines = ["The settings cannot be used:"]
    for name, reasons in problems.items():
        reason = "Not set." if reasons[0] == NOT_SET else reasons[0]
        lines.append(f"  {name}: {reason}{HOW_TO_MAKE_SECRETS if name in SECRETS else ''}")
    return "\n".join(lines)
