"""What the fields of a product may hold, and in which form they are written."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidFieldsError
from domain.json_value import Json
from domain.products.catalogue import Catalogue
from domain.products.product import Product, decimal
from tests.harness.products import (
    DEVICE,
    NOON,
    bun,
    catalogue_of,
    edited,
    file_of,
    muffin,
    shown,
)

SECTIONS: dict[str, Json] = {
    "messages": [{"id": 1}, {"id": "7"}, {"id": 8, "deleted": True}, None],
    "categories": [{"idCategory": 3}],
}


def stocked(*products: Product) -> Catalogue:
    """With the rows that products may name."""
    file = file_of(*products, **SECTIONS)
    return Catalogue(device_id=DEVICE, file=file, read_at=NOON, moves=0)


class TestRanges:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("price", 1_000_000),
            ("discountPrice", 1_000_000),
            ("discountPrice", 1.234),
            ("discountPrice", -1),
            ("discountPrice", "14.9"),
            ("message", 0),
            ("message", 10_000_000),
            ("message", 2),
            ("message", 8),
            ("message", "1"),
            ("category", 0),
            ("category", 65_536),
            ("category", 4),
            ("category", 1.5),
            ("buttonNumber", -1),
            ("buttonNumber", 1_000_000),
            ("buttonNumber", "5"),
            ("minWeight", -0.1),
            ("minWeight", "light"),
            ("maxWeight", 1e9),
            ("maxWeight", True),
            ("wrappingType", -1),
            ("wrappingType", "BAG"),
            ("wrappingType", 70_000),
            ("name", ""),
            ("name", " \n"),
            ("name", "Маф\0фин"),
            ("name", "Маффин\r\nс маком"),
            ("name", "Маффин\x85"),
        ],
    )
    def test_a_value_beyond_them_is_refused_by_name(self, field: str, value: Json) -> None:
        with pytest.raises(InvalidFieldsError) as error:
            edited(stocked(muffin(wrappingType=1)), **{field: value})
        assert list(error.value.errors) == [field]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("price", 999_999.99),
            ("discountPrice", 14.9),
            ("message", 7),
            ("category", 3),
            ("buttonNumber", 999_999),
            ("minWeight", 0.04),
            ("maxWeight", 15),
            ("wrappingType", 2),
            ("name", "Маффин\nс маком"),
        ],
    )
    def test_a_value_within_them_is_taken(self, field: str, value: Json) -> None:
        after = edited(stocked(muffin(wrappingType=1)), **{field: value})
        assert shown(after)[field] == value

    def test_without_rows_nothing_can_be_named(self) -> None:
        with pytest.raises(InvalidFieldsError, match=r"no_message\(number=1\)"):
            edited(catalogue_of(muffin()), message=1)

    def test_what_the_device_holds_is_never_refused(self) -> None:
        odd: dict[str, Json] = {
            "name": "\0",
            "price": 1e9,
            "discountPrice": 1.234,
            "message": 99,
            "category": 0,
            "buttonNumber": -1,
            "wrappingType": [],
        }
        after = edited(stocked(muffin(**odd)), **odd, tare=1)
        assert [edit.field for edit in after.edits] == ["tare"]
        strings = stocked(muffin(message="0", category="99", minWeight="-1.000"))
        assert edited(strings, message=0, category=99, minWeight=-1).edits == ()
        assert edited(stocked(muffin()), price="76", shelfLife="7", tare="0.000").edits == ()

    @pytest.mark.parametrize("nothing", [None, ""])
    def test_an_empty_form_field_is_no_edit_where_there_is_nothing(self, nothing: Json) -> None:
        form = dict.fromkeys(("discountPrice", "message", "category", "wrappingType"), nothing)
        assert edited(stocked(muffin(category=None)), **form).edits == ()

    def test_a_wrapping_that_is_a_text_stays_one(self) -> None:
        catalogue = stocked(muffin(wrappingType="BAG"))
        assert shown(edited(catalogue, wrappingType="BOX"))["wrappingType"] == "BOX"
        with pytest.raises(InvalidFieldsError, match="wrappingType: not_a_text"):
            edited(catalogue, wrappingType=1)


class TestButtons:
    def test_the_button_that_calls_by_the_plu_goes_with_it(self) -> None:
        catalogue = catalogue_of(muffin(buttonNumber=607), bun(buttonNumber=1))
        after = edited(catalogue, pluNumber=700)
        assert shown(after, 700)["buttonNumber"] == 700
        assert edited(after, 700, pluNumber=607).edits == ()
        assert shown(edited(catalogue, 608, pluNumber=700), 700)["buttonNumber"] == 1

    def test_it_stays_a_string(self) -> None:
        after = edited(catalogue_of(muffin(buttonNumber="607", pluNumber="607")), pluNumber=700)
        assert shown(after, 700).items() >= {"buttonNumber": "700", "pluNumber": "700"}.items()

    def test_a_button_of_the_same_request_stays(self) -> None:
        catalogue = catalogue_of(muffin(buttonNumber=607))
        assert shown(edited(catalogue, pluNumber=700, buttonNumber=5), 700)["buttonNumber"] == 5
        form = edited(catalogue, pluNumber=700, buttonNumber=607)
        assert shown(form, 700)["buttonNumber"] == 700

    def test_no_plu_is_no_button(self) -> None:
        catalogue = catalogue_of(muffin(buttonNumber=0, pluNumber=0))
        assert shown(edited(catalogue, 50, pluNumber=700), 700)["buttonNumber"] == 0


def strings(**fields: Json) -> Product:
    """A product of firmware that writes every value as a string."""
    product = muffin(price="76.000000", code="50", pluNumber="607", deleted="false", tare="0.000")
    return {**product, "shelfLife": "7", "shelfLifeInDays": "7", **fields}


class TestFieldsThatAreNotKnown:
    @pytest.mark.parametrize(
        ("held", "value", "written"),
        [
            ("14.900000", 12.3, "12.300000"),
            ("14.900000", "12.3", "12.300000"),
            ("14.9", 12.34567, "12.34567"),
            ("14.900000", 0, "0.000000"),
            ("14.9", -2, "-2.0"),
            ("5", 6, "6"),
            ("5", 6.5, "6.5"),
            ("04600000000000", 4_600_000_000_017, "04600000000017"),
            ("04600000000000", "04600000000017", "04600000000017"),
            ("04600000000000", "", ""),
            ("04600000000000", None, None),
            ("", 5, "5"),
            ("word", 5, "5"),
            ("false", True, "true"),
            (5, 6.5, 6.5),
            (5, "6", 6),
            (5, "six", "six"),
            (46, "046", "046"),
            (True, "6", "6"),
            (True, "false", False),
            (None, 6, "6"),
        ],
    )
    def test_a_number_in_a_string_stays_one(self, held: Json, value: Json, written: Json) -> None:
        catalogue = catalogue_of(strings(odd=held))
        assert shown(edited(catalogue, odd=value))["odd"] == written

    @pytest.mark.parametrize("value", ["abc", "", "1,5", None, [1], 1e300, 10**40, float("nan")])
    def test_an_amount_stays_a_number(self, value: Json) -> None:
        with pytest.raises(InvalidFieldsError, match=r"odd: (not_a_number|too_many_digits)"):
            edited(catalogue_of(strings(odd="14.900000")), odd=value)

    def test_a_field_that_was_not_there_is_written_as_the_others_are(self) -> None:
        catalogue = catalogue_of(strings())
        after = shown(edited(catalogue, odd=6, flag=True, discountPrice=14.9, oldPrice=3))
        assert (after["odd"], after["flag"]) == ("6", "true")
        assert (after["discountPrice"], after["oldPrice"]) == ("14.900000", "3.000000")

    @pytest.mark.parametrize("held", ["14.900000", "14", 14.9, None])
    @pytest.mark.parametrize("field", ["discountPrice", "oldPrice", "price2", "PRICE_FOR_MEMBERS"])
    @pytest.mark.parametrize("value", [12.345, "12.345", 0.001])
    def test_a_price_by_whatever_name_has_two_decimals(
        self, field: str, held: Json, value: Json
    ) -> None:
        with pytest.raises(InvalidFieldsError) as error:
            edited(catalogue_of(strings(**{field: held})), **{field: value})
        assert list(error.value.errors) == [field]
        assert edited(catalogue_of(muffin()), oldPrice=12.34, priceKind="old").waiting

    def test_a_device_that_writes_otherwise_by_now_gets_its_own_form(self) -> None:
        catalogue = edited(catalogue_of(strings(odd="14.900000")), odd=12.5, discountPrice=9)
        after = catalogue.read(file_of(muffin(odd=14.9)), at=NOON, moves=0)
        assert shown(after) == muffin(odd=12.5, discountPrice=9)
        assert not after.read(
            file_of(strings(odd="12.5", discountPrice="9.0")), at=NOON, moves=0
        ).edits


numbers = st.integers(-(10**9), 10**9).map(lambda n: float(Decimal(n) / 1000))


@given(
    st.sampled_from(["price", "discountPrice", "tare", "minWeight", "odd", "membersPrice"]),
    st.tuples(numbers, st.integers(1, 6)).map(lambda held: f"{held[0]:.{held[1]}f}"),
    numbers,
    st.booleans(),
)
def test_a_number_in_a_string_keeps_its_decimals(
    field: str, held: str, value: float, as_text: bool
) -> None:
    catalogue = catalogue_of(strings(**{field: held}))
    try:
        after = shown(edited(catalogue, **{field: str(value) if as_text else value}))[field]
    except InvalidFieldsError:
        return
    assert isinstance(after, str)
    assert decimal(after) == decimal(value)
    if after != held:
        assert len(after.partition(".")[2]) >= len(held.partition(".")[2])
    if "price" in field.lower() and decimal(value) != decimal(held):
        assert decimal(value) == round(decimal(value) or Decimal(), 2)
