"""What is wrong with what a client sent, as codes and facts; and how it is answered."""

from collections.abc import Callable, Mapping, Sequence, Sized
from typing import Any, Final, TypeAlias, TypeVar, cast

from marshmallow import ValidationError, fields, validate
from marshmallow.exceptions import SCHEMA

from adapters.texts.faults import about, sentence
from adapters.texts.languages import Language
from domain import bounds
from domain.errors import Fault
from domain.json_value import Json

LARGEST: Final = 2**63 - 1
"""The largest number that any database can hold."""

Value = TypeVar("Value")
SizedValue = TypeVar("SizedValue", bound=Sized)
Messages: TypeAlias = dict[str, Any]
"""Faults by the library's names of them."""


def refused(code: str, field: str = SCHEMA, **facts: Json) -> ValidationError:
    """Why a value will not do: to be raised by a validator."""
    return ValidationError([cast("Any", Fault(code, facts))], field)


def sentences(language: Language, faults: Sequence[Fault]) -> Json:
    """A sentence for each."""
    return [sentence(language, fault) for fault in faults]


def first_of(language: Language, faults: Mapping[str, Sequence[Fault]], whole: str) -> str:
    """The first of them, with the field that it is about, unless that is the whole."""
    field, (fault, *_) = next(iter(faults.items()))
    return about(language, None if field == whole else field, fault)


class Checked(fields.Field[Any]):
    """A field whose faults have codes and facts in the place of texts."""

    default_error_messages: Messages = {  # noqa: RUF012 - as the library has them
        "required": Fault("required"),
        "null": Fault("null"),
    }

    def make_error(self, key: str, **facts: Any) -> ValidationError:
        """A list of its own each time: others may be added to it."""
        return ValidationError([cast("Any", self.error_messages[key])])


class Length(validate.Length):
    """Bounds of a text or a list."""

    def __call__(self, value: SizedValue) -> SizedValue:
        length, least, most = len(value), self.min or 0, self.max
        if least <= length and (most is None or length <= most):
            return value
        if not isinstance(value, str):
            raise refused("items_out_of_range", lowest=least, highest=most)
        if length < least and most is None:
            raise refused("too_short", least=least)
        if least == 0:
            raise refused("too_long", most=most)
        raise refused("length_out_of_range", lowest=least, highest=most)


class Range(validate.Range):
    """Bounds of a number."""

    def __call__(self, value: Value) -> Value:
        try:
            return super().__call__(value)
        except ValidationError:
            if self.max >= LARGEST:  # which is a database's bound, and says nothing to people
                raise refused("too_small", lowest=self.min) from None
            raise refused("out_of_range", lowest=self.min, highest=self.max) from None


def length(bound: bounds.Length) -> Length:
    """The bounds of a rule, as validation and document have them."""
    return Length(min=bound.least or None, max=bound.most)


def within(bound: bounds.Range) -> Range:
    """The same of a number."""
    return Range(bound.lowest, bound.highest)


def by_rule(rule: Callable[[str], Fault | None]) -> Callable[[str], None]:
    """A validator by a rule of the domain."""

    def validator(value: str) -> None:
        if fault := rule(value):
            raise ValidationError([cast("Any", fault)], SCHEMA)

    return validator


class OneOf(validate.OneOf):
    """Some texts."""

    def __call__(self, value: Value) -> Value:
        if value not in self.choices:
            raise refused("not_one_of", choices=list[Json](self.choices))
        return value


class Is(validate.Equal):
    """One value, and the code of the fault where it is another."""

    def __init__(self, comparable: Json, code: str) -> None:
        super().__init__(comparable)
        self._code = code

    def __call__(self, value: Value) -> Value:
        if value != self.comparable:
            raise refused(self._code)
        return value
