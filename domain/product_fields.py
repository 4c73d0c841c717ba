"""The fields of a product that are known: what they may hold, and in which form it is written.

Ranges are those of the maker's programmer's guide. Fields that are not known pass unchanged.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from domain.dates import MAX_SHELF_LIFE, read_date
from domain.errors import InvalidFieldsError
from domain.json_value import ABSENT, Json, MaybeJson
from domain.product_file import decimal

MAX_NAME_LENGTH: Final = 255
MAX_AMOUNT: Final = 10**12
"""Beyond any price or weight, and within what is exact."""
PLU_RANGE: Final = (1, 999_999)
FORMS: Final[tuple[MaybeJson, ...]] = (ABSENT, "")
"""A value that stands for each form of writing: numbers and booleans, or strings for all."""


def as_firmware_writes(field: str, value: Json, held: MaybeJson) -> Json:
    """The value in the form in which the device holds this field now.

    Where it holds a string, numbers and booleans become strings with at least as many decimals;
    where it does not, only values of the right JSON type will do. Raises ValueError with a
    reason fit for shop staff.
    """
    check = KNOWN.get(field)
    return value if check is None else check(value, held)


def refuse_impossible(fields: Mapping[str, Json]) -> None:
    """Raises InvalidFieldsError for values that no product can be given, in whichever form its
    device writes them."""
    errors: dict[str, list[str]] = {}
    for field, value in fields.items():
        reasons: list[str] = []
        for held in FORMS:
            try:
                as_firmware_writes(field, value, held)
            except ValueError as reason:
                reasons.append(str(reason))
        if len(reasons) == len(FORMS):
            errors[field] = reasons[-1:]
    if errors:
        raise InvalidFieldsError(errors)


def reformed(field: str, value: Json, held: MaybeJson) -> Json:
    """A value that was accepted earlier, in the form of a device that may write otherwise now."""
    if field not in KNOWN or isinstance(held, str) == isinstance(value, str):
        return value
    if isinstance(value, str):
        if field == "deleted":
            return value == "true"
        exact = decimal(value)
        if field in TEXTS or exact is None:
            return value
        return int(exact) if exact == exact.to_integral_value() else float(exact)
    try:
        return as_firmware_writes(field, value, held)
    except ValueError:
        return value


def _number(
    lowest: int, highest: int, *, decimals: int | None = None
) -> Callable[[Json, MaybeJson], Json]:
    def check(value: Json, held: MaybeJson) -> Json:
        exact = None if isinstance(value, str) and not isinstance(held, str) else decimal(value)
        if exact is None:
            raise ValueError("Must be a number.")
        if decimals == 0 and exact != exact.to_integral_value():
            raise ValueError("Must be a whole number.")
        if exact.is_signed() or not lowest <= exact <= highest:
            raise ValueError(f"Must be from {lowest} to {highest}.")
        if decimals is not None and exact != round(exact, decimals):
            raise ValueError(f"Must have at most {decimals} decimals.")
        if isinstance(held, str):
            return _spelled(exact, held)
        return int(exact) if decimals == 0 else value

    return check


def _spelled(exact: Decimal, held: str) -> str:
    """With as many decimals as the text held now, or more where the value needs them."""
    _, _, fraction = held.partition(".")
    _, _, needed = f"{exact.normalize():f}".partition(".")
    return f"{exact:.{max(len(fraction), len(needed))}f}"


def _boolean(value: Json, held: MaybeJson) -> Json:
    if isinstance(held, str):
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower()
        if isinstance(value, bool):
            return "true" if value else "false"
    elif isinstance(value, bool):
        return value
    raise ValueError("Must be true or false.")


def _date(value: Json, held: MaybeJson) -> Json:
    if value != "" and read_date(value) is None:
        raise ValueError("Must be a real date written DD-MM-YY, or empty.")
    return value


def _name(value: Json, held: MaybeJson) -> Json:
    if not isinstance(value, str):
        raise ValueError("Must be a text.")
    if len(value) > MAX_NAME_LENGTH:
        raise ValueError(f"Must have at most {MAX_NAME_LENGTH} characters.")
    return value


def _one_of(*choices: str) -> Callable[[Json, MaybeJson], Json]:
    def check(value: Json, held: MaybeJson) -> Json:
        if value not in choices:
            raise ValueError(f"Must be one of {', '.join(choices)}.")
        return value

    return check


KNOWN: Final[Mapping[str, Callable[[Json, MaybeJson], Json]]] = MappingProxyType(
    {
        "name": _name,
        "price": _number(0, MAX_AMOUNT, decimals=2),
        "pluNumber": _number(*PLU_RANGE, decimals=0),
        "shelfLife": _number(0, MAX_SHELF_LIFE, decimals=0),
        "shelfLifeInDays": _number(0, MAX_SHELF_LIFE, decimals=0),
        "shelfLifeType": _one_of("DAYS", "HOURS"),
        "productType": _one_of("WEIGHT", "PIECE"),
        "manufactureDate": _date,
        "sellByDate": _date,
        "tare": _number(0, MAX_AMOUNT),
        "pieceWeight": _number(0, MAX_AMOUNT),
        "deleted": _boolean,
    }
)
TEXTS: Final = frozenset({"name", "shelfLifeType", "productType", "manufactureDate", "sellByDate"})
