"""Which of the fields that a client sent are changes, and whether the product may have them."""

from collections.abc import Mapping

from domain.edit import IDENTITY
from domain.errors import InvalidFieldsError
from domain.json_value import ABSENT, Json, MaybeJson, same
from domain.laying import SHELF_LIFE_FIELDS, together
from domain.product_fields import as_firmware_writes
from domain.product_file import Product, ProductFile, is_live, label, no_plu, number, plu_of


def checked(
    fields: Mapping[str, Json], position: int, *, shown: ProductFile, held: Product
) -> dict[str, Json]:
    """The fields that differ from what is shown, each as the firmware writes it: `held` is the
    product without edits. Raises InvalidFieldsError."""
    product = shown.products[position]
    wanted: dict[str, Json] = {}
    errors: dict[str, list[str]] = {}
    for field, value in fields.items():
        now = product.get(field, ABSENT)
        if same(value, now) or (field in IDENTITY and _same_number(value, now)):
            continue
        if field == "pluNumber" and no_plu(value) and no_plu(now):
            continue
        try:
            if field in IDENTITY or (field == "pluNumber" and number(product.get("code")) is None):
                raise ValueError("Identifies this product and cannot be changed.")
            written = as_firmware_writes(field, value, held.get(field, ABSENT))
        except ValueError as reason:
            errors[field] = [str(reason)]
            continue
        if not same(written, now):
            wanted[field] = written
    _refuse_taken_number(wanted, position, shown, errors)
    _refuse_two_shelf_lives(wanted, product, errors)
    if errors:
        raise InvalidFieldsError(errors)
    return wanted


def _same_number(value: Json, held: MaybeJson) -> bool:
    return number(value) is not None and number(value) == number(held)


def _refuse_taken_number(
    wanted: Mapping[str, Json], position: int, shown: ProductFile, errors: dict[str, list[str]]
) -> None:
    """A live product may not get a number that another live product goes by."""
    field = next((field for field in ("pluNumber", "deleted") if field in wanted), None)
    product = {**shown.products[position], **wanted}
    if field is None or not is_live(product):
        return
    taken = plu_of(product)
    others = [
        other
        for other in (shown.named(taken) if taken is not None else ())
        if other != position and shown.numbers.live[other]
    ]
    if others:
        errors[field] = [f"{label(shown.products[others[0]])} goes by the number {taken} already."]


def _refuse_two_shelf_lives(
    wanted: dict[str, Json], product: Product, errors: dict[str, list[str]]
) -> None:
    """Two fields that move together are one edit, and may not contradict each other."""
    if wanted.keys() >= SHELF_LIFE_FIELDS and together({**product, **wanted}):
        days = wanted.pop("shelfLifeInDays")
        if number(days) != number(wanted["shelfLife"]):
            errors["shelfLifeInDays"] = ["Must equal shelfLife while shelfLifeType is DAYS."]
