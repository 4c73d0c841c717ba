"""How two product files differ."""

from typing import NamedTuple

from domain.json_value import ABSENT, MaybeJson, same
from domain.product_file import Product, ProductFile


class FieldChange(NamedTuple):
    """One field of one product that differs between two files."""

    product: Product
    field: str
    before: MaybeJson
    after: MaybeJson


def changes(before: ProductFile, after: ProductFile) -> list[FieldChange]:
    """Fields that differ in live products that both files hold."""
    found: list[FieldChange] = []
    for key, position in after.live_keys.items():
        if key not in before.live_keys:
            continue
        old, new = before.products[before.live_keys[key]], after.products[position]
        if old == new and same(old, new):
            continue
        found.extend(
            FieldChange(new, field, old.get(field, ABSENT), new.get(field, ABSENT))
            for field in dict.fromkeys((*old, *new))
            if not same(old.get(field, ABSENT), new.get(field, ABSENT))
        )
    return found
