"""What a shop should look at on its labels."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.json_value import Json
from domain.products.label_checks.checks import EVERY, SUSPECTED, Check, Place, Surroundings
from domain.products.label_checks.report import LabelReport, device_checks, report
from domain.products.label_dates import renewed
from domain.products.product import Product
from domain.products.product_file import ProductFile
from domain.renewal.policy import EVERYTHING, RenewalException, RenewalPolicy
from tests.harness.products import bun, file_of, muffin, without

TODAY = date(2026, 11, 23)
BUN = {"name": "Булочка", "code": 52, "plu": 700}
SECTIONS: dict[str, Any] = {
    "messages": [{"id": 1, "value": "Мука"}, {"id": 2, "deleted": True}, {"id": "3"}, "odd"],
    "categories": [{"idCategory": 1, "name": "Сдоба"}, {"idCategory": "2.0"}],
    "labelTemplates": [{"id": 1, "deleted": "false"}, {"id": 2, "deleted": "true"}],
    "lotsOfProduct": [
        {"id": 1, "productCode": 50, "manufactureDate": "23-11-26"},
        {"id": 2, "productCode": "51", "shelfLifeDateTime": "30-11-26 20-00"},
        {"id": 3, "productCode": None, "manufactureDate": "01-01-26"},
    ],
}


def fresh(**fields: Json) -> Product:
    """With today's dates."""
    return muffin(**{"manufactureDate": "23-11-26", "sellByDate": "30-11-26", **fields})


def fresh_bun(**fields: Json) -> Product:
    return bun(**{"manufactureDate": "23-11-26", "sellByDate": "30-11-26", **fields})


def checked(*products: Product, policy: RenewalPolicy = EVERYTHING, **sections: Any) -> LabelReport:
    return report(
        file_of(*products, **{**SECTIONS, **sections}), TODAY, policy.renews, listed=policy.excepts
    )


def found(*products: Product, policy: RenewalPolicy = EVERYTHING) -> dict[Check, Any]:
    """What is found with the first product."""
    looked_at = [each for each in checked(*products, policy=policy).products if not each.position]
    return {check: facts for each in looked_at for check, facts in each.findings}


def test_a_label_that_is_right_is_not_listed() -> None:
    assert checked(fresh(), fresh_bun()).products == []
    assert set(checked(fresh()).counts.values()) == {0}


@pytest.mark.parametrize(
    ("fields", "check", "facts"),
    [
        (
            {"manufactureDate": "15-11-26", "sellByDate": "22-11-26"},
            Check.SELL_BY_PAST,
            {"sell_by": date(2026, 11, 22), "days": 1},
        ),
        (
            {"manufactureDate": "22-11-26", "sellByDate": "29-11-26"},
            Check.DATES_NOT_TODAY,
            {"made": date(2026, 11, 22), "sell_by": date(2026, 11, 29), "today": TODAY},
        ),
        (
            {"sellByDate": "29-11-26"},
            Check.DATES_NOT_TODAY,
            {"made": TODAY, "sell_by": date(2026, 11, 29), "today": TODAY},
        ),
        (
            {"manufactureDate": ""},
            Check.DATES_NOT_TODAY,
            {"made": None, "sell_by": date(2026, 11, 30), "today": TODAY},
        ),
        (
            {"manufactureDate": "24-11-26", "sellByDate": "01-12-26"},
            Check.MADE_IN_FUTURE,
            {"made": date(2026, 11, 24), "today": TODAY},
        ),
        (
            {"shelfLifeType": "HOURS", "shelfLife": 7, "sellByDate": "23-11-26"},
            Check.HOURS,
            {"hours": 7, "last_day": TODAY, "hours_over": 17},
        ),
        (
            {"shelfLifeType": "HOURS", "shelfLife": "36.000", "sellByDate": "24-11-26"},
            Check.HOURS,
            {"hours": 36, "last_day": date(2026, 11, 24), "hours_over": 12},
        ),
        (
            {"shelfLifeType": "HOURS", "shelfLife": 48, "manufactureDate": ""},
            Check.HOURS,
            {"hours": 48, "last_day": None, "hours_over": 24},
        ),
        (
            {"shelfLife": None, "shelfLifeInDays": None},
            Check.NO_SHELF_LIFE,
            {"sell_by": date(2026, 11, 30)},
        ),
        ({"shelfLife": 0, "sellByDate": ""}, Check.NO_SHELF_LIFE, {"sell_by": None}),
        ({"shelfLifeType": "hours"}, Check.UNKNOWN_SHELF_LIFE_TYPE, {"type": "hours"}),
        ({"price": 0.0}, Check.ZERO_PRICE, {}),
        ({"price": 0}, Check.ZERO_PRICE, {}),
        ({"price": "0.000000"}, Check.ZERO_PRICE, {}),
        (
            {"price": 14.9, "discountPrice": 14.9},
            Check.PRICE_NOT_ABOVE_DISCOUNT,
            {"price": Decimal("14.9"), "discount": Decimal("14.9")},
        ),
        (
            {"price": 15, "discountPrice": "15.01"},
            Check.PRICE_NOT_ABOVE_DISCOUNT,
            {"price": Decimal(15), "discount": Decimal("15.01")},
        ),
        ({"name": ""}, Check.BAD_NAME, {"character": None}),
        ({"name": " \n"}, Check.BAD_NAME, {"character": None}),
        ({"name": None}, Check.BAD_NAME, {"character": None}),
        ({"name": "Сыр\x07"}, Check.BAD_NAME, {"character": "U+0007"}),
        ({"name": "a\x85b"}, Check.BAD_NAME, {"character": "U+0085"}),
        ({"message": 2}, Check.MISSING_MESSAGE, {"number": 2}),
        ({"message": "4"}, Check.MISSING_MESSAGE, {"number": 4}),
        ({"category": 3}, Check.MISSING_CATEGORY, {"number": 3}),
        ({"labelTemplate": 2}, Check.MISSING_TEMPLATE, {"number": 2}),
        (
            {"manufactureDate": "22-11-26"},
            Check.LOT_DATE_DIFFERS,
            {"lot": 1, "field": "manufactureDate", "lot_day": TODAY, "day": date(2026, 11, 22)},
        ),
        (
            {"code": 51, "sellByDate": "29-11-26"},
            Check.LOT_DATE_DIFFERS,
            {
                "lot": 2,
                "field": "sellByDate",
                "lot_day": date(2026, 11, 30),
                "day": date(2026, 11, 29),
            },
        ),
        (
            {"buttonNumber": "700"},
            Check.BUTTON_OF_ANOTHER,
            {"button": 700, "other": BUN},
        ),
        (
            {"code": 52},
            Check.SHARED_NUMBER,
            {"kind": "code", "number": 52, "other": BUN, "more": 0},
        ),
        (
            {"pluNumber": "700"},
            Check.SHARED_NUMBER,
            {"kind": "plu", "number": 700, "other": BUN, "more": 0},
        ),
    ],
)
def test_each_check_finds_its_fault(fields: dict[str, Json], check: Check, facts: Any) -> None:
    assert found(fresh(**fields), fresh_bun(code=52, pluNumber=700))[check] == facts


