"""Changes that somebody else made at a device since the last conversation."""

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
    """Returns the fields that differ between the file on the device and the one it held before.

    Left out are the results of edits, which an upload with a lost answer may have sent, and dates
    that a renewal with a lost answer may have written.
    """
    return [
        change
        for change in changes(catalogue.file, held)
        if not same(_shown(catalogue, change), change.after)
        and not (catalogue.unverified and change.field in DATE_FIELDS)
    ]


def warning_of(changed: Sequence[FieldChange]) -> list[Notice]:
    """Returns a notice that names the fields of the first changed products; none without
    changes."""
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
    """Returns what the field should be on the device."""
    key = key_of(change.product)
    position = None if key is None else catalogue.file.numbers.live_keys.get(key)
    shown = {} if position is None else catalogue.shown.products[position]
    return shown.get(change.field, ABSENT)
