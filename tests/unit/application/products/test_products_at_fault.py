"""The device refuses some of the products."""

import pytest

from adapters.mertech.emulator import Fault
from application.ports.scales import (
    ProductsRefusedError,
    ScalesTimedOutError,
    ScalesUnreachableError,
)
from application.products.uploading import REFUSED_TOGETHER
from domain.products.product import Product
from domain.products.refused import ProductsAtFaultError
from domain.runs.batch import UploadOf
from domain.runs.run import Outcome
from tests.harness.failures import in_english, raises
from tests.harness.installation import MOSCOW, InMemory
from tests.harness.products import muffin

COUNT = 16


def stocked(*, find_faults: bool = True) -> InMemory:
    shop = InMemory(find_faults=find_faults)
    shop.device.document = {
        "products": [muffin(code=code, pluNumber=code) for code in range(1, COUNT + 1)]
    }
    shop.read()
    return shop


@pytest.fixture
def shop() -> InMemory:
    return stocked()


def refuse(shop: InMemory, *codes: int, unless: Product | None = None) -> None:
    """The device will not have these products unless they are as they were."""

    def reason(document: dict[str, object]) -> str:
        for product in document["products"]:  # type: ignore[attr-defined]  # a list
            if product["code"] in codes and product != muffin(
                code=product["code"], pluNumber=product["code"]
            ):
                return f"Товар {product['code']}: неверная цена"
        return ""

    shop.device.refuses = reason


def upload(shop: InMemory, what: UploadOf = UploadOf.ALL) -> None:
    shop.cases.products.upload.for_user(shop.anna, shop.id, what)


def test_each_is_named_and_the_rest_is_on_the_device(shop: InMemory) -> None:
    for code in (3, 4, 9):
        shop.edit(code, price=1)
    refuse(shop, 3, 9)
    with pytest.raises(ProductsAtFaultError) as error:
        upload(shop)
    assert [
        (culprit.product["code"], culprit.product["pluNumber"], culprit.reason)
        for culprit in error.value.culprits
    ] == [(3, 3, "Товар 3: неверная цена"), (9, 9, "Товар 9: неверная цена")]
    assert {
        product["code"]: product["price"] for product in shop.held if product["price"] == 1
    } == {4: 1}
    assert [edit.product.number for edit in shop.catalogue.edits] == [3, 9]
    assert shop.catalogue.shown.products[2]["price"] == 1
    assert shop.catalogue.file.products[2]["price"] == 76
    assert shop.run.outcome is Outcome.FAILED
    assert shop.run.ending is not None
    assert "Товар 3" in in_english(shop.run.ending.cause)
    assert not shop.unverified


def test_one_among_many_costs_few_uploads(shop: InMemory) -> None:
    shop.edit(7, price=1)
    refuse(shop, 7)
    with pytest.raises(ProductsAtFaultError):
        upload(shop)
    assert shop.device.counts["accepted"] + shop.device.counts["refused"] <= 1 + 2 * 4


def test_without_the_fix_mode_it_is_just_a_refusal() -> None:
    shop = stocked(find_faults=False)
    shop.edit(3, price=1)
    refuse(shop, 3)
    before = shop.catalogue
    with raises(ProductsRefusedError, match="Товар 3"):
        upload(shop)
    assert (shop.device.counts["refused"], shop.catalogue) == (1, before)


def test_a_device_that_refuses_everything_is_nobodys_fault(shop: InMemory) -> None:
    shop.edit(3, price=1)
    before = shop.catalogue
    shop.device.fault = Fault.REFUSE_UPLOADS
    with pytest.raises(ProductsRefusedError):
        upload(shop)
    assert shop.catalogue == before
    assert shop.run.outcome is Outcome.REFUSED


def test_products_refused_only_together_are_taken_in_parts(shop: InMemory) -> None:
    shop.edit(3, price=1)
    shop.device.refuses = lambda document: (
        "слишком много" if len(document["products"]) == COUNT else ""
    )
    uploaded = shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert REFUSED_TOGETHER in uploaded.warnings
    assert shop.held[2]["price"] == 1
    assert not shop.catalogue.waiting


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_line_lost_during_the_search_leaves_what_is_certain(shop: InMemory, after: int) -> None:
    """Once a part was taken the device is unverified, and the next read tells."""
    for code in (3, 12):
        shop.edit(code, price=1)
    refuse(shop, 12)
    shop.when(
        "sending",
        lambda: setattr(
            shop.device,
            "fault",
            Fault.RESET_IN_UPLOAD if shop.device.counts["refused"] > after else None,
        ),
    )
    with pytest.raises((ScalesUnreachableError, ScalesTimedOutError, ProductsRefusedError)):
        upload(shop)
    taken = shop.held[2]["price"] == 1
    assert shop.unverified is taken
    assert {edit.product.number for edit in shop.catalogue.edits} == {3, 12}
    shop.device.fault = None
    shop.when("never", lambda: None)
    shop.read()
    assert {edit.product.number for edit in shop.catalogue.edits} == ({12} if taken else {3, 12})


def test_nothing_is_ever_cleared_by_the_search() -> None:
    shop = InMemory(clear_database=True)
    shop.device.document = {"products": [muffin(code=code, pluNumber=code) for code in range(1, 9)]}
    shop.read()
    shop.edit(3, price=1)
    refuse(shop, 3)
    with pytest.raises(ProductsAtFaultError):
        upload(shop)
    assert len(shop.held) == 8


def test_a_renewal_names_the_one_and_the_others_are_right(shop: InMemory) -> None:
    refuse(shop, 5)
    shop.renew()
    today = f"{shop.clock.now().astimezone(MOSCOW):%d-%m-%y}"
    wrong = [product["code"] for product in shop.held if product["manufactureDate"] != today]
    assert wrong == [5]
    assert shop.catalogue.file.products == shop.held
    assert (shop.run.outcome, shop.schedule.last_status) == (Outcome.FAILED, "ERROR")
    assert "code 5, PLU 5" in in_english(shop.schedule.last_error)


def test_only_edited_products_are_sent_when_so_asked(shop: InMemory) -> None:
    sent: list[int] = []

    def note(document: dict[str, list[dict[str, int]]]) -> str:
        sent.extend(product["code"] for product in document["products"])
        return ""

    shop.device.refuses = note
    shop.edit(3, price=1)
    shop.edit(9, name="Кекс")
    upload(shop, UploadOf.EDITS)
    assert sent == [3, 9]
    assert (shop.held[2]["price"], shop.held[8]["name"]) == (1, "Кекс")
    assert len(shop.held) == COUNT
    assert shop.catalogue.file.products == shop.held
    assert not shop.catalogue.waiting


def test_no_edits_are_nothing_to_send(shop: InMemory) -> None:
    upload(shop, UploadOf.EDITS)
    assert shop.device.counts["accepted"] == 0
    assert shop.run.outcome is Outcome.NOTHING_TO_DO
    assert not shop.unverified
