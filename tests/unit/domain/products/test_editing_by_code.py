"""A product may be meant by its code; and values that no product can be given."""

import pytest

from domain.errors import AmbiguousProductError, InvalidFieldsError, UnknownProductError
from domain.json_value import Json
from domain.products import editing
from domain.products.catalogue import Catalogue
from domain.products.fields import refuse_impossible
from domain.products.product import Product
from tests.harness.failures import raises
from tests.harness.products import ANNA, NOON, bun, catalogue_of, muffin, without


def by_code(catalogue: Catalogue, code: int, /, **fields: Json) -> list[Product]:
    return editing.edited(catalogue, code, fields, kind="code", by=ANNA, at=NOON).shown.products


def test_an_unknown_code_is_refused() -> None:
    with raises(UnknownProductError, match="no product with code 607 on"):
        by_code(catalogue_of(muffin(), bun()), 607, price=1)


def test_a_plu_never_stands_in_for_a_code() -> None:
    with pytest.raises(UnknownProductError):
        by_code(catalogue_of(without(muffin(), "code")), 607, price=1)


def test_a_deleted_product_is_not_edited_but_may_come_back() -> None:
    catalogue = catalogue_of(muffin(deleted=True))
    with raises(UnknownProductError, match="with code 50 is deleted on this scale"):
        by_code(catalogue, 50, price=1)
    assert by_code(catalogue, 50, deleted=False) == [muffin()]


def test_two_live_products_with_one_code_are_not_edited() -> None:
    with raises(AmbiguousProductError, match=r"number 50 .*Маффин.*Булочка"):
        by_code(catalogue_of(muffin(), bun(code=50)), 50, price=1)


def test_a_product_whose_plu_another_has_too_is_not_edited_by_its_code_either() -> None:
    with raises(AmbiguousProductError, match=r"Маффин.*Булочка"):
        by_code(catalogue_of(muffin(), bun(pluNumber=607)), 50, price=1)


def test_a_code_is_never_mistaken_for_the_plu_of_another() -> None:
    catalogue = catalogue_of(muffin(code=608), bun())
    assert by_code(catalogue, 608, price=1) == [muffin(code=608, price=1), bun()]


def test_a_deleted_namesake_does_no_harm() -> None:
    catalogue = catalogue_of(bun(code=50, deleted=True), muffin())
    assert by_code(catalogue, 50, price=1)[1] == muffin(price=1)


def test_firmware_may_send_the_code_as_a_string() -> None:
    assert by_code(catalogue_of(muffin(code="50")), 50, price=1) == [muffin(code="50", price=1)]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("price", -1, "out_of_range"),
        ("price", "-1", "out_of_range"),
        ("price", "free", "not_a_number"),
        ("price", 1.234, "too_many_decimals"),
        ("price", None, "not_a_number"),
        ("price", float("nan"), "not_a_number"),
        ("shelfLife", "1.5", "not_whole"),
        ("pluNumber", 0, "out_of_range"),
        ("deleted", 1, "not_true_or_false"),
        ("deleted", "yes", "not_true_or_false"),
        ("productType", "piece", "not_one_of"),
        ("sellByDate", "31-02-26", "not_a_date"),
        ("name", 5, "not_a_text"),
    ],
)
def test_what_no_product_can_be_given_is_known_without_any(
    field: str, value: Json, code: str
) -> None:
    with pytest.raises(InvalidFieldsError) as error:
        refuse_impossible({"tare": 1, field: value})
    assert {name: fault.code for name, [fault] in error.value.errors.items()} == {field: code}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", 1),
        ("price", "1.50"),
        ("shelfLife", "7"),
        ("deleted", "TRUE"),
        ("deleted", False),
        ("pluNumber", "607"),
        ("sellByDate", ""),
        ("code", 7),
        ("id", None),
        ("gtin", [None]),
    ],
)
def test_what_some_product_may_be_given_is_left_to_each(field: str, value: Json) -> None:
    refuse_impossible({field: value})
