"""Which of the fields that a client sent are changes, and whether the product may have them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.errors import BadValueError, Fault, InvalidFieldsError
from domain.json_value import ABSENT, Json, MaybeJson, same
from domain.products import shelf_life
from domain.products.edit import IDENTITY
from domain.products.fields import KNOWN, OPTIONAL, as_firmware_writes, form_in
from domain.products.product import Product, decimal, identified, is_live, no_plu, number, plu_of
from domain.products.product_file import ProductFile


def checked(
    fields: Mapping[str, Json], position: int, *, shown: ProductFile, held: Product
) -> dict[str, Json]:
    """Returns the fields that differ from what is shown, as the firmware writes them.

    `held` is the product without edits. Raises InvalidFieldsError.
    """
    product = shown.products[position]
    wanted: dict[str, Json] = {}
    errors: dict[str, list[Fault]] = {}
    for field, value in fields.items():
        now = product.get(field, ABSENT)
        if _says_the_same(field, value, now):
            continue
        try:
            if field in IDENTITY or (field == "pluNumber" and number(product.get("code")) is None):
                raise BadValueError("identity")
            written = as_firmware_writes(field, value, form_in(held, field))
        except BadValueError as error:
            errors[field] = [error.fault]
            continue
        if not same(written, now):
            wanted[field] = written
    if "shelfLifeType" in wanted and len(sent := fields.keys() & shelf_life.LENGTHS) == 1:
        # A single length goes with the new type, even if it is the number that was shown.
        wanted |= {length: product[length] for length in sent - wanted.keys() - errors.keys()}
    _refuse_taken_number(wanted, position, shown, errors)
    _refuse_missing_rows(wanted, shown, errors)
    _refuse_two_shelf_lives(wanted, product, errors)
    if errors:
        raise InvalidFieldsError(errors)
    return _with_button(wanted, product, held)


def _says_the_same(field: str, value: Json, now: MaybeJson) -> bool:
    """Whether this is shown already, in any form."""
    if same(value, now):
        return True
    if field == "pluNumber" and no_plu(value):
        return no_plu(now)
    if field in OPTIONAL and (value is None or value == ""):
        return now is ABSENT or now is None or now == ""
    if field in IDENTITY:
        return number(value) is not None and number(value) == number(now)
    if isinstance(now, str) != isinstance(value, str) and (isinstance(now, str) or field in KNOWN):
        return decimal(value) is not None and decimal(value) == decimal(now)
    return False


def _refuse_missing_rows(
    wanted: Mapping[str, Json], shown: ProductFile, errors: dict[str, list[Fault]]
) -> None:
    """Collects faults where a product names a message or category that is not in the file."""
    for field, (section, key) in ROWS.items():
        if field not in wanted:
            continue
        rows = shown.document.get(section)
        known = {
            number(row.get(key))
            for row in (rows if isinstance(rows, list) else ())
            if isinstance(row, dict) and is_live(row)
        }
        if number(wanted[field]) not in known:
            errors[field] = [Fault(f"no_{field}", {"number": wanted[field]})]


ROWS: Final = MappingProxyType(
    {"message": ("messages", "id"), "category": ("categories", "idCategory")}
)
"""The sections that hold what fields name, and their keys."""


def _with_button(wanted: dict[str, Json], product: Product, held: Product) -> dict[str, Json]:
    """Adds the button that calls a product by its PLU, which follows the PLU."""
    button, plu = number(product.get("buttonNumber")), plu_of(product)
    if "pluNumber" not in wanted or "buttonNumber" in wanted or plu is None or button != plu:
        return wanted
    form = form_in(held, "buttonNumber")
    moved = as_firmware_writes("buttonNumber", number(wanted["pluNumber"]), form)
    return {**wanted, "buttonNumber": moved}


def _refuse_taken_number(
    wanted: Mapping[str, Json], position: int, shown: ProductFile, errors: dict[str, list[Fault]]
) -> None:
    """Collects a fault where a live product would get the number of another live product."""
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
        other = identified(shown.products[others[0]])
        errors[field] = [Fault("number_taken", {"product": other, "number": taken})]


def _refuse_two_shelf_lives(
    wanted: dict[str, Json], product: Product, errors: dict[str, list[Fault]]
) -> None:
    """Collects a fault where both lengths are set and contradict each other."""
    after = {**product, **wanted}
    if wanted.keys() >= shelf_life.LENGTHS and not shelf_life.agree(after):
        errors["shelfLifeInDays"] = [
            Fault("other_shelf_life")
            if shelf_life.unit(after) == "DAYS"
            else Fault("other_days_of_hours", {"days": shelf_life.days_of(after)})
        ]
