"""Made-up catalogues, the same for the same seed."""

from datetime import date, timedelta
from functools import lru_cache
from itertools import count, islice
from random import Random
from typing import Any

from adapters.mertech.emulator.products.goods import CATEGORIES, GOODS, INGREDIENTS, WITH
from adapters.mertech.emulator.products.product_file import Document, ProductFile

DEFAULT_PRODUCTS = 678
MADE_ON = date(2025, 7, 23)


def catalogue_file(
    products: int = DEFAULT_PRODUCTS, *, seed: int = 1, string_values: bool = False
) -> ProductFile:
    """The catalogue as a file; asking again gives the same object."""
    return _file(products, seed, string_values)


@lru_cache(maxsize=4)
def _file(products: int, seed: int, string_values: bool) -> ProductFile:
    return ProductFile.of(catalogue(products, seed=seed, string_values=string_values))


def catalogue(
    products: int = DEFAULT_PRODUCTS, *, seed: int = 1, string_values: bool = False
) -> Document:
    """A product file's document as a bakery's device would send it.

    Every product has its own code; some have no PLU, two lines of name, a shelf life in hours,
    optional fields, or are marked as deleted. With `string_values` every value is a string, as
    some firmware has it: "24.000000", "false".
    """
    chance = Random(seed)  # noqa: S311 made-up goods, no secrets
    plus = chance.sample(range(100, 100 + 4 * products), products)
    codes = islice(count(50, 3), products)
    goods = [
        _product(place, code, plu, chance)
        for place, (code, plu) in enumerate(zip(codes, plus, strict=True))
    ]
    document: Document = {
        "categories": [
            {"idCategory": number, "name": name, "number": number * 10}
            for number, name in enumerate(CATEGORIES, start=1)
        ],
        "labelTemplates": [
            {"id": 1, "name": "Этикетка 58x40", "width": 58, "height": 40, "deleted": False},
            {"id": 2, "name": "Этикетка 58x60", "width": 58, "height": 60, "deleted": False},
            {"id": 3, "width": 43, "height": 25, "deleted": True},
        ],
        "lotsOfProduct": [_lot(number, row) for number, row in enumerate(goods[6::40], start=1)],
        "messages": [_message(number, chance) for number in range(1, _messages(products) + 1)],
        "productRates": [_rate(row) for row in goods[3::25]],
        "products": goods,
    }
    return _as_strings(document) if string_values else document


def _product(place: int, code: int, plu: int, chance: Random) -> dict[str, Any]:
    by_hours = place % 8 == 3
    days = chance.choice((0, 1, 2, 3, 5, 7, 10, 30))
    dated = place % 37 != 20
    sell_by = MADE_ON + timedelta(days=days)
    weighed = place % 3 == 1
    product: dict[str, Any] = {
        "code": code,
        "deleted": place % 31 == 17,
        "id": 10_330 + code,
        "manufactureDate": _written(MADE_ON) if dated else "",
        "name": _name(place, chance),
        "pieceWeight": 0.0 if weighed else chance.choice((0.0, 0.08, 0.125, 0.35)),
        "pluNumber": plu,
        "price": round(chance.randrange(15, 950) + chance.choice((0.0, 0.5, 0.9, 0.99)), 2),
        "productType": "WEIGHT" if weighed else "PIECE",
        "sellByDate": _written(sell_by) if dated else "",
        "shelfLife": days * 24 if by_hours else days,
        "shelfLifeType": "HOURS" if by_hours else "DAYS",
        "tare": 0.012 if place % 10 == 1 else 0.0,
        "shelfLifeInDays": days,
    }
    if place % 23 == 5:
        del product["pluNumber"]
    return product | _options(place, code, chance)


def _options(place: int, code: int, chance: Random) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if place % 2:
        options["category"] = chance.randint(1, len(CATEGORIES))
    if place % 3 == 0:
        options["message"] = 1 + place // 12
    if place % 5 == 2:
        options |= {"buttonNumber": place + 1, "labelTemplate": 1 + place % 2}
    if place % 11 == 4:
        options |= {"discountPrice": 14.9, "labelDiscountTemplate": 2}
    if place % 13 == 6:
        options |= {"minWeight": 0.04, "maxWeight": 15.0, "wrappingType": 1}
    if place % 17 == 8:
        options |= {"barcodePrefixType": 22, "barcodeStructure": "PPCCCCCWWWWWK"}
    if place % 19 == 9:
        options["gtin"] = f"0460{code:010d}"
    return options


def _name(place: int, chance: Random) -> str:
    between = "\n" if place % 9 == 4 else " "
    return f"{chance.choice(GOODS)}{between}{chance.choice(WITH)}"


def _messages(products: int) -> int:
    """One for every twelve products."""
    return -(-products // 12)


def _message(number: int, chance: Random) -> dict[str, Any]:
    return {
        "id": number,
        "value": "Состав: " + ", ".join(chance.sample(INGREDIENTS, 4)) + ".",
        "deleted": number % 20 == 0,
    }


def _rate(product: dict[str, Any]) -> dict[str, Any]:
    made = _written(MADE_ON)
    return {"productCode": product["code"], "startDate": made, "updateDate": made, "rate": 1.5}


def _lot(number: int, product: dict[str, Any]) -> dict[str, Any]:
    until = f"{_written(MADE_ON + timedelta(days=3))} 20-00"
    lot = {"id": number, "productCode": product["code"], "shelfLifeDateTime": until}
    return lot | ({"manufactureDate": _written(MADE_ON)} if number % 2 else {})


def _written(day: date) -> str:
    return f"{day:%d-%m-%y}"


def _as_strings(value: Any) -> Any:
    match value:
        case dict():
            return {key: _as_strings(member) for key, member in value.items()}
        case list():
            return [_as_strings(member) for member in value]
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.6f}"
        case _:
            return str(value)
