"""What the former service's values mean here; it checked less than this one does."""

import re
from datetime import UTC, datetime
from typing import Final, Literal, Protocol

from application.ports.former_service import Value
from domain.devices.rules import DEFAULT_PORT, HOST, PORT
from domain.errors import BadProductFileError
from domain.json_value import Json
from domain.products.product_file import ProductFile


class Tell(Protocol):
    """Remarks on what could not be taken as it was, and what was done about it."""

    def __call__(self, code: str, **facts: Json) -> None: ...


LARGEST_ID: Final = 2**53
"""What every client's numbers hold exactly."""
NOWHERE: Final = "address-unknown.invalid"
"""A name that never means anything (RFC 6761)."""

_HOST: Final = re.compile(rf"[!-~]{{1,{HOST.most}}}")
_UNKEEPABLE: Final = re.compile("[\0\ud800-\udfff]")
"""What databases refuse: NUL, and what was no UTF-8."""


def whole(value: Value) -> int | None:
    """The whole number that is meant, also where it is written as text."""
    if isinstance(value, str):
        text = value.strip()
        return int(text) if re.fullmatch("-?[0-9]{1,18}", text, re.ASCII) else None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value


def identity(value: Value) -> int | None:
    """An id that can be kept."""
    number = whole(value)
    return number if number is not None and 1 <= number <= LARGEST_ID else None


def text(value: Value, what: str, tell: Tell) -> str:
    """Empty where there is none."""
    if value is None:
        return ""
    kept = _UNKEEPABLE.sub("\ufffd", str(value))
    if kept != str(value):
        tell("characters_replaced", what=what)
    return kept


def flag(value: Value, what: str, tell: Tell) -> bool:
    """False where there is none."""
    number = whole(value)
    if isinstance(value, str) and number is None:
        number = {"true": 1, "false": 0, "": 0}.get(value.strip().lower())
    if value is not None and number not in (0, 1):
        tell("not_true_or_false", what=what)
    return number == 1


def host(value: Value, tell: Tell) -> str:
    """NOWHERE for what is no address at all."""
    written = text(value, "host", tell).strip()
    if _HOST.fullmatch(written):
        return written
    tell("no_host", instead=NOWHERE)
    return NOWHERE


def port(value: Value, tell: Tell) -> int | None:
    """None, and DEFAULT_PORT is to stand in its place, for what is no port."""
    number = whole(value)
    if number is not None and PORT.fault(number) is None:
        return number
    tell("no_port", value=repr(value), instead=DEFAULT_PORT)
    return None


def instant(value: Value, what: str, tell: Tell) -> datetime | None:
    """In UTC, which is also what is meant where no zone is written."""
    if value is None or value == "":
        return None
    try:
        parsed = datetime.fromisoformat(str(value).strip())
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        tell("not_an_instant", what=what)
        return None


def last_status(value: Value, tell: Tell) -> Literal["OK", "ERROR"] | None:
    """How the last run ended, where that is known."""
    match value.strip().upper() if isinstance(value, str) else value:
        case "OK":
            return "OK"
        case "ERROR":
            return "ERROR"
        case None | "":
            return None
    tell("unknown_last_status")
    return None


def product_file(value: Json) -> ProductFile | None:
    """The file that was cached: as the device wrote it, or just the list of its products, as such
    or under `items`. None where nothing had been read. Raises BadProductFileError."""
    if value is None or value == {}:
        return None
    if isinstance(value, list):
        value = {"products": value}
    elif isinstance(value, dict) and "products" not in value and "items" in value:
        value = {"products" if name == "items" else name: each for name, each in value.items()}
    if not isinstance(value, dict):
        raise BadProductFileError("no_object")
    return ProductFile.of(value).bounded()
