"""Values that a device may have, checked strictly. Only a number or a boolean may stand in a text,
as the former service took them; 1 and true are two things."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, time
from enum import Enum
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final
from zoneinfo import available_timezones

from marshmallow import ValidationError, fields

from adapters.rest.http.faults import LARGEST, Checked, Length, Messages, SizedValue, refused
from domain.errors import Fault

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


def faults(**codes: str) -> Messages:
    """Faults without facts, by their codes."""
    return {name: Fault(code) for name, code in codes.items()}


class Text(Checked, fields.String):
    """A text that is checked in order up to the first check that fails: what is too long is not
    looked at any further."""

    default_error_messages = faults(invalid="not_a_text", invalid_utf8="not_utf8")

    def _validate(self, value: Any) -> None:
        for validator in self.validators:
            validator(value)


class Choice(Checked, fields.Enum[Any]):
    """A text that names a member of an enumeration by its value."""

    default_error_messages = faults()

    def __init__(self, enum: type[Enum], **options: Any) -> None:
        super().__init__(enum, by_value=Text(), **options)

    def make_error(self, key: str, **facts: Any) -> ValidationError:
        if key == "unknown":
            return refused("not_one_of", choices=[each.value for each in self.enum])
        return super().make_error(key, **facts)


class Some(Checked, fields.List[Any]):
    """A list."""

    default_error_messages = faults(invalid="not_a_list")


class Members(Checked, fields.Dict):
    """An object, of whatever members."""

    default_error_messages = faults(invalid="not_an_object")


class WholeNumber(Checked, fields.Integer):
    """A JSON integer, and no boolean or fraction; 12.0 and "12" are the same number as 12."""

    default_error_messages = faults(invalid="not_whole", too_large="not_whole")

    def __init__(self, **options: Any) -> None:
        super().__init__(strict=True, **options)

    def _validated(self, value: Any) -> int:
        if isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        whole = isinstance(value, float) and value.is_integer()
        if isinstance(value, str) and len(value) <= _LONGEST_NUMBER:
            whole = re.fullmatch(r"[+-]?[0-9]+", value := value.strip()) is not None
        return super()._validated(int(value) if whole else value)


class WrittenNumber(Checked, fields.Integer):
    """A whole number from 0 that a query holds in digits, of at most 64 bits."""

    default_error_messages = faults(invalid="not_whole", too_large="not_whole")

    def _validated(self, value: Any) -> int:
        if not re.fullmatch("[0-9]{1,19}", str(value)) or int(value) > LARGEST:
            raise self.make_error("invalid", input=value)
        return int(value)


class Instant(Checked, fields.AwareDateTime):
    """An instant in ISO 8601 with a zone; kept in UTC."""

    default_error_messages = faults(
        invalid="not_an_instant", invalid_awareness="not_an_instant", format="not_an_instant"
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(format="iso", **options)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any
    ) -> datetime:
        if len(str(value)) > LONGEST_INSTANT:
            raise self.make_error("invalid", input=value)
        try:
            return super()._deserialize(value, attr, data, **options).astimezone(UTC)
        except OverflowError:  # at the ends of the calendar
            raise self.make_error("invalid", input=value) from None


class TrueOrFalse(Checked, fields.Boolean):
    """A JSON boolean, and no number; "true" is the same as true."""

    default_error_messages = faults(invalid="not_true_or_false")

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
        raise refused("not_a_host")


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
        raise refused("not_a_device_password")


def _time_of_day(value: str) -> None:
    if not re.fullmatch(TIME_OF_DAY, value):
        raise refused("not_times_of_day")


def time_zone(value: str) -> None:
    """A zone's name, or an empty text. Raises ValidationError."""
    if value and value not in known_zones():
        raise refused("not_a_time_zone")


@cache
def known_zones() -> Collection[str]:
    """IANA names; looked for once, since they are many files."""
    # This machine's own zone is another one on another machine.
    return available_timezones() - {"localtime", "Factory"}


class _FewTimes(Length):
    def __call__(self, value: SizedValue) -> SizedValue:
        try:
            return super().__call__(value)
        except ValidationError:
            raise refused("not_times_of_day", most=self.max) from None


class TimesOfDay(Checked, fields.List[str]):
    """Times such as "06:00", as their list's only fault where one is none."""

    default_error_messages = faults(invalid="not_a_list")

    def __init__(self, most: int, **options: Any) -> None:
        super().__init__(
            Text(validate=_time_of_day, metadata={"pattern": f"^{TIME_OF_DAY}$"}),
            validate=_FewTimes(max=most),
            **options,
        )
        self._most = most

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any
    ) -> list[Any]:
        try:
            written = super()._deserialize(value, attr, data, **options)
        except ValidationError:
            raise refused("not_times_of_day", most=self._most) from None
        return [time.fromisoformat(str(each)) for each in written]
