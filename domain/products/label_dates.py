"""Dates on labels: how the device writes them, and how a renewal sets them."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeAlias

from domain.json_value import MaybeJson
from domain.products.product import NO_UNIT, Product, is_live, number
from domain.products.product_file import ProductFile

Renews: TypeAlias = Callable[[Product], bool]
"""Whether a product gets today's date when dates are renewed."""
WRITTEN = re.compile(r"([0-9]{2})-([0-9]{2})-([0-9]{2})")


def read_date(value: MaybeJson) -> date | None:
    """Returns the day that "DD-MM-YY" means, in this century; None for anything else or an unreal
    day."""
    match = WRITTEN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    day, month, year = map(int, match.groups())
    try:
        return date(2000 + year, month, day)
    except ValueError:
        return None


def write_date(day: date) -> str:
    """Returns the day as "DD-MM-YY"."""
    return f"{day:%d-%m-%y}"


def shelf_life(product: Product) -> timedelta | None:
    """Returns the whole days from manufacture to sell-by date; hours are rounded down.

    Returns None if the sell-by date should stay as it is: there is no shelf life, its unit is
    unknown, or it is 0 without a sell-by date, which is how some programs write "not given".
    """
    days = _days_kept(product)
    return None if days is None else timedelta(days=days)


def _days_kept(product: Product) -> int | None:
    unit, life = product.get("shelfLifeType"), product.get("shelfLife")
    # This is nearly always so, and the rest takes a third of the time of a renewal.
    if unit == "DAYS" and type(life) is int and 0 < life <= MAX_SHELF_LIFE:
        return life
    hours = unit == "HOURS"
    if unit != "DAYS" and not hours and unit not in NO_UNIT:
        return None
    if type(life) is not int:
        life = number(life)
    if life is None or not 0 <= life <= MAX_SHELF_LIFE:
        life, hours = number(product.get("shelfLifeInDays")), False
        if life is None or not 0 <= life <= MAX_SHELF_LIFE:
            return None
    if life == 0:
        sell_by = product.get("sellByDate")
        if not isinstance(sell_by, str) or not sell_by.strip(NO_DATE):
            return None
    return life // 24 if hours else life


NO_DATE = " 0-."
"""The characters of a text without a date."""
MAX_SHELF_LIFE = 9999
"""The largest shelf life that the device takes, in days or hours."""


def renewed(file: ProductFile, today: date, renews: Renews | None = None) -> ProductFile:
    """Returns the file with today as the manufacture date of every live product, or of those that
    are renewed; the same object when all dates are right.

    A product keeps its sell-by date unless its shelf life gives another one: see `shelf_life`.
    """
    products: list[Product] = []
    changed = False
    written: dict[int, str] = {}
    made = write_date(today)
    for product in file.products:
        if product.get("deleted") is not False and not is_live(product):
            products.append(product)
            continue
        if renews is not None and not renews(product):
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
