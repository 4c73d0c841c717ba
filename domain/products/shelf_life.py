"""The shelf life of a product: its type, its length, and its length in days, which belong together.

A length that nobody set follows the one that somebody set, by the type of the shelf life.
"""

from collections.abc import Container, Mapping
from typing import Final, Literal

from domain.json_value import ABSENT, Json, same
from domain.products.fields import form_in, reformed
from domain.products.label_dates import MAX_SHELF_LIFE
from domain.products.product import NO_UNIT, Product, number

LENGTHS: Final = frozenset({"shelfLife", "shelfLifeInDays"})
FIELDS: Final = LENGTHS | {"shelfLifeType"}
HOURS_A_DAY: Final = 24


def unit(product: Product) -> Literal["DAYS", "HOURS"] | None:
    """Returns the unit of `shelfLife`; None if the type is unknown."""
    kind = product.get("shelfLifeType")
    if kind == "HOURS":
        return "HOURS"
    return "DAYS" if kind == "DAYS" or kind in NO_UNIT else None


def agreeing(product: Product, given: Container[str]) -> Product:
    """Returns the product with lengths that agree.

    The length that is not given follows the other; if neither is given, the days follow
    `shelfLife`. If both are given, they stay as they are.
    """
    if "shelfLife" in given and "shelfLifeInDays" in given:
        return product
    if not product.keys() >= LENGTHS:
        return product
    if "shelfLifeInDays" in given:
        follows, length = "shelfLife", _from_days(product)
    else:
        follows, length = "shelfLifeInDays", days_of(product)
    if length is None or length > MAX_SHELF_LIFE or length == number(product[follows]):
        return product
    return {**product, follows: reformed(follows, length, form_in(product, follows))}


def days_of(product: Product) -> int | None:
    """Returns the whole days of `shelfLife`; None if they are unknown."""
    life = _length(product, "shelfLife")
    match unit(product):
        case "DAYS":
            return life
        case "HOURS":
            return None if life is None else life // HOURS_A_DAY
    return None


def agree(product: Product) -> bool:
    """Whether the lengths agree, as far as is known."""
    days, given = days_of(product), _length(product, "shelfLifeInDays")
    return days is None or given is None or days == given


def needed(product: Product, values: Mapping[str, Json]) -> dict[str, Json]:
    """Returns the fewest of these values that give the product the same shelf life."""
    left = dict(values)
    aim = agreeing({**product, **left}, left)
    if same_shelf_life(product, aim):
        return {}
    for field in ("shelfLifeType", "shelfLifeInDays", "shelfLife"):
        fewer = {each: value for each, value in left.items() if each != field}
        if fewer and same_shelf_life(agreeing({**product, **fewer}, fewer), aim):
            left = fewer
    return left


def same_shelf_life(one: Product, other: Product) -> bool:
    """Whether two states of a product have the same shelf life."""
    return all(same(one.get(field, ABSENT), other.get(field, ABSENT)) for field in FIELDS)


def _from_days(product: Product) -> int | None:
    """Returns `shelfLife` for these days: unchanged if these are its whole days already."""
    days = _length(product, "shelfLifeInDays")
    if days is None or unit(product) is None:
        return None
    if days_of(product) == days:
        return _length(product, "shelfLife")
    return days * HOURS_A_DAY if unit(product) == "HOURS" else days


def _length(product: Product, field: str) -> int | None:
    length = number(product.get(field))
    return length if length is not None and 0 <= length <= MAX_SHELF_LIFE else None
