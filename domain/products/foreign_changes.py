"""What somebody else changed at a device since it was last talked to."""

from collections.abc import Sequence

from domain.json_value import ABSENT, MaybeJson, same
from domain.products.catalogue import Catalogue
from domain.products.differences import FieldChange, changes
from domain.products.edit import DATE_FIELDS
from domain.products.product import MOST_NAMED, key_of, label
from domain.products.product_file import ProductFile


def foreign_changes(catalogue: Catalogue, held: ProductFile) -> list[FieldChange]:
    """Where the file that the device holds differs from the one it held.

    Left out is what edits want, with what follows from them: an upload with a lost answer may have
    done it; and what a renewal with a lost answer may have dated.
    """
    return [
        change
        for change in changes(catalogue.file, held)
        if not same(_shown(catalogue, change), change.after)
        and not (catalogue.unverified and change.field in DATE_FIELDS)
    ]


def told(changed: Sequence[FieldChange]) -> list[str]:
    """A text that names the fields, in the first products of many; none without changes."""
    fields: dict[str, list[str]] = {}
    for change in changed:
        fields.setdefault(label(change.product), []).append(change.field)
    if not fields:
        return []
    texts = [f"{product}: {', '.join(names)}" for product, names in fields.items()]
    more = len(texts) - MOST_NAMED
    named = "; ".join(texts[:MOST_NAMED]) + (f"; and {more} more products" if more > 0 else "")
    return [f"Since the device was last talked to, somebody else changed products on it. {named}."]


def _shown(catalogue: Catalogue, change: FieldChange) -> MaybeJson:
    """What the field was to be on the device."""
    key = key_of(change.product)
    position = None if key is None else catalogue.file.numbers.live_keys.get(key)
    shown = {} if position is None else catalogue.shown.products[position]
    return shown.get(change.field, ABSENT)
