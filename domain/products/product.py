"""One product as the device writes it: what it is known by, and what its values mean.

Some firmware writes every value as a string ("24.000000", "false"), so values are read in both
forms.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias

from domain.devices.device_text import cut
from domain.json_value import ABSENT, Json, MaybeJson

Product: TypeAlias = dict[str, Json]
NumberKind: TypeAlias = Literal["code", "plu"]
NUMBER_NAMES: Final[Mapping[NumberKind, str]] = MappingProxyType({"code": "code", "plu": "PLU"})
"""The names of numbers as people read them."""
MOST_NAMED: Final = 5
"""The most products that one text names."""
UNITS: Final = ("DAYS", "HOURS")
"""The values of `shelfLifeType`."""
NO_UNIT: Final = (None, "")
"""A shelf life without unit is in days."""
NUMERIC_TEXT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?")
"""A number as firmware writes it into a string: no longer than decimals are exact."""


class ProductKey(NamedTuple):
    """What identifies a product for as long as it exists: its code, or its PLU if it has none."""

    kind: NumberKind
    number: int


def key_of(product: Product) -> ProductKey | None:
    """Returns what identifies a product; None where it has neither code nor PLU."""
    code, plu = number(product.get("code")), plu_of(product)
    return None if code is None and plu is None else key_from(code, plu)


def key_from(code: int | None, plu: int | None) -> ProductKey:
    """Returns the key of a product with this code and PLU, of which it has at least one."""
    return ProductKey("plu", plu or 0) if code is None else ProductKey("code", code)


def plu_of(product: Product) -> int | None:
    """Returns the PLU; None without one, which firmware also writes as 0, as an empty text or as
    null."""
    return number(product.get("pluNumber")) or None


def no_plu(value: MaybeJson) -> bool:
    """Whether this value of `pluNumber` means that the product has no PLU."""
    return value is ABSENT or value is None or value == "" or number(value) == 0


def is_live(product: Product) -> bool:
    """Whether the product is not deleted."""
    deleted = product.get("deleted", False)
    return not (deleted is True or (isinstance(deleted, str) and deleted.lower() == "true"))


def named(products: Sequence[Product], *, of: int) -> str:
    """Returns the labels of the first of so many products, and how many others there are."""
    texts = [label(product) for product in products[:MOST_NAMED]]
    if (others := of - len(texts)) > 0:
        texts.append(f"{others} other{'s' * (others != 1)}")
    return " and ".join(texts)


def identified(product: Product) -> dict[str, Json]:
    """Returns what shop staff recognise the product by, as facts of a failure."""
    plu, code = product.get("pluNumber", ABSENT), product.get("code", ABSENT)
    return {
        "code": None if code is ABSENT else _number_fact(code),
        "plu": None if no_plu(plu) else _number_fact(plu),
        "name": cut(str(product.get("name", ""))),
    }


def _number_fact(value: MaybeJson) -> Json:
    meant = number(value)
    return meant if meant is not None and abs(meant) < 2**53 else cut(str(value))


def label(product: Product) -> str:
    """Returns the product as shop staff recognise it."""
    plu = product.get("pluNumber", ABSENT)
    name, code, shown = (
        cut(str(each))
        for each in (product.get("name", ""), product.get("code", "–"), "–" if no_plu(plu) else plu)
    )
    return f"“{name}” (code {code}, PLU {shown})"


def number(value: MaybeJson) -> int | None:
    """Returns the whole number that firmware means by 607, 607.0, "607" or "607.000000"."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if value is None:
        return None
    exact = decimal(value)
    if exact is None or exact != exact.to_integral_value():
        return None
    return int(exact)


def decimal(value: MaybeJson) -> Decimal | None:
    """Returns the number that firmware means by 24.1 or "24.100000"; None for anything else.

    Floats count by their shortest text, so that 24.1 is 24.1 exactly.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        return Decimal(value) if NUMERIC_TEXT.fullmatch(value) else None
    exact = Decimal(repr(value))
    return exact if exact.is_finite() else None
