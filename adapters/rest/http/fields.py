"""Values that a device may have, checked strictly. Only a number or a boolean may stand in a text,
as the former service took them; 1 and true are two things."""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, time
from enum import Enum
from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

from marshmallow import ValidationError, fields

from adapters.rest.http.faults import (
    LARGEST,
    Checked,
    Length,
    Messages,
    SizedValue,
    by_rule,
    refused,
)
from domain.errors import Fault
from domain.renewal.rules import TIME_OF_DAY_FORM, time_of_day_fault

_LONGEST_NUMBER: Final = 20
"""Characters."""
_WRITTEN: Final = {"true": True, "false": False}
LONGEST_INSTANT: Final = 64
"""Characters."""


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
            Text(
                validate=by_rule(time_of_day_fault), metadata={"pattern": f"^{TIME_OF_DAY_FORM}$"}
            ),
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
