"""Edits on top of a product file, and the fields that follow from an edit."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from domain.errors import ClashingEditsError
from domain.json_value import ABSENT, Json, same
from domain.products import label_dates as dates
from domain.products import shelf_life
from domain.products.edit import DATE_FIELDS, IDENTITY, Edit, EditVersion
from domain.products.fields import form_in, reformed, revival
from domain.products.product import MOST_NAMED, Product, ProductKey, identified, is_live, key_of
from domain.products.product_file import ProductFile


class Overlay(NamedTuple):
    """A file with edits on top of it, and the versions of the edits that found their product."""

    file: ProductFile
    placed: frozenset[EditVersion]


def overlay_of(edits: Collection[Edit], file: ProductFile) -> Overlay:
    """Returns the file with the edits. Left out are those whose product is gone, deleted or not
    unique."""
    base, placed = with_additions(edits, file)
    by_key: dict[ProductKey, list[Edit]] = {}
    for edit in edits:
        if edit.field is not None and not edit.superseded:
            by_key.setdefault(edit.product, []).append(edit)
    if not by_key:
        return Overlay(base, frozenset(placed))
    changed: dict[int, Product] = {}
    for key, position in positions_of(by_key, base).items():
        held = base.products[position]
        product = overlaid(held, by_key[key])
        if product is not held:
            changed[position] = product
            placed.update(edit.version for edit in by_key[key])
    return Overlay(base.with_replaced(changed) if placed else file, frozenset(placed))


def brings_products(edits: Collection[Edit], overlay: Overlay) -> bool:
    """Whether edits add products to those that are sold: whole ones, or ones that were deleted.

    Such products bear the dates of the day on which they were sold last.
    """
    return any(edit.version in overlay.placed and edit.field in (None, "deleted") for edit in edits)


def require_no_clash(edits: Collection[Edit], overlay: Overlay, held: ProductFile) -> None:
    """Raises ClashingEditsError when edits give two live products on the device one number."""
    suspects: dict[ProductKey, list[EditVersion]] = {}
    for edit in edits:
        if edit.version in overlay.placed and edit.field in (None, "pluNumber", "deleted"):
            suspects.setdefault(edit.product, []).append(edit.version)
    if not suspects:
        return
    for clash, positions in overlay.file.numbers.clashes.items():
        if clash in held.numbers.clashes:
            continue
        products = [overlay.file.products[position] for position in positions]
        keys = dict.fromkeys(map(key_of, products))
        guilty = sorted(version for key in keys if key for version in suspects.get(key, ()))
        if guilty:
            first = [identified(product) for product in products[:MOST_NAMED]]
            raise ClashingEditsError(guilty, first, len(products), clash.kind, clash.number)


def with_additions(
    edits: Collection[Edit], file: ProductFile
) -> tuple[ProductFile, set[EditVersion]]:
    """Returns the file with the whole products that edits add, and the versions of these edits.

    A product that the device holds again gets the values of the edit, but keeps its dates.
    """
    additions = {edit.product: edit for edit in edits if edit.field is None}
    if not additions:
        return file, set()
    products, placed = list(file.products), set()
    for key, positions in all_positions_of(additions, file).items():
        edit = additions[key]
        if len(positions) > 1:
            continue
        placed.add(edit.version)
        if positions:
            products[positions[0]] = _overlaid(products[positions[0]], edit)
        else:
            products.append(_whole(edit))
    return file.with_products(products), placed


def still_edits(edits: Collection[Edit], file: ProductFile) -> tuple[Edit, ...]:
    """Returns the edits that differ from the file, none of them under way."""
    positions = positions_of({edit.product for edit in edits}, file)
    needed = _needed_of_shelf_lives(edits, file, positions)

    def says_more(edit: Edit) -> bool:
        if edit.product not in positions:
            return True
        product = file.products[positions[edit.product]]
        if edit.field is None:
            return not same(_overlaid(product, edit), product)
        if edit.field in shelf_life.FIELDS:
            return edit.field in needed[edit.product]
        if edit.field == "sellByDate" and needed.get(edit.product):
            return True  # without it the date would follow the shelf life
        wanted = reformed(edit.field, edit.after, form_in(product, edit.field))
        return not same(wanted, product.get(edit.field, ABSENT))

    return tuple(replace(edit, unsettled=False) for edit in edits if says_more(edit))


def _needed_of_shelf_lives(
    edits: Collection[Edit], file: ProductFile, positions: Mapping[ProductKey, int]
) -> dict[ProductKey, dict[str, Json]]:
    """Returns which edits of a shelf life differ from the file, by product."""
    values: dict[ProductKey, dict[str, Json]] = {}
    for edit in edits:
        if edit.field in shelf_life.FIELDS and edit.product in positions:
            product = file.products[positions[edit.product]]
            value = reformed(edit.field, edit.after, form_in(product, edit.field))
            values.setdefault(edit.product, {})[edit.field] = value
    return {
        key: shelf_life.needed(file.products[positions[key]], own) for key, own in values.items()
    }


def positions_of(keys: Collection[ProductKey], file: ProductFile) -> dict[ProductKey, int]:
    """Returns the position of each product that is there and unique."""
    return {key: at[0] for key, at in all_positions_of(keys, file).items() if len(at) == 1}


def all_positions_of(
    keys: Collection[ProductKey], file: ProductFile
) -> dict[ProductKey, list[int]]:
    """Returns the positions of all products with each key: of the live ones, or else of the deleted
    ones."""
    numbers = file.numbers
    found = {key: numbers.by_key.get(key, []) for key in keys}
    return {
        key: [position for position in at if numbers.live[position]] or at
        for key, at in found.items()
    }


def without_followers(left: Collection[Edit], gone: Iterable[Edit]) -> Iterator[Edit]:
    """Yields the edits that are left, without those of a length in days that now follows.

    Where a product lost an edit of its shelf life, `shelfLifeInDays` follows `shelfLife` again.
    """
    touched = {edit.product for edit in gone if edit.field in shelf_life.FIELDS}
    led = {edit.product for edit in left if edit.field == "shelfLife"} & touched
    return (edit for edit in left if edit.field != "shelfLifeInDays" or edit.product not in led)


def field_group(field: str | None) -> str | None:
    """Returns the name that fields share which change together, such as those of a shelf life."""
    return "shelfLife" if field in shelf_life.FIELDS else field


def _whole(edit: Edit) -> Product:
    if not isinstance(edit.after, dict):
        raise ValueError("An edit without field adds a whole product.")
    return edit.after


def _overlaid(product: Product, edit: Edit) -> Product:
    """Returns a product that is there already, with the values of one that was to be added."""
    kept = DATE_FIELDS | IDENTITY if is_live(product) else IDENTITY
    values = {
        field: reformed(field, value, form_in(product, field))
        for field, value in _whole(edit).items()
        if field not in kept
    }
    return {**product, **revival(product, _whole(edit)), **values}


def overlaid(product: Product, edits: Collection[Edit]) -> Product:
    """Returns the product with its edits of fields, and with the fields that follow from them; the
    same object where it is deleted and stays deleted."""
    values = {
        edit.field: reformed(edit.field, edit.after, form_in(product, edit.field))
        for edit in edits
        if edit.field is not None and not edit.superseded
    }
    edited = {**product, **values}
    if values.keys() & shelf_life.FIELDS:
        edited = shelf_life.agreeing(edited, values)
        given = values.keys() & shelf_life.LENGTHS
        if len(given) == 1 and not shelf_life.agree(edited):
            # Days that are too many hours for a device that counts hours by now.
            others = values.keys() - shelf_life.FIELDS
            edited = {**product, **{field: values[field] for field in others}}
            return _live_or_held(edited, product) if others else product
        made, kept = dates.read_date(edited.get("manufactureDate")), dates.shelf_life(edited)
        if "sellByDate" not in values and made is not None and kept is not None:
            edited = {**edited, "sellByDate": dates.write_date(made + kept)}
    return _live_or_held(edited, product)


def _live_or_held(edited: Product, product: Product) -> Product:
    """Returns the edited product, or the product itself if it is deleted and stays deleted."""
    return edited if is_live(product) or is_live(edited) else product
