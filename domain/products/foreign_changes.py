"""What somebody else changed at a device since it was last talked to."""

from collections.abc import Sequence
from itertools import islice

from domain.json_value import ABSENT, Json, MaybeJson, same
from domain.notices import Notice
from domain.products.catalogue import Catalogue
from domain.products.differences import FieldChange, changes
from domain.products.edit import DATE_FIELDS
from domain.products.product import MOST_NAMED, identified, key_of
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


def warning_of(changed: Sequence[FieldChange]) -> list[Notice]:
    """Names the fields, in the first products of many; none without changes."""
    products: dict[str, tuple[dict[str, Json], list[Json]]] = {}
    for change in changed:
        known = identified(change.product)
        products.setdefault(str(known), (known, []))[1].append(change.field)
    if not products:
        return []
    named: list[Json] = [
        {**known, "fields": fields} for known, fields in islice(products.values(), MOST_NAMED)
    ]
    return [Notice("changed_by_others", {"products": named, "total": len(products)})]


def _shown(catalogue: Catalogue, change: FieldChange) -> MaybeJson:
    """What the field was to be on the device."""
    key = key_of(change.product)
    position = None if key is None else catalogue.file.numbers.live_keys.get(key)
    shown = {} if position is None else catalogue.shown.products[position]
    return shown.get(change.field, ABSENT)
