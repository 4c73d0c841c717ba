"""Dates on labels."""

from datetime import date

import pytest

from domain.json_value import Json
from domain.notices import Notice
from domain.products.label_dates import read_date, renewed, write_date
from tests.harness.products import bun, file_of, muffin, without

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize("text", ["31-02-26", "00-01-26", "1-1-26", "01/01/26", "", None, 5])
def test_what_is_no_date_is_not_read(text: Json) -> None:
    assert read_date(text) is None


def test_a_date_is_read_as_it_is_written() -> None:
    assert read_date(write_date(TODAY)) == TODAY
    assert write_date(TODAY) == "23-11-26"


def test_every_live_product_is_made_today() -> None:
    file = renewed(file_of(muffin(), muffin(code=51, deleted=True)), TODAY)
    assert file.products == [
        muffin(manufactureDate="23-11-26", sellByDate="30-11-26"),
        muffin(code=51, deleted=True),
    ]


@pytest.mark.parametrize(
    ("fields", "sell_by"),
    [
        ({"shelfLife": 0}, "23-11-26"),
        ({"shelfLife": 47, "shelfLifeType": "HOURS"}, "24-11-26"),
        ({"shelfLife": 23, "shelfLifeType": "HOURS"}, "23-11-26"),
        ({"shelfLife": "40"}, "02-01-27"),
        ({"shelfLife": 9999}, "09-04-54"),
        ({"shelfLife": None, "shelfLifeInDays": 3}, "26-11-26"),
        ({"shelfLife": None, "shelfLifeInDays": None}, "30-07-25"),
        ({"shelfLife": -1, "shelfLifeInDays": 10_000}, "30-07-25"),
        ({"shelfLife": "0.000"}, "23-11-26"),
        ({"shelfLifeType": "hours"}, "30-07-25"),
        ({"shelfLifeType": "days"}, "30-07-25"),
        ({"shelfLifeType": "MONTHS"}, "30-07-25"),
        ({"shelfLifeType": 1}, "30-07-25"),
        ({"shelfLifeType": ["DAYS"]}, "30-07-25"),
        ({"shelfLifeType": "MONTHS", "shelfLife": None}, "30-07-25"),
        ({"shelfLifeType": ""}, "30-11-26"),
        ({"shelfLifeType": None}, "30-11-26"),
    ],
)
def test_the_sell_by_date_is_as_far_as_the_shelf_life(
    fields: dict[str, Json], sell_by: str
) -> None:
    product = renewed(file_of(muffin(**fields)), TODAY).products[0]
    assert product == muffin(**fields, manufactureDate="23-11-26", sellByDate=sell_by)


def test_a_product_without_dates_gets_them() -> None:
    bare = without(muffin(), "manufactureDate", "sellByDate")
    assert renewed(file_of(bare), TODAY).products[0]["sellByDate"] == "30-11-26"


@pytest.mark.parametrize("none", ["", None, "00-00-00"])
@pytest.mark.parametrize(
    "life",
    [
        {"shelfLife": 0},
        {"shelfLife": "0.000000"},
        {"shelfLife": 0, "shelfLifeType": "HOURS"},
        {"shelfLife": None, "shelfLifeInDays": 0},
    ],
)
def test_no_shelf_life_and_no_sell_by_date_make_none(none: Json, life: dict[str, Json]) -> None:
    product = muffin(**life, sellByDate=none)
    once = renewed(file_of(product), TODAY)
    assert once.products == [{**product, "manufactureDate": "23-11-26"}]
    assert renewed(once, TODAY) is once
    bare = without(product, "sellByDate")
    assert "sellByDate" not in renewed(file_of(bare), TODAY).products[0]


def test_hours_of_the_same_day_are_given() -> None:
    bare = muffin(shelfLife=12, shelfLifeType="HOURS", sellByDate="")
    assert renewed(file_of(bare), TODAY).products[0]["sellByDate"] == "23-11-26"


def test_a_unit_that_is_not_known_is_warned_of() -> None:
    odd = [muffin(code=code, pluNumber=code, shelfLifeType="hours") for code in range(1, 8)]
    [warning] = file_of(*odd, muffin(shelfLifeType=None), bun()).warnings()
    named: list[Json] = [
        {"code": n, "plu": n, "name": "Маффин", "type": "hours"} for n in range(1, 6)
    ]
    assert warning == Notice("unknown_shelf_life_types", {"products": named, "total": 7})
    assert file_of(muffin(shelfLifeType="MONTHS", deleted=True), bun()).warnings() == []


def test_sections_and_order_stay() -> None:
    file = file_of(muffin(), messages=[{"id": 1}], odd=None)
    assert list(renewed(file, TODAY).document) == ["messages", "odd", "products"]


def test_a_file_whose_dates_are_right_stays_the_same_object() -> None:
    once = renewed(file_of(muffin(), muffin(code=51, deleted=True)), TODAY)
    assert renewed(once, TODAY) is once


def test_products_that_are_replaced_bring_their_unit_along_and_take_it_away() -> None:
    file = file_of(muffin(shelfLifeType="WEEKS"), bun())
    assert len(file.warnings()) == 1
    assert file.with_replaced({0: muffin()}).warnings() == []
    both = file.with_replaced({1: bun(shelfLifeType="MONTHS")})
    assert both.warnings() == file_of(*both.products).warnings()
    assert both.warnings()[0].facts["total"] == 2
