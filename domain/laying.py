"""Edits laid over a product file, and the fields that follow from an edit."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final, NamedTuple

from domain.dates import read_date, shelf_life, write_date
from domain.edit import Edit, EditVersion
from domain.json_value import ABSENT, same
from domain.product_fields import reformed
from domain.product_file import Product, ProductFile, ProductKey, is_live

SHELF_LIFE_FIELDS: Final = frozenset({"shelfLife", "shelfLifeInDays"})


class Laid(NamedTuple):
    """A file with edits laid over it, and the versions of those that found their product."""

    file: ProductFile
    placed: frozenset[EditVersion]


def lay(edits: Collection[Edit], file: ProductFile) -> Laid:
    """Apply edits to a file. Those whose product is gone, deleted or not unique stay aside."""
    by_key: dict[ProductKey, list[Edit]] = {}
    for edit in edits:
        if not edit.superseded:
            by_key.setdefault(edit.product, []).append(edit)
    if not by_key:
        return Laid(file, frozenset())
    placed: set[EditVersion] = set()
    products = list(file.products)
    for key, position in positions_of(by_key, file).items():
        product = _with_edits(products[position], by_key[key])
        if is_live(products[position]) or is_live(product):
            products[position] = product
            placed.update(edit.version for edit in by_key[key])
    return Laid(file.with_products(products) if placed else file, frozenset(placed))


def still_edits(edits: Collection[Edit], file: ProductFile) -> tuple[Edit, ...]:
    """The edits that say something else than the file does, none of them under way."""
    positions = positions_of({edit.product for edit in edits}, file)
    shelf_life_edited = {edit.product for edit in edits if edit.field in SHELF_LIFE_FIELDS}

    def says_more(edit: Edit) -> bool:
        if edit.product not in positions:
            return True
        if edit.field == "sellByDate" and edit.product in shelf_life_edited:
            return True  # without it the date would follow the shelf life
        held = file.products[positions[edit.product]].get(edit.field, ABSENT)
        return not same(reformed(edit.field, edit.after, held), held)

    return tuple(replace(edit, unsettled=False) for edit in edits if says_more(edit))


def positions_of(keys: Collection[ProductKey], file: ProductFile) -> dict[ProductKey, int]:
    """Where each product stands: the live one, else the only deleted one."""
    found: dict[ProductKey, list[int]] = {key: [] for key in keys}
    codes, plus, live = file.columns
    sought_codes = {key.number for key in keys if key.kind == "code"}
    sought_plus = {key.number for key in keys if key.kind == "plu"}
    for position, (code, plu) in enumerate(zip(codes, plus, strict=True)):
        if code is None:
            if plu in sought_plus and plu is not None:
                found[ProductKey("plu", plu)].append(position)
        elif code in sought_codes:
            found[ProductKey("code", code)].append(position)
    meant = {
        key: [position for position in at if live[position]] or at for key, at in found.items()
    }
    return {key: at[0] for key, at in meant.items() if len(at) == 1}


def together(product: Product) -> bool:
    """Whether the two fields of shelf life are one: the type is DAYS and both are there."""
    return product.get("shelfLifeType") == "DAYS" and product.keys() >= SHELF_LIFE_FIELDS


def slot(field: str) -> str:
    """Fields that move together count as one."""
    return "shelfLife" if field in SHELF_LIFE_FIELDS else field


def _with_edits(product: Product, edits: Collection[Edit]) -> Product:
    """The product with its edits, and with the fields that follow from them."""
    values = {
        edit.field: reformed(edit.field, edit.after, product.get(edit.field, ABSENT))
        for edit in edits
    }
    edited = {**product, **values}
    moved = next((field for field in ("shelfLife", "shelfLifeInDays") if field in values), None)
    if moved is not None and together(edited):
        for field in SHELF_LIFE_FIELDS - {moved}:
            edited[field] = reformed(field, edited[moved], edited[field])
    if moved is not None and "sellByDate" not in values:
        made, life = read_date(edited.get("manufactureDate")), shelf_life(edited)
        if made is not None and life is not None:
            edited["sellByDate"] = write_date(made + life)
    return edited
