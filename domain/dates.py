"""Dates on labels: how the device writes them, and what renewal makes of them."""

import re
from datetime import date, timedelta

from domain.json_value import MaybeJson
from domain.product_file import Product, ProductFile, is_live, number

WRITTEN = re.compile(r"([0-9]{2})-([0-9]{2})-([0-9]{2})")


def read_date(value: MaybeJson) -> date | None:
    """The day that "DD-MM-YY" names, in this century; None for anything else or an unreal day."""
    match = WRITTEN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    day, month, year = map(int, match.groups())
    try:
        return date(2000 + year, month, day)
    except ValueError:
        return None


def write_date(day: date) -> str:
    """The day as "DD-MM-YY"."""
    return f"{day:%d-%m-%y}"


def shelf_life(product: Product) -> timedelta | None:
    """Whole days the product keeps: hours are rounded down; None where it has no shelf life."""
    days = _days_kept(product)
    return None if days is None else timedelta(days=days)


def _days_kept(product: Product) -> int | None:
    # Hardly ever anything but an integer: asking `number` about each costs a third of a renewal.
    life = product.get("shelfLife")
    if type(life) is not int:
        life = number(life)
    if life is not None and 0 <= life <= MAX_SHELF_LIFE:
        return life // 24 if product.get("shelfLifeType") == "HOURS" else life
    days = number(product.get("shelfLifeInDays"))
    return days if days is not None and 0 <= days <= MAX_SHELF_LIFE else None


MAX_SHELF_LIFE = 9999
"""Days or hours: the largest the device takes."""


def renewed(file: ProductFile, today: date) -> ProductFile:
    """The file with every live product made today; the same object when all dates are right.

    A product without shelf life keeps its sell-by date.
    """
    products: list[Product] = []
    changed = False
    written: dict[int, str] = {}
    made = write_date(today)
    for product in file.products:
        if product.get("deleted") is not False and not is_live(product):
            products.append(product)
            continue
        sell_by = product.get("sellByDate")
        days = _days_kept(product)
        if days is not None:
            if days not in written:
                written[days] = write_date(today + timedelta(days=days))
            sell_by = written[days]
        if product.get("manufactureDate") == made and product.get("sellByDate") == sell_by:
            products.append(product)
            continue
        changed = True
        renewed_product = {**product, "manufactureDate": made}
        if days is not None:
            renewed_product["sellByDate"] = sell_by
        products.append(renewed_product)
    return file.with_products(products) if changed else file
