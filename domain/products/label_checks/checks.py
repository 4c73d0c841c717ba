"""The checks of labels: one small check for each kind of fault.

A check returns facts; the sentences for people are made elsewhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Final, NamedTuple, Self, TypeAlias

from domain.json_value import Json
from domain.products.fields import CONTROL
from domain.products.label_dates import MAX_SHELF_LIFE, read_date, shelf_life, write_date
from domain.products.product import (
    NO_UNIT,
    UNITS,
    Product,
    ProductKey,
    decimal,
    identified,
    is_live,
    number,
)
from domain.products.product_file import ProductFile

Fact: TypeAlias = str | int | date | Decimal | Mapping[str, Json] | None
Facts: TypeAlias = Mapping[str, Fact]


class Check(Enum):
    """The names of the checks, as clients know them."""

    SELL_BY_PAST = "sell_by_past"
    DATES_NOT_TODAY = "dates_not_today"
    MADE_IN_FUTURE = "made_in_future"
    HOURS = "hours"
    NO_SHELF_LIFE = "no_shelf_life"
    UNKNOWN_SHELF_LIFE_TYPE = "unknown_shelf_life_type"
    ZERO_PRICE = "zero_price"
    PRICE_NOT_ABOVE_DISCOUNT = "price_not_above_discount"
    BAD_NAME = "bad_name"
    MISSING_MESSAGE = "missing_message"
    MISSING_CATEGORY = "missing_category"
    MISSING_TEMPLATE = "missing_template"
    LOT_DATE_DIFFERS = "lot_date_differs"
    BUTTON_OF_ANOTHER = "button_of_another"
    SHARED_NUMBER = "shared_number"


class LabelDates(NamedTuple):
    """The dates of a product, and the day on which a renewal would leave them as they are."""

    made: date | None
    sell_by: date | None
    right_on: date | None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What checks look up in the rest of the file. Made once for all of its products."""

    file: ProductFile
    messages: frozenset[int | None]
    categories: frozenset[int | None]
    templates: frozenset[int | None]
    lots: Mapping[int | None, list[Mapping[str, Json]]]
    by_plu: Mapping[int, int]
    shared: Mapping[int, ProductKey]

    @classmethod
    def of(cls, file: ProductFile) -> Self:
        numbers = file.numbers
        lots: dict[int | None, list[Mapping[str, Json]]] = {}
        for lot in _rows(file, "lotsOfProduct"):
            if (code := number(lot.get("productCode"))) is not None:
                lots.setdefault(code, []).append(lot)
        return cls(
            file=file,
            messages=_ids(file, "messages", "id"),
            categories=_ids(file, "categories", "idCategory"),
            templates=_ids(file, "labelTemplates", "id"),
            lots=lots,
            by_plu={
                plu: position
                for position, (plu, live) in enumerate(zip(numbers.plus, numbers.live, strict=True))
                if live and plu is not None
            },
            shared={
                position: key
                for key, positions in numbers.clashes.items()
                for position in positions
            },
        )


class Place(NamedTuple):
    """A product and its position in its file."""

    product: Product
    position: int
    around: Surroundings


def dates_of(product: Product) -> LabelDates:
    """The dates on the label."""
    made = read_date(product.get("manufactureDate"))
    sell_by = read_date(product.get("sellByDate"))
    if made is None:
        return LabelDates(None, sell_by, None)
    life = shelf_life(product)
    right = life is None or product.get("sellByDate") == write_date(made + life)
    return LabelDates(made, sell_by, made if right else None)


def sell_by_past(dates: LabelDates, today: date) -> Facts | None:
    if dates.sell_by is None or dates.sell_by >= today:
        return None
    return {"sell_by": dates.sell_by, "days": (today - dates.sell_by).days}


def made_in_future(dates: LabelDates, today: date) -> Facts | None:
    if dates.made is None or dates.made <= today:
        return None
    return {"made": dates.made, "today": today}


def dates_not_today(dates: LabelDates, today: date) -> Facts | None:
    """Only for products that a renewal would date."""
    if dates.right_on == today:
        return None
    return {"made": dates.made, "sell_by": dates.sell_by, "today": today}


