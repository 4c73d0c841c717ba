"""Which products are renewed."""

from datetime import date

import pytest

from domain.errors import InvalidFieldsError
from domain.json_value import Json
from domain.products import restoring
from domain.products.label_dates import renewed
from domain.products.product import Product
from domain.renewal.policy import (
    EVERYTHING,
    MOST_EXCEPTIONS,
    Dates,
    ExceptionKind,
    RenewalException,
    RenewalPolicy,
    require_few_and_distinct,
)
from tests.harness.products import (
    ANNA,
    NOON,
    bun,
    catalogue_of,
    edited,
    file_of,
    muffin,
    shown,
    without,
)

TODAY = date(2026, 11, 23)


def policy(*exceptions: tuple[ExceptionKind, int], dates: Dates = "all") -> RenewalPolicy:
    return RenewalPolicy(
        dates=dates, exceptions=tuple(RenewalException(*each) for each in exceptions)
    )


def made(policy: RenewalPolicy, *products: Product) -> list[Json]:
    return [
        each.get("manufactureDate")
        for each in renewed(file_of(*products), TODAY, policy.renews).products
    ]


@pytest.mark.parametrize(
    ("kind", "number", "fields"),
    [
        ("code", 50, {}),
        ("code", 50, {"code": "50.000000"}),
        ("plu", 607, {}),
        ("plu", 607, {"pluNumber": "607"}),
        ("category", 3, {"category": 3}),
        ("category", 3, {"category": "3"}),
        ("category", 3, {"category": 3.0}),
    ],
)
def test_an_excepted_product_keeps_both_its_dates(
    kind: ExceptionKind, number: int, fields: dict[str, Json]
) -> None:
    file = renewed(file_of(muffin(**fields), bun()), TODAY, policy((kind, number)).renews)
    assert file.products[0] == muffin(**fields)
    assert file.products[1]["manufactureDate"] == "23-11-26"


@pytest.mark.parametrize(
    ("kind", "number"), [("code", 607), ("plu", 50), ("category", 50), ("code", 51)]
)
def test_an_exception_is_of_its_own_kind_alone(kind: ExceptionKind, number: int) -> None:
    assert made(policy((kind, number)), without(muffin(), "category")) == ["23-11-26"]


@pytest.mark.parametrize(
    ("fields", "now"),
    [
        ({}, "23-11-26"),
        ({"manufactureDate": ""}, "23-11-26"),
        ({"sellByDate": None}, "23-11-26"),
        ({"manufactureDate": "", "sellByDate": ""}, ""),
        ({"manufactureDate": None, "sellByDate": None}, None),
        ({"manufactureDate": "00-00-00", "sellByDate": " "}, "00-00-00"),
    ],
)
def test_with_dated_only_products_that_hold_a_date_are_renewed(
    fields: dict[str, Json], now: Json
) -> None:
    assert made(policy(dates="dated"), muffin(**fields)) == [now]
    assert made(EVERYTHING, muffin(**fields)) == ["23-11-26"]


def test_with_dated_a_product_without_the_fields_gets_none() -> None:
    bare = without(muffin(), "manufactureDate", "sellByDate")
    assert renewed(file_of(bare), TODAY, policy(dates="dated").renews).products == [bare]


def test_a_file_of_exceptions_alone_stays_the_same_object() -> None:
    file = file_of(muffin(), bun())
    assert renewed(file, TODAY, policy(("code", 50), ("plu", 608)).renews) is file


def test_the_first_exception_that_names_a_product_is_its_own() -> None:
    several = RenewalPolicy(
        exceptions=(RenewalException("code", 50, "the first"), RenewalException("code", 50, "x"))
    )
    assert several.exception_of(muffin()) == RenewalException("code", 50, "the first")
    assert several.exception_of(bun()) is None


def test_a_date_edit_of_an_excepted_product_is_not_overtaken() -> None:
    keeps = policy(("plu", 607))
    before = edited(catalogue_of(muffin(), bun()), sellByDate="01-12-26")
    before = edited(before, 608, sellByDate="01-12-26")
    after = before.renewed(
        renewed(before.file, TODAY, keeps.renews),
        at=NOON,
        moves=0,
        seen=before.last_version,
        renews=keeps.renews,
    )
    assert [after.state(edit) for edit in after.edits] == ["waiting", "superseded"]
    assert shown(after)["sellByDate"] == "01-12-26"
    assert shown(after, 608)["sellByDate"] == "30-11-26"


def test_what_is_restored_keeps_the_dates_of_the_former_file_where_it_is_excepted() -> None:
    former = file_of(muffin(), bun())
    restored = restoring.restored(
        catalogue_of(), former, by=ANNA, at=NOON, today=TODAY, renews=policy(("code", 50)).renews
    )
    assert [each["manufactureDate"] for each in restored.shown.products] == ["23-07-25", "23-11-26"]


def test_a_list_names_each_once() -> None:
    require_few_and_distinct([RenewalException("code", 1), RenewalException("plu", 1)])
    with pytest.raises(
        InvalidFieldsError, match=r"code_named_twice\(first=1, second=3, number=1\)"
    ):
        require_few_and_distinct(
            [RenewalException(*each) for each in (("code", 1), ("plu", 1), ("code", 1))]
        )


def test_a_list_has_an_end() -> None:
    every = [RenewalException("code", number) for number in range(MOST_EXCEPTIONS + 1)]
    require_few_and_distinct(every[1:])
    with pytest.raises(InvalidFieldsError, match=r"too_many_items\(most=5000, number=5001\)"):
        require_few_and_distinct(every)
