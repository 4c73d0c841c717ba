"""Files that were replaced, and coming back to them."""

import pytest

from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.former_files import UnknownFileError
from domain.errors import NothingReadError
from domain.products.product import Product
from tests.harness.installation import InMemory
from tests.harness.products import bun, muffin


@pytest.fixture
def shop() -> InMemory:
    shop = InMemory()
    shop.read()
    return shop


def put(shop: InMemory, *products: Product) -> None:
    shop.device.document = {"products": list(products)}


def numbers(shop: InMemory) -> list[int]:
    return [file.number for file in shop.cases.products.list_former_files(shop.anna, shop.id)]


def test_what_is_not_kept_is_unknown(shop: InMemory) -> None:
    boris = shop.cases.accounts.register("boris@example.org", "correct horse").id
    for user, error in ((shop.anna, UnknownFileError), (boris, UnknownDeviceError)):
        with pytest.raises(error):
            shop.cases.products.show_former_file(user, shop.id, 1)
        with pytest.raises(error):
            shop.cases.products.compare_files(user, shop.id, 1, None)
        with pytest.raises(error):
            shop.cases.products.restore_file(user, shop.id, 1)


def test_a_read_of_another_file_keeps_the_former_one(shop: InMemory) -> None:
    put(shop, muffin(price=5), bun())
    shop.read()
    [kept] = shop.cases.products.list_former_files(shop.anna, shop.id)
    assert (kept.number, kept.products) == (1, 2)
    former = shop.cases.products.show_former_file(shop.anna, shop.id, 1)
    assert former.products == [muffin(), bun()]


def test_an_upload_keeps_the_former_file(shop: InMemory) -> None:
    shop.edit(price=80)
    shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert numbers(shop) == [1]


def test_the_same_file_and_new_dates_count_for_nothing(shop: InMemory) -> None:
    shop.read()
    shop.renew()
    shop.read()
    assert numbers(shop) == []


def test_the_last_ten_are_kept(shop: InMemory) -> None:
    for price in range(1, 13):
        put(shop, muffin(price=price), bun())
        shop.read()
    assert numbers(shop) == list(range(12, 2, -1))


def test_files_are_compared(shop: InMemory) -> None:
    put(shop, muffin(price=5))
    shop.read()
    put(shop, muffin(price=6), bun())
    shop.read()
    now = shop.cases.products.compare_files(shop.anna, shop.id, 1, None)
    assert [(change.field, change.before, change.after) for change in now.changed] == [
        ("price", 76.0, 6)
    ]
    then = shop.cases.products.compare_files(shop.anna, shop.id, 1, 2)
    assert [product["code"] for product in then.removed] == [51]


def test_a_restored_file_waits_for_upload(shop: InMemory) -> None:
    put(shop, bun(price=5), muffin(code=90, pluNumber=90))
    shop.read()
    shop.cases.products.restore_file(shop.anna, shop.id, 1)
    shop.device.during = lambda stage: None
    shop.cases.products.upload.for_user(shop.anna, shop.id)
    live = {each["code"]: each["price"] for each in shop.held if not each["deleted"]}
    assert live == {50: 76.0, 51: 76.0}
    assert not shop.catalogue.edits


def test_nothing_can_be_restored_before_the_first_read() -> None:
    shop = InMemory()
    with shop.storage.transaction() as tx:
        from domain.products.product_file import ProductFile

        tx.former_files.keep(
            shop.id, ProductFile.empty(), read_at=shop.clock.now(), at=shop.clock.now(), most=10
        )
    with pytest.raises(NothingReadError):
        shop.cases.products.restore_file(shop.anna, shop.id, 1)