@pytest.mark.parametrize(
    ("fields", "check"),
    [
        ({"sellByDate": "23-11-26"}, Check.SELL_BY_PAST),
        ({"sellByDate": ""}, Check.SELL_BY_PAST),
        ({}, Check.MADE_IN_FUTURE),
        (
            {"shelfLife": 47, "shelfLifeType": "HOURS", "sellByDate": "24-11-26"},
            Check.DATES_NOT_TODAY,
        ),
        ({"shelfLifeType": "MONTHS", "sellByDate": "01-01-27"}, Check.DATES_NOT_TODAY),
        ({"shelfLife": 0, "sellByDate": "23-11-26"}, Check.NO_SHELF_LIFE),
        ({"shelfLifeType": "MONTHS"}, Check.NO_SHELF_LIFE),
        ({"shelfLifeType": ""}, Check.UNKNOWN_SHELF_LIFE_TYPE),
        ({"price": 0.01}, Check.ZERO_PRICE),
        ({"discountPrice": 75.99}, Check.PRICE_NOT_ABOVE_DISCOUNT),
        ({"discountPrice": 0, "price": 0}, Check.PRICE_NOT_ABOVE_DISCOUNT),
        ({"discountPrice": None}, Check.PRICE_NOT_ABOVE_DISCOUNT),
        ({"name": "two\nlines"}, Check.BAD_NAME),
        ({"name": "no\u00a0break"}, Check.BAD_NAME),
        ({"message": 3}, Check.MISSING_MESSAGE),
        ({"message": 0}, Check.MISSING_MESSAGE),
        ({"category": 2}, Check.MISSING_CATEGORY),
        ({"category": ""}, Check.MISSING_CATEGORY),
        ({"labelTemplate": "1"}, Check.MISSING_TEMPLATE),
        ({"code": None, "manufactureDate": "01-02-26"}, Check.LOT_DATE_DIFFERS),
        ({"buttonNumber": 607}, Check.BUTTON_OF_ANOTHER),
        ({"buttonNumber": 608}, Check.BUTTON_OF_ANOTHER),
        ({"buttonNumber": 0}, Check.BUTTON_OF_ANOTHER),
        ({"code": 53, "pluNumber": 701}, Check.SHARED_NUMBER),
    ],
)
def test_what_is_right_is_not_found(fields: dict[str, Json], check: Check) -> None:
    others = fresh_bun(code=52, pluNumber=700), fresh_bun(code=53, pluNumber=608, deleted=True)
    assert check not in found(fresh(**fields), *others)


def test_deleted_products_are_nobodys_business() -> None:
    assert checked(muffin(price=0, name="", deleted=True), fresh_bun()).products == []


