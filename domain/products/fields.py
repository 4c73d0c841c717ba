"""The fields of a product: their values, and the form in which they are written.

Ranges are those of the maker's programmer's guide. Unknown fields keep their form too: some
firmware writes every value as a string, and refuses a file that mixes both.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from domain.errors import BadValueError, Fault, InvalidFieldsError
from domain.json_value import ABSENT, Json, MaybeJson
from domain.products.label_dates import MAX_SHELF_LIFE, read_date
from domain.products.product import Product, decimal, is_live

MAX_NAME_LENGTH: Final = 255
MAX_AMOUNT: Final = 10**12
"""More than any price or weight, and still exact."""
MAX_PRICE: Final = Decimal("999999.99")
MAX_WEIGHT: Final = 999_999
"""More than any scale weighs, also in grams."""
MAX_TEXT_NUMBER: Final = 10**15
"""Below this, a number in a string is exact."""
PLU_RANGE: Final = (1, 999_999)
FORMS: Final[tuple[MaybeJson, ...]] = (ABSENT, "")
"""An example of each form of writing: numbers and booleans, or strings only."""


def as_firmware_writes(field: str, value: Json, held: MaybeJson) -> Json:
    """Returns the value in the form in which the device holds this field now.

    If it holds a string, numbers and booleans become strings with at least as many decimals. If
    not, the value has to have the right JSON type. Raises BadValueError.
    """
    check = KNOWN.get(field)
    return _not_known(field, value, held) if check is None else check(value, held)


def form_in(product: Product, field: str) -> MaybeJson:
    """Returns what a product holds in this field, or else an example of the form in which it would
    be written."""
    held = product.get(field, ABSENT)
    price = product.get("price")
    if (held is ABSENT or held is None) and isinstance(price, str):
        return price if is_price(field) else ""
    return held


def is_price(field: str) -> bool:
    """Whether a field holds a price, judging by its name."""
    return "price" in field.lower()


def refuse_impossible(fields: Mapping[str, Json]) -> None:
    """Raises InvalidFieldsError for values that no product can have, in whatever form its device
    writes them."""
    errors: dict[str, list[Fault]] = {}
    for field, value in fields.items():
        faults: list[Fault] = []
        for held in FORMS:
            try:
                as_firmware_writes(field, value, held)
            except BadValueError as error:
                faults.append(error.fault)
        if len(faults) == len(FORMS):
            errors[field] = faults[-1:]
    if errors:
        raise InvalidFieldsError(errors)


def reformed(field: str, value: Json, held: MaybeJson) -> Json:
    """Returns a value that was accepted earlier, in the form that the device uses now."""
    if not isinstance(held, str) and not isinstance(value, str):
        return value
    if isinstance(held, str):
        try:
            return value if field in TEXTS else as_firmware_writes(field, value, held)
        except BadValueError:
            return value
    if field in TEXTS:
        return value
    if field in KNOWN and not isinstance(held, int | float):
        held = True if field == "deleted" else 0
    return _out_of_text(value, held)


def revival(product: Product, wanted: Product) -> Product:
    """Returns the fields that bring a deleted product back, unless `wanted` does so already."""
    if is_live(product) or "deleted" in wanted:
        return {}
    return {"deleted": as_firmware_writes("deleted", False, form_in(product, "deleted"))}


def _out_of_text(text: Json, held: MaybeJson) -> Json:
    """Returns the number or boolean that a text means, if the device holds one; else the text."""
    if not isinstance(text, str) or not isinstance(held, int | float):
        return text
    if isinstance(held, bool):
        return {"true": True, "false": False}.get(text.lower(), text)
    exact = decimal(text)
    if exact is None or ZEROS_FIRST.fullmatch(text):
        return text
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _not_known(field: str, value: Json, held: MaybeJson) -> Json:
    """Returns numbers and booleans as strings if the device holds one, and strings as numbers."""
    exact = decimal(value)
    if exact is not None and is_price(field):
        _refuse_decimals(exact, 2)
    if not isinstance(held, str):
        return _out_of_text(value, held)
    if isinstance(value, bool):
        return "true" if value else "false"
    # Digits alone may be a number or an identifier, such as a barcode: any text is allowed there.
    amount = "." in held and decimal(held) is not None
    if not amount and not isinstance(value, int | float):
        return value
    if exact is None:
        raise BadValueError("not_a_number")
    if abs(exact) >= MAX_TEXT_NUMBER:
        raise BadValueError("too_many_digits", most=15)
    return _spelled(exact, held)


def _number(
    lowest: int, highest: int | Decimal, *, decimals: int | None = None
) -> Callable[[Json, MaybeJson], Json]:
    def check(value: Json, held: MaybeJson) -> Json:
        exact = None if isinstance(value, str) and not isinstance(held, str) else decimal(value)
        if exact is None:
            raise BadValueError("not_a_number")
        if decimals == 0 and exact != exact.to_integral_value():
            raise BadValueError("not_whole")
        if exact.is_signed() or not lowest <= exact <= highest:
            raise BadValueError(
                "out_of_range",
                lowest=lowest,
                highest=float(highest) if isinstance(highest, Decimal) else highest,
            )
        if decimals is not None:
            _refuse_decimals(exact, decimals)
        if isinstance(held, str):
            return _spelled(exact, held)
        return int(exact) if decimals == 0 else value

    return check


def _refuse_decimals(exact: Decimal, most: int) -> None:
    exponent = exact.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > most:
        raise BadValueError("too_many_decimals", most=most)


def _spelled(exact: Decimal, held: str) -> str:
    """Returns a number with as many decimals as the text held now, or more if the value needs them.
    It is filled up with zeros like that text."""
    _, _, fraction = held.partition(".") if decimal(held) is not None else ("", "", "")
    _, _, needed = f"{exact.normalize():f}".partition(".")
    text = f"{exact:.{max(len(fraction), len(needed))}f}"
    return text.zfill(len(held)) if ZEROS_FIRST.fullmatch(held) else text


def _boolean(value: Json, held: MaybeJson) -> Json:
    if isinstance(held, str):
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower()
        if isinstance(value, bool):
            return "true" if value else "false"
    elif isinstance(value, bool):
        return value
    raise BadValueError("not_true_or_false")


def _date(value: Json, held: MaybeJson) -> Json:
    if value != "" and read_date(value) is None:
        raise BadValueError("not_a_date")
    return value


def _name(value: Json, held: MaybeJson) -> Json:
    if not isinstance(value, str):
        raise BadValueError("not_a_text")
    if len(value) > MAX_NAME_LENGTH:
        raise BadValueError("too_long", most=MAX_NAME_LENGTH)
    if not value.strip():
        raise BadValueError("empty")
    if CONTROL.search(value):
        raise BadValueError("control_characters")
    return value


def _whole_or_text(lowest: int, highest: int) -> Callable[[Json, MaybeJson], Json]:
    """Checks that a number stays a number and a text a text. If there is nothing yet, both are
    allowed."""
    whole = _number(lowest, highest, decimals=0)

    def check(value: Json, held: MaybeJson) -> Json:
        text = held if isinstance(held, str) else ""
        nothing = held is ABSENT or held is None or held == ""
        words = decimal(text) is None if text else nothing and decimal(value) is None
        if not words:
            return whole(value, held)
        if not isinstance(value, str):
            raise BadValueError("not_a_text")
        return _name(value, held)

    return check


def _one_of(*choices: str) -> Callable[[Json, MaybeJson], Json]:
    def check(value: Json, held: MaybeJson) -> Json:
        if value not in choices:
            raise BadValueError("not_one_of", choices=list[Json](choices))
        return value

    return check


KNOWN: Final[Mapping[str, Callable[[Json, MaybeJson], Json]]] = MappingProxyType(
    {
        "name": _name,
        "price": _number(0, MAX_PRICE, decimals=2),
        "discountPrice": _number(0, MAX_PRICE, decimals=2),
        "pluNumber": _number(*PLU_RANGE, decimals=0),
        "shelfLife": _number(0, MAX_SHELF_LIFE, decimals=0),
        "shelfLifeInDays": _number(0, MAX_SHELF_LIFE, decimals=0),
        "shelfLifeType": _one_of("DAYS", "HOURS"),
        "productType": _one_of("WEIGHT", "PIECE"),
        "manufactureDate": _date,
        "sellByDate": _date,
        "tare": _number(0, MAX_AMOUNT),
        "pieceWeight": _number(0, MAX_AMOUNT),
        "minWeight": _number(0, MAX_WEIGHT),
        "maxWeight": _number(0, MAX_WEIGHT),
        "message": _number(1, 9_999_999, decimals=0),
        "category": _number(1, 65_535, decimals=0),
        "buttonNumber": _number(0, PLU_RANGE[1], decimals=0),
        "wrappingType": _whole_or_text(0, 65_535),
        "deleted": _boolean,
    }
)
TEXTS: Final = frozenset({"name", "shelfLifeType", "productType", "manufactureDate", "sellByDate"})
OPTIONAL: Final = frozenset(
    {
        "discountPrice",
        "minWeight",
        "maxWeight",
        "message",
        "category",
        "buttonNumber",
        "wrappingType",
    }
)
"""Fields that many products lack. Forms send null or an empty text for them."""
CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
ZEROS_FIRST: Final = re.compile(r"0[0-9]+")
