"""What a device says is never shown at full length, whatever it says it in."""

import pytest

from application.ports.scales import ProductsRefusedError
from domain.devices.device_text import LONGEST, cut
from domain.json_value import Json
from domain.products.product import label
from domain.products.refused import Culprit, ProductsAtFaultError

LONG = "ж" * 70_000


def test_a_long_text_is_cut_and_shows_that_it_is() -> None:
    assert cut(LONG) == "ж" * (LONGEST - 1) + "…"
    assert cut("ж" * LONGEST) == "ж" * LONGEST


def test_a_text_is_one_line_without_anything_that_does_not_print() -> None:
    assert cut("a\nb\r\x1b[31m\0c\u2028d") == "a b  [31m c d"


@pytest.mark.parametrize("field", ["name", "code", "pluNumber"])
@pytest.mark.parametrize("value", [LONG, [LONG], {"x": LONG}])
def test_a_product_is_named_briefly_whatever_it_says(field: str, value: Json) -> None:
    assert len(label({"name": "Bagel", "code": 7, "pluNumber": 8, field: value})) < LONGEST + 60


def test_reasons_are_brief() -> None:
    refused = ProductsRefusedError(LONG)
    assert len(str(refused.reason)) == LONGEST
    assert len(str(refused)) < LONGEST + 60
    at_fault = ProductsAtFaultError([Culprit({"name": LONG}, refused.reason)], 3)
    assert len(str(at_fault)) < 2 * LONGEST + 160
