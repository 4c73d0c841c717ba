"""Differences between two product files."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from domain.json_value import ABSENT, MaybeJson, same
from domain.products import shelf_life
from domain.products.edit import DATE_FIELDS, IDENTITY, Change
from domain.products.fields import form_in, reformed, revival
from domain.products.product import Product, ProductKey
from domain.products.product_file import ProductFile

_NESTED: Final = frozenset({dict, list})


class FieldChange(NamedTuple):
    """One field of one product that differs between two files."""

    product: Product
    field: str
    before: MaybeJson
    after: MaybeJson


class FileDifference(NamedTuple):
    """Products that only one of two files has, and fields that differ in those that both have."""

    added: list[Product]
    removed: list[Product]
    changed: list[FieldChange]


def difference(before: ProductFile, after: ProductFile) -> FileDifference:
    """Returns the difference between the live products of two files, without those that are not
    unique."""
    old, new = before.numbers.live_keys, after.numbers.live_keys
    return FileDifference(
        [after.products[at] for key, at in new.items() if key not in old],
        [before.products[at] for key, at in old.items() if key not in new],
        changes(before, after),
    )


def differ_beyond_dates(before: ProductFile, after: ProductFile) -> bool:
    """Whether more than the dates on the labels changed."""
    if before is after:
        return False
    old, new = before.products, after.products
    return (
        len(old) != len(new)
        or not same({**before.document, "products": None}, {**after.document, "products": None})
        or not all(map(_same_but_for_dates, old, new))
    )


def _same_but_for_dates(old: Product, new: Product) -> bool:
    if old.keys() != new.keys() and old.keys() - DATE_FIELDS != new.keys() - DATE_FIELDS:
        return False
    for field, value in old.items():
        if field in DATE_FIELDS:
            continue
        other = new[field]
        # Each renewal compares thousands of values. Few of them differ or have members.
        if type(value) is type(other) and type(value) not in _NESTED:
            if value != other:
                return False
        elif not same(value, other):
            return False
    return True


def changes(before: ProductFile, after: ProductFile) -> list[FieldChange]:
    """Returns the fields that differ in live products that both files have."""
    found: list[FieldChange] = []
    for key, position in after.numbers.live_keys.items():
        if key not in before.numbers.live_keys:
            continue
        old, new = before.products[before.numbers.live_keys[key]], after.products[position]
        found.extend(product_changes(old, new))
    return found


def product_changes(old: Product, new: Product) -> list[FieldChange]:
    """Returns the fields that differ between two states of one product."""
    if old == new and (_alike(old, new) or same(old, new)):
        return []
    return [
        FieldChange(new, field, old.get(field, ABSENT), new.get(field, ABSENT))
        for field in dict.fromkeys((*old, *new))
        if not same(old.get(field, ABSENT), new.get(field, ABSENT))
    ]


def _alike(old: Product, new: Product) -> bool:
    """Whether two equal products surely are the same JSON: `True` equals 1 too.

    Comparing the types of all values is much faster than comparing each value, and nearly always
    enough.
    """
    types = list(map(type, old.values()))
    return (
        list(old) == list(new)
        and types == list(map(type, new.values()))
        and _NESTED.isdisjoint(types)
    )


def changes_towards(key: ProductKey, held: Product, wanted: Product) -> Iterator[Change]:
    """Yields the changes that turn the product that is held into the wanted one, but for dates."""
    values = {
        field: reformed(field, value, form_in(held, field))
        for field, value in {**wanted, **revival(held, wanted)}.items()
        if field not in DATE_FIELDS | IDENTITY
    }
    life = {field: values[field] for field in values.keys() & shelf_life.FIELDS}
    needed = shelf_life.needed(held, life)
    for field, value in values.items():
        now = held.get(field, ABSENT)
        if field in needed if field in life else not same(value, now):
            yield Change(key, field, now, value)