def _hours(place: Place) -> Facts | None:
    """A label counts whole days, but the shelf life is in hours.

    Goods made late on a day are good for longer than it says. Goods made at midnight expire before
    the end of the last whole day.
    """
    life = number(place.product.get("shelfLife"))
    if place.product.get("shelfLifeType") != "HOURS" or life is None or life < 0:
        return None
    made = read_date(place.product.get("manufactureDate"))
    last = made + timedelta(days=life // 24) if made is not None and life < MOST_HOURS else None
    return {"hours": life, "last_day": last, "hours_over": 24 - life % 24}


def _no_shelf_life(place: Place) -> Facts | None:
    product = place.product
    if not _known_unit(product) or shelf_life(product) is not None:
        return None
    return {"sell_by": read_date(product.get("sellByDate"))}


def _unknown_shelf_life_type(place: Place) -> Facts | None:
    product = place.product
    return None if _known_unit(product) else {"type": str(product.get("shelfLifeType"))[:50]}


def _zero_price(place: Place) -> Facts | None:
    return {} if decimal(place.product.get("price")) == 0 else None


def _price_not_above_discount(place: Place) -> Facts | None:
    price = decimal(place.product.get("price"))
    discount = decimal(place.product.get("discountPrice"))
    if price is None or not discount or price > discount:
        return None
    return {"price": price, "discount": discount}


def _bad_name(place: Place) -> Facts | None:
    name = place.product.get("name")
    if not isinstance(name, str) or not name.strip():
        return {"character": None}
    found = CONTROL.search(name)
    return found and {"character": f"U+{ord(found.group()):04X}"}


def _missing_message(place: Place) -> Facts | None:
    return _missing(place.product, "message", place.around.messages)


def _missing_category(place: Place) -> Facts | None:
    return _missing(place.product, "category", place.around.categories)


def _missing_template(place: Place) -> Facts | None:
    return _missing(place.product, "labelTemplate", place.around.templates)


def _lot_date_differs(place: Place) -> Facts | None:
    """Compares the day of manufacture if the lot has one, else the sell-by day."""
    for lot in place.around.lots.get(place.around.file.numbers.codes[place.position], ()):
        made, until = lot.get("manufactureDate"), lot.get("shelfLifeDateTime")
        if read_date(made) is not None:
            of_lot, field = made, "manufactureDate"
        else:
            of_lot, field = (until[:8] if isinstance(until, str) else None), "sellByDate"
        day, own = read_date(of_lot), read_date(place.product.get(field))
        if day is not None and day != own:
            return {"lot": number(lot.get("id")), "field": field, "lot_day": day, "day": own}
    return None


def _button_of_another(place: Place) -> Facts | None:
    button = number(place.product.get("buttonNumber"))
    if not button or button == place.around.file.numbers.plus[place.position]:
        return None
    other = place.around.by_plu.get(button)
    if other is None:
        return None
    return {"button": button, "other": identified(place.around.file.products[other])}


def _shared_number(place: Place) -> Facts | None:
    key = place.around.shared.get(place.position)
    if key is None:
        return None
    file = place.around.file
    positions = file.numbers.clashes[key]
    other = next(position for position in positions[:2] if position != place.position)
    return {
        "kind": key.kind,
        "number": key.number,
        "other": identified(file.products[other]),
        "more": len(positions) - 2,
    }


EVERY: Final[Mapping[Check, Callable[[Place], Facts | None]]] = {
    Check.HOURS: _hours,
    Check.NO_SHELF_LIFE: _no_shelf_life,
    Check.UNKNOWN_SHELF_LIFE_TYPE: _unknown_shelf_life_type,
    Check.ZERO_PRICE: _zero_price,
    Check.PRICE_NOT_ABOVE_DISCOUNT: _price_not_above_discount,
    Check.BAD_NAME: _bad_name,
    Check.MISSING_MESSAGE: _missing_message,
    Check.MISSING_CATEGORY: _missing_category,
    Check.MISSING_TEMPLATE: _missing_template,
    Check.LOT_DATE_DIFFERS: _lot_date_differs,
    Check.BUTTON_OF_ANOTHER: _button_of_another,
    Check.SHARED_NUMBER: _shared_number,
}
"""The checks that do not depend on the day."""
SUSPECTED: Final[Mapping[Check, Callable[[Product], bool]]] = {
    Check.HOURS: lambda product: product.get("shelfLifeType") == "HOURS",
    Check.NO_SHELF_LIFE: lambda product: (
        type(life := product.get("shelfLife")) is not int or not 0 < life <= MAX_SHELF_LIFE
    ),
    Check.UNKNOWN_SHELF_LIFE_TYPE: lambda product: product.get("shelfLifeType") not in UNITS,
    Check.ZERO_PRICE: lambda product: (
        type(price := product.get("price")) is not float or price == 0
    ),
    Check.PRICE_NOT_ABOVE_DISCOUNT: lambda product: (
        "discountPrice" in product
        and not (
            type(price := product.get("price")) is type(low := product["discountPrice"]) is float
            and price > low
        )
    ),
    Check.BAD_NAME: lambda product: (
        type(name := product.get("name")) is not str
        or not name.strip()
        or not (name.isprintable() or name.replace("\n", "").isprintable())
    ),
    Check.MISSING_MESSAGE: lambda product: "message" in product,
    Check.MISSING_CATEGORY: lambda product: "category" in product,
    Check.MISSING_TEMPLATE: lambda product: "labelTemplate" in product,
    Check.LOT_DATE_DIFFERS: lambda _: True,
    Check.BUTTON_OF_ANOTHER: lambda product: "buttonNumber" in product,
    Check.SHARED_NUMBER: lambda _: True,
}
"""Quick questions: if the answer is no, the check finds nothing."""
LABEL_DATES: Final = (
    "manufactureDate",
    "sellByDate",
    "shelfLife",
    "shelfLifeType",
    "shelfLifeInDays",
)
"""The fields that `dates_of` reads."""
ALIKE_BY: Final[Mapping[Check, tuple[str, ...]]] = {
    Check.HOURS: LABEL_DATES,
    Check.NO_SHELF_LIFE: LABEL_DATES,
    Check.UNKNOWN_SHELF_LIFE_TYPE: LABEL_DATES,
    Check.MISSING_MESSAGE: ("message",),
    Check.MISSING_CATEGORY: ("category",),
    Check.MISSING_TEMPLATE: ("labelTemplate",),
}
"""If products are equal in these fields, a check finds something in all of them or in none."""
MOST_HOURS: Final = 24 * 9999


def _known_unit(product: Product) -> bool:
    unit = product.get("shelfLifeType")
    return unit in UNITS or unit in NO_UNIT


def _missing(product: Product, field: str, known: frozenset[int | None]) -> Facts | None:
    wanted = number(product.get(field))
    return None if not wanted or wanted in known else {"number": wanted}


def _ids(file: ProductFile, section: str, field: str) -> frozenset[int | None]:
    return frozenset(number(row.get(field)) for row in _rows(file, section) if is_live(row))


def _rows(file: ProductFile, section: str) -> list[dict[str, Json]]:
    rows = file.document.get(section)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