def test_a_shared_number_says_how_many_more_there_are() -> None:
    products = [fresh(code=number, pluNumber=607) for number in range(60, 65)]
    shared = checked(*products)
    assert shared.counts[Check.SHARED_NUMBER] == 5
    assert {each.findings[0].facts["more"] for each in shared.products} == {3}
    assert "'code': 60" in str(shared.products[4].findings[0].facts["other"])
    assert "'code': 61" in str(shared.products[0].findings[0].facts["other"])


def test_excepted_products_may_have_other_dates_and_are_shown() -> None:
    cheese = RenewalException("code", 50, "Dated by the dairy")
    policy = RenewalPolicy(exceptions=(cheese,))
    old = fresh(manufactureDate="20-11-26", sellByDate="27-11-26", code=50)
    file = file_of(old, fresh_bun())
    result = report(file, TODAY, policy.renews, listed=policy.excepts)
    assert [(each.position, each.findings) for each in result.products] == [(0, [])]
    assert policy.exception_of(result.products[0].product) is cheese
    past = fresh(manufactureDate="20-10-26", sellByDate="27-10-26")
    assert set(found(past, policy=policy)) >= {Check.SELL_BY_PAST}
    assert Check.DATES_NOT_TODAY not in found(past, policy=policy)


def test_with_dated_those_without_dates_may_stay_so() -> None:
    bare = without(fresh(), "manufactureDate", "sellByDate")
    assert Check.DATES_NOT_TODAY in found(bare)
    assert Check.DATES_NOT_TODAY not in found(bare, policy=RenewalPolicy(dates="dated"))
    old = fresh(manufactureDate="20-11-26")
    assert Check.DATES_NOT_TODAY in found(old, policy=RenewalPolicy(dates="dated"))


def mostly(usual: Any, *odd: Any) -> st.SearchStrategy[Any]:
    return st.one_of(st.just(usual), st.sampled_from(odd))


PRODUCTS = st.builds(
    lambda fields, absent: without(muffin(**fields), *absent),
    st.fixed_dictionaries(
        {
            "code": st.sampled_from([50, 51, 52, "50", None]),
            "pluNumber": st.sampled_from([607, 608, 609, "607", 0, None]),
            "deleted": mostly(False, True, "true"),
            "manufactureDate": mostly(
                "23-11-26", "24-11-26", "20-11-26", "", None, [1], "31-02-26"
            ),
            "sellByDate": mostly("30-11-26", "20-11-26", "23-11-26", "", None),
            "shelfLife": mostly(7, 0, "7", None, 47, -1, 10_000, {}, 2.5),
            "shelfLifeInDays": mostly(7, 0, None),
            "shelfLifeType": mostly("DAYS", "HOURS", "MONTHS", "", None, ["DAYS"]),
            "price": mostly(76.0, 0, 0.0, "0.00", "12.5", None, [0]),
            "name": mostly("Маффин", "", " ", "a\x00", "a\nb", "\u00a0", None, 5),
        },
        optional={
            "discountPrice": st.sampled_from([14.9, 76.0, 80, "90.0", 0, None]),
            "message": st.sampled_from([1, "1", 2, 9, 0, "", [1]]),
            "category": st.sampled_from([1, "2", 3, None]),
            "labelTemplate": st.sampled_from([1, 2, 0]),
            "buttonNumber": st.sampled_from([607, "608", 609, 1, None]),
        },
    ),
    st.sets(
        st.sampled_from(["manufactureDate", "sellByDate", "shelfLife", "price", "name"]), max_size=1
    ),
)
FILES = st.lists(PRODUCTS, max_size=4).map(lambda products: file_of(*products, **SECTIONS))
POLICIES = st.sampled_from(
    [
        EVERYTHING,
        RenewalPolicy(dates="dated"),
        RenewalPolicy(exceptions=(RenewalException("code", 50), RenewalException("category", 1))),
    ]
)


@given(FILES, POLICIES)
def test_the_device_checks_say_of_each_day_what_the_report_says(
    file: ProductFile, policy: RenewalPolicy
) -> None:
    standing = device_checks(file, policy.renews)
    for days in range(-15, 15):
        today = TODAY + timedelta(days)
        counts = report(file, today, policy.renews).counts
        assert {each.check for each in standing if each.finds_on(today)} == {
            check for check, count in counts.items() if count
        }


@given(FILES)
def test_the_quick_questions_hide_nothing(file: ProductFile) -> None:
    around = Surroundings.of(file)
    for position, product in enumerate(file.products):
        for check, find in EVERY.items():
            if find(Place(product, position, around)) is not None:
                assert SUSPECTED[check](product), check


@given(FILES, POLICIES)
def test_after_a_renewal_no_date_is_another_days(file: ProductFile, policy: RenewalPolicy) -> None:
    after = renewed(file, TODAY, policy.renews)
    assert report(after, TODAY, policy.renews).counts[Check.DATES_NOT_TODAY] == 0
    before = report(file, TODAY, policy.renews).counts[Check.DATES_NOT_TODAY]
    changed = sum(now is not then for now, then in zip(after.products, file.products, strict=True))
    assert before == changed
