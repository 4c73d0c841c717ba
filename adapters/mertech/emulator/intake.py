"""Taking an uploaded file in: read it, check it, clear or merge. All of it or nothing."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn
from weakref import WeakValueDictionary

from adapters.mertech.emulator.products.product_file import Document, ProductFile
from adapters.mertech.emulator.products.validation import (
    Product,
    ProductFileError,
    check_document,
    check_products,
    check_unique,
    identity,
)

Key = tuple[str | int, ...]

SECTION_KEYS: dict[str, tuple[str, ...]] = {
    "categories": ("idCategory",),
    "productRates": ("productCode", "startDate"),
}
"""What identifies a row of a section; elsewhere it is `id`."""


class Intake:
    """What devices make of uploads. One may serve a whole fleet.

    The outcome depends on nothing but the file held and the file sent, so devices that hold the
    same and are sent the same share the result: a fleet renewed together still holds one file.
    """

    def __init__(self) -> None:
        self._taken: WeakValueDictionary[tuple[bytes, bytes, bool], ProductFile] = (
            WeakValueDictionary()
        )

    def take(self, held: ProductFile | None, sent: ProductFile, *, clear: bool) -> ProductFile:
        """The file a device holds afterwards; raises ProductFileError and nothing changes."""
        key = (held.md5 if held else b"", sent.md5, clear)
        taken = self._taken.get(key)
        if taken is None:
            taken = self._taken[key] = _take(held, sent, clear=clear)
        return taken


def read_upload(data: bytes) -> Document:
    """The document in uploaded bytes; raises ProductFileError."""
    try:
        document = json.loads(data.decode(), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise ProductFileError("Файл товаров: неверная кодировка, ожидается UTF-8") from None
    except (ValueError, RecursionError):
        raise ProductFileError("Файл товаров: ошибка разбора JSON") from None
    return check_document(document)


def _take(held: ProductFile | None, sent: ProductFile, *, clear: bool) -> ProductFile:
    before: Document = held.document if held else {"products": []}
    upload = read_upload(sent.data)
    own = _objects(before["products"])
    check_products(upload["products"], own)
    after = upload if clear else merged(before, upload)
    check_unique(after["products"], own)
    try:
        taken = ProductFile.of(after)
    except (ValueError, RecursionError):  # 1e999 reads as infinity, "\ud800" has no UTF-8
        raise ProductFileError("Файл товаров: недопустимое значение") from None
    return held if held and held.md5 == taken.md5 else taken


def merged(held: Document, upload: Document) -> Document:
    """What a device holds after an upload that keeps the rest.

    Products are replaced by code (by PLU where they have no code), other sections row by row; what
    is new comes last, what the upload does not name stays.
    """
    document = dict(held)
    for section, rows in upload.items():
        key = partial(_row_key, SECTION_KEYS.get(section, ("id",)))
        if section == "products":
            document[section] = _merged_rows(held[section], rows, _product_key)
        elif _keyed(held.get(section), key) and _keyed(rows, key):
            document[section] = _merged_rows(held[section], rows, key)
        else:
            document[section] = rows
    return document


def _merged_rows(
    held: list[Any], sent: list[Any], key: Callable[[object], Key | None]
) -> list[Any]:
    rows = list(held)
    places: dict[Key, list[int]] = {}
    for place, row in enumerate(held):
        if (named := key(row)) is not None:
            places.setdefault(named, []).append(place)
    for row in sent:
        named = key(row)
        # A device may hold one key twice: the first sent replaces the first held.
        if named is not None and places.get(named):
            rows[places[named].pop(0)] = row
        else:
            rows.append(row)
    return rows


def _product_key(product: object) -> Key | None:
    return identity(product) if isinstance(product, dict) else None


def _row_key(fields: tuple[str, ...], row: object) -> Key | None:
    if not isinstance(row, dict) or any(field not in row for field in fields):
        return None
    return tuple(str(row[field]) for field in fields)


def _keyed(rows: object, key: Callable[[object], Key | None]) -> bool:
    return isinstance(rows, list) and all(key(row) is not None for row in rows)


def _objects(rows: object) -> list[Product]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
