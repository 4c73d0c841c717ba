"""The file that is kept equals what the device holds, whatever it refuses."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from application.ports.scales import ProductsRefusedError, ScalesTimedOutError
from domain.errors import DomainError
from domain.products.product import Product
from domain.products.refused import ProductsAtFaultError
from domain.runs.batch import UploadOf
from domain.runs.run import Outcome
from tests.harness.installation import InMemory
from tests.harness.products import muffin, without

BAD = 13
"""The price for which the device refuses a product."""


def stocked(*products: Product, clear: bool = False) -> InMemory:
    shop = InMemory(clear_database=clear)
    shop.device.document = {"products": list(products)}
    shop.read()
    return shop


def refuse(shop: InMemory, *names: str) -> None:
    """The device takes no products of these names, and none of a bad price."""

    def reason(document: dict[str, Any]) -> str:
        bad = (
            each for each in document["products"] if each["name"] in names or each["price"] == BAD
        )
        return next((f"Товар {each['name']}: ошибка" for each in bad), "")

    shop.device.refuses = reason


def upload(shop: InMemory, what: UploadOf = UploadOf.ALL) -> None:
    shop.cases.products.upload.for_user(shop.anna, shop.id, what)


def some(code: int, **fields: Any) -> Product:
    return muffin(**{"code": code, "pluNumber": code, **fields})


@pytest.mark.parametrize("what", UploadOf)
def test_a_refused_undelete_stays_deleted(what: UploadOf) -> None:
    shop = stocked(some(1, deleted=True), some(2), some(3))
    shop.edit(1, deleted=False, price=BAD)
    shop.edit(2, price=5)
    refuse(shop)
    with pytest.raises(ProductsAtFaultError):
        upload(shop, what)
    assert shop.held == [some(1, deleted=True), some(2, price=5), some(3)]
    assert shop.catalogue.file.products == shop.held
    assert {edit.product.number for edit in shop.catalogue.edits} == {1}


@pytest.mark.parametrize("what", UploadOf)
def test_a_single_refused_product_is_kept_as_it_was(what: UploadOf) -> None:
    shop = stocked(some(1))
    shop.edit(1, price=BAD)
    refuse(shop)
    with pytest.raises(ProductsAtFaultError):
        upload(shop, what)
    assert shop.catalogue.file.products == shop.held == [some(1)]
    assert not shop.unverified


def test_two_products_of_one_code_stay_both_when_one_is_refused() -> None:
    twice = [some(1, name="раз"), some(1, pluNumber=9, name="два")]
    shop = stocked(*twice, some(2), some(3))
    refuse(shop, "два")
    shop.renew()
    assert shop.run.outcome is Outcome.FAILED
    assert shop.held[:2] == twice
    assert all(each["manufactureDate"] != muffin()["manufactureDate"] for each in shop.held[2:])
    assert shop.catalogue.file.products == shop.held


def test_an_edit_of_one_of_two_products_of_one_code_leaves_the_other() -> None:
    shop = stocked(some(1, deleted=True, name="раз"), some(1, pluNumber=9, name="два"), some(2))
    shop.edit(9, price=5)
    upload(shop, UploadOf.EDITS)
    assert [each["price"] for each in shop.held] == [76, 5, 76]
    assert shop.catalogue.file.products == shop.held


def test_a_refused_addition_is_not_kept() -> None:
    shop = stocked(some(1), some(2, name="старый"), some(3))
    shop.device.document = {"products": [some(1), some(3)]}
    shop.read()
    shop.cases.products.restore_file(shop.anna, shop.id, 1)
    refuse(shop, "старый")
    with pytest.raises(ProductsAtFaultError):
        upload(shop)
    assert shop.catalogue.file.products == shop.held == [some(1), some(3)]
    assert [edit.product.number for edit in shop.catalogue.edits] == [2]


def test_what_another_device_held_besides_is_kept_too() -> None:
    """A file from the cache is laid over what the device holds, unless that is cleared."""
    shop = stocked(some(1), some(2))
    shop.device.document = {"products": [some(7)], "messages": [{"id": 1, "value": "Мука"}]}
    upload(shop, UploadOf.CACHE)
    assert shop.catalogue.file.products == shop.held == [some(7), some(1), some(2)]
    assert shop.catalogue.file.document == shop.device.document


def test_nothing_more_is_read_where_the_device_took_all() -> None:
    shop = stocked(some(1))
    shop.edit(1, price=5)
    upload(shop)
    assert shop.device.counts["reads"] == 2


def test_a_line_lost_before_the_device_told_what_it_holds_is_unknown() -> None:
    shop = stocked(some(1), some(2), some(3))
    shop.edit(1, price=5)
    shop.edit(2, price=BAD)
    refuse(shop)

    def lose() -> None:
        if shop.device.counts["accepted"]:
            shop.device.document = None
            shop.device.takes = 100

    shop.when("reading", lose)
    with pytest.raises(ScalesTimedOutError):
        upload(shop)
    assert shop.run.outcome is Outcome.UNKNOWN
    assert shop.unverified


codes = st.integers(1, 4)
products = st.builds(
    lambda code, plu, **fields: without(
        muffin(code=code, pluNumber=plu or code, **fields), *(() if plu else ("pluNumber",))
    ),
    codes,
    st.none() | st.integers(1, 6),
    name=st.sampled_from(["раз", "два", "три"]),
    deleted=st.booleans(),
    price=st.integers(1, 3),
)
changes = st.fixed_dictionaries(
    {},
    optional={
        "price": st.sampled_from([1, 2, BAD]),
        "name": st.sampled_from(["раз", "два", "три"]),
        "deleted": st.booleans(),
        "pluNumber": st.integers(1, 6),
    },
)
what_happens = st.sampled_from([*UploadOf, "renew", "restore", "wipe"])


@settings(deadline=None, max_examples=60)
@given(
    st.lists(products, min_size=1, max_size=6),
    st.lists(
        st.tuples(
            st.lists(st.tuples(st.integers(1, 6), changes), max_size=3),
            st.sets(st.sampled_from(["раз", "два", "три"]), max_size=2),
            what_happens,
        ),
        max_size=4,
    ),
    st.booleans(),
)
def test_whatever_is_refused_the_file_is_what_the_device_holds(
    stock: list[Product],
    days: list[tuple[list[tuple[int, dict[str, Any]]], set[str], Any]],
    clear: bool,
) -> None:
    shop = stocked(*stock, clear=clear)
    for edits, names, what in days:
        for plu, fields in edits:
            try:
                shop.edit(plu, **fields)
            except DomainError:
                continue
        refuse(shop, *names)
        shop.clock.sleep(90_000)
        try:
            match what:
                case "renew":
                    shop.renew()
                case "restore":
                    shop.cases.products.restore_file(shop.anna, shop.id, 1)
                    upload(shop)
                case "wipe":
                    shop.device.document = {"products": shop.held[:1]}
                    upload(shop, UploadOf.CACHE)
                case _:
                    upload(shop, what)
        except (DomainError, ProductsRefusedError):
            if what == "wipe":  # which no conversation has seen if nothing was taken
                shop.read()
        assert shop.catalogue.file.document == shop.device.document
        assert not shop.unverified
