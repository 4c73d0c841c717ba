"""Values that a device may have, checked strictly. Only a number or a boolean may stand in a text,
as the former service took them; 1 and true are two things."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, time
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final
from zoneinfo import available_timezones

from marshmallow import ValidationError, fields, validate

LARGEST: Final = 2**63 - 1
"""The largest number that any database can hold."""

FOUR_CHARACTERS: Final = "[ -~]{4}"
"""A device's password: the wire has four bytes for it."""

_LONGEST_NUMBER: Final = 20
"""Characters."""
_WRITTEN: Final = {"true": True, "false": False}
LONGEST_INSTANT: Final = 64
"""Characters."""
LONGEST_ZONE: Final = 64
"""Characters: about twice what any name of a zone has."""

TIME_OF_DAY: Final = "([01][0-9]|2[0-3]):[0-5][0-9]"
_LABEL: Final = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST_NAME: Final = rf"(?!(.*\.)?([0-9]+|0[xX][0-9A-Fa-f]*)$){_LABEL}(\.{_LABEL})*"
"""Not with a number at its end: some systems read 1.1 or 0x7f000001 as addresses."""


class Text(fields.String):
    """A text that is checked in order up to the first check that fails: what is too long is not
    looked at any further."""

    def _validate(self, value: Any) -> None:
        for validator in self.validators:
            validator(value)


class WholeNumber(fields.Integer):
    """A JSON integer, and no boolean or fraction; 12.0 and "12" are the same number as 12."""

    def __init__(self, **options: Any) -> None:
        super().__init__(strict=True, **options)

    def _validated(self, value: Any) -> int:
        if isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        whole = isinstance(value, float) and value.is_integer()
        if isinstance(value, str) and len(value) <= _LONGEST_NUMBER:
            whole = re.fullmatch(r"[+-]?[0-9]+", value := value.strip()) is not None
        return super()._validated(int(value) if whole else value)


class WrittenNumber(fields.Integer):
    """A whole number from 0 that a query holds in digits, of at most 64 bits."""

    def _validated(self, value: Any) -> int:
        if not re.fullmatch("[0-9]{1,19}", str(value)) or int(value) > LARGEST:
            raise self.make_error("invalid", input=value)
        return int(value)


class Instant(fields.AwareDateTime):
    """An instant in ISO 8601 with a zone; kept in UTC."""

    def __init__(self, **options: Any) -> None:
        text = "Must be an instant in ISO 8601 with a zone, such as 2026-11-23T00:00:00Z."
        super().__init__(
            format="iso",
            error_messages={"invalid": text, "invalid_awareness": text},
            **options,
        )

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any
    ) -> datetime:
        if len(str(value)) > LONGEST_INSTANT:
            raise self.make_error("invalid", input=value)
        try:
            return super()._deserialize(value, attr, data, **options).astimezone(UTC)
        except OverflowError:  # at the ends of the calendar
            raise self.make_error("invalid", input=value) from None


class TrueOrFalse(fields.Boolean):
    """A JSON boolean, and no number; "true" is the same as true."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any
    ) -> bool:
        written = _WRITTEN.get(value.strip().lower()) if isinstance(value, str) else value
        if not isinstance(written, bool):
            raise self.make_error("invalid", input=value)
        return written


def host(value: str) -> None:
    """An IPv4 or IPv6 address or a host name. Raises ValidationError."""
    if not (_is_address(value) or re.fullmatch(HOST_NAME, value)):
        raise ValidationError("Must be an IPv4 address, an IPv6 address or a host name.")


def _is_address(value: str) -> bool:
    kinds: tuple[Callable[[str], object], ...] = (IPv4Address, IPv6Address)
    for kind in kinds:
        try:
            kind(value)
        except ValueError:
            continue
        return "%" not in value  # a scope such as %eth0 means something on one machine only
    return False


def device_password(value: str) -> None:
    """Raises ValidationError."""
    if not re.fullmatch(FOUR_CHARACTERS, value):
        raise ValidationError("Must be exactly 4 printable ASCII characters.")


def _time_of_day(value: str) -> None:
    if not re.fullmatch(TIME_OF_DAY, value):
        raise ValidationError("Not a time of day.")


def time_zone(value: str) -> None:
    """A zone's name, or an empty text. Raises ValidationError."""
    if value and value not in known_zones():
        raise ValidationError("Must be the IANA name of a time zone, such as Europe/Moscow.")


@cache
def known_zones() -> Collection[str]:
    """IANA names; looked for once, since they are many files."""
    # This machine's own zone is another one on another machine.
    return available_timezones() - {"localtime", "Factory"}


class TimesOfDay(fields.List[str]):
    """Times such as "06:00", as their list's only fault where one is none."""

    def __init__(self, most: int, **options: Any) -> None:
        text = f'Must be a list of at most {most} times of day, such as ["06:00", "18:30"].'
        super().__init__(
            fields.String(validate=_time_of_day, metadata={"pattern": f"^{TIME_OF_DAY}$"}),
            validate=validate.Length(max=most, error=text),
            **options,
        )
        self._text = text

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any
    ) -> list[Any]:
        try:
            written = super()._deserialize(value, attr, data, **options)
        except ValidationError:
            raise ValidationError(self._text) from None
        return [time.fromisoformat(str(each)) for each in written]
