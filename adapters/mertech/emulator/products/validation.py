"""Which products a device takes, and what it says of those it does not.

Messages are Russian, as the device's own: they reach shop staff unchanged.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from adapters.mertech.emulator.products.product_file import Document

Product = dict[str, Any]

SECTIONS = ("categories", "labelTemplates", "messages", "productRates", "lotsOfProduct")

REQUIRED = ("name", "price", "productType")
"""Beside the code or PLU that identifies a product."""

_BEYOND = 10**12
_BEYOND_PRICES = 1_000_000
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,18})?", re.ASCII)
_PRICE = re.compile(r"0*\d{1,6}(\.\d{1,2}0*)?", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)
_DATE = re.compile(r"(\d\d)-(\d\d)-(\d\d)", re.ASCII)


class ProductFileError(Exception):
    """The device refuses this file; the text is its reason."""


def check_document(document: object) -> Document:
    """The document when it has a product file's shape; raises ProductFileError."""
    if not isinstance(document, dict):
        raise ProductFileError("Файл товаров: ожидается объект JSON")
    if not isinstance(document.get("products"), list):
        raise ProductFileError("Файл товаров: нет списка products")
    for section in SECTIONS:
        rows = document.get(section, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ProductFileError(f"Файл товаров: раздел {section} должен быть списком объектов")
    return document


def check_products(products: Sequence[object], held: Sequence[Product] = ()) -> None:
    """Raises ProductFileError that names the first product with a bad field.

    A value that the device holds already (it happens) it takes back as it is.
    """
    own: dict[tuple[str, int] | None, list[Product]] = {}
    for each in held:
        own.setdefault(identity(each), []).append(each)
    for place, product in enumerate(products, start=1):
        if not isinstance(product, dict):
            raise ProductFileError(f"Запись {place} в списке товаров: ожидается объект")
        if "code" not in product and _no_plu(product.get("pluNumber")):
            raise ProductFileError(f"Запись {place} в списке товаров: нет кода товара")
        missing = [field for field in REQUIRED if field not in product]
        if missing:
            raise ProductFileError(f"{naming(product)}: нет поля {missing[0]}")
        for field, (right, reason) in RULES.items():
            if field not in product or right(product[field]):
                continue
            value = product[field]
            before = own.get(identity(product), ())
            if not any(_is_same(value, each.get(field)) for each in before):
                raise ProductFileError(f"{naming(product)}: {reason}")


def check_unique(products: Sequence[Product], held: Sequence[Product]) -> None:
    """Raises ProductFileError when live products come to share a code or PLU.

    A device that holds such products already (it happens) takes them back as they are.
    """
    for field, reason in (("code", "код товара повторяется"), ("pluNumber", "номер ПЛУ уже занят")):
        before, after = _uses(held, field), _uses(products, field)
        for product in products:
            number = as_integer(product.get(field))
            if number and after[number] > max(1, before[number]):
                raise ProductFileError(f"{naming(product)}: {reason}")


def naming(product: Product) -> str:
    """How the device names a product: "Товар 50 (ПЛУ 607)"."""
    code, plu = (_shown(product[key]) if key in product else "" for key in ("code", "pluNumber"))
    plu = "" if _no_plu(product.get("pluNumber")) else plu
    if not code:
        return f"Товар без кода (ПЛУ {plu})"
    return f"Товар {code} (ПЛУ {plu})" if plu else f"Товар {code}"


def identity(product: Product) -> tuple[str, int] | None:
    """What makes two records one product: the code, or the PLU of a product that has none."""
    field = "code" if "code" in product else "pluNumber"
    number = as_integer(product.get(field))
    return None if number is None else (field, number)


def as_integer(value: object) -> int | None:
    """The integer a value is, or is written as."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return None


def is_live(product: Product) -> bool:
    """Not marked as deleted."""
    return product.get("deleted", False) not in (True, "true")


def _uses(products: Sequence[Product], field: str) -> Counter[int | None]:
    return Counter(as_integer(product.get(field)) for product in products if is_live(product))


def _shown(value: object) -> str:
    return str(value)[:20]


def _is_same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


def _integer(low: int, high: int) -> Callable[[object], bool]:
    def right(value: object) -> bool:
        number = as_integer(value)
        return number is not None and low <= number <= high

    return right


def _no_plu(value: object) -> bool:
    """Firmware writes 0, an empty text or null where a product has no PLU."""
    return value is None or value == "" or as_integer(value) == 0


def _plu(value: object) -> bool:
    return _no_plu(value) or _integer(1, 999_999)(value)


def _amount(value: object) -> bool:
    if isinstance(value, str):
        return _AMOUNT.fullmatch(value) is not None
    return not isinstance(value, bool) and isinstance(value, int | float) and 0 <= value < _BEYOND


def _price(value: object) -> bool:
    if isinstance(value, str):
        return _PRICE.fullmatch(value) is not None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value < _BEYOND_PRICES and round(value, 2) == value


def _date(value: object) -> bool:
    if value == "":
        return True
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return False
    day, month, year = map(int, match.groups())
    try:
        date(2000 + year, month, day)
    except ValueError:
        return False
    return True


def _name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 255 and not _CONTROL.search(value)


def _among(*words: bool | str) -> Callable[[object], bool]:
    # By type too: 1 equals True.
    return lambda value: isinstance(value, bool | str) and value in words


RULES: dict[str, tuple[Callable[[object], bool], str]] = {
    "code": (_integer(1, 9_999_999), "неверный код товара"),
    "pluNumber": (_plu, "неверный номер ПЛУ"),
    "name": (_name, "неверное наименование"),
    "price": (_price, "неверная цена"),
    "discountPrice": (_price, "неверная цена со скидкой"),
    "productType": (_among("WEIGHT", "PIECE"), "неверный тип товара"),
    "shelfLifeType": (_among("DAYS", "HOURS"), "неверный тип срока годности"),
    "shelfLife": (_integer(0, 9999), "неверный срок годности"),
    "shelfLifeInDays": (_integer(0, 9999), "неверный срок годности в днях"),
    "manufactureDate": (_date, "неверная дата изготовления"),
    "sellByDate": (_date, "неверная дата реализации"),
    "tare": (_amount, "неверная тара"),
    "pieceWeight": (_amount, "неверный вес штуки"),
    "minWeight": (_amount, "неверный минимальный вес"),
    "maxWeight": (_amount, "неверный максимальный вес"),
    "message": (_integer(1, 9_999_999), "неверный номер сообщения"),
    "category": (_integer(1, 65_535), "неверная категория"),
    "buttonNumber": (_integer(0, 999_999), "неверный номер кнопки"),
    "deleted": (_among(True, False, "true", "false"), "неверный признак удаления"),
}
