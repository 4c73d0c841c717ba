"""Edits that another service merged into its file and never sent: none is lost, none is sent
unasked."""

import pytest

from domain.errors import AddressChangedError
from domain.products.catalogue import Catalogue
from domain.products.product_file import ProductFile
from tests.harness.installation import InMemory
from tests.harness.products import bun, muffin


@pytest.fixture
def shop() -> InMemory:
    """One that took over a file in which the muffin's price was edited, and not its name: that
    was changed at the device since."""
    shop = InMemory()
    shop.device.document = {"products": [muffin(name="Кекс"), bun()]}
    with shop.storage.transaction() as tx:
        tx.catalogues.save(
            Catalogue(
                device_id=shop.id,
                file=ProductFile.of({"products": [muffin(price=80), bun()]}),
                read_at=shop.clock.now(),
                moves=-1,
                merged_by=shop.anna,
            )
        )
    return shop


def edits(shop: InMemory) -> list[tuple[str | None, object, object]]:
    return [
        (edit.field, edit.before, edit.after)
        for edit in shop.catalogue.edits
        if shop.catalogue.state(edit) == "waiting"
    ]


def dirty(shop: InMemory) -> bool:
    return shop.cases.devices.show(shop.anna, shop.id).cached_dirty


def test_nothing_is_sent_before_the_device_was_read(shop: InMemory) -> None:
    assert dirty(shop)
    with pytest.raises(AddressChangedError):
        shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert shop.held == [muffin(name="Кекс"), bun()]


def test_the_first_read_shows_what_differs_for_the_user_to_judge(shop: InMemory) -> None:
    assert shop.read() == [muffin(price=80), bun()]
    assert edits(shop) == [("name", "Кекс", "Маффин"), ("price", 76.0, 80)]
    assert dirty(shop)
    assert shop.held == [muffin(name="Кекс"), bun()]


def test_what_was_changed_at_the_device_can_be_discarded_and_the_rest_sent(shop: InMemory) -> None:
    shop.read()
    (name,) = [edit.version for edit in shop.catalogue.edits if edit.field == "name"]
    shop.cases.products.discard_edits(shop.anna, shop.id, name)
    shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert shop.held == [muffin(name="Кекс", price=80), bun()]
    assert not dirty(shop)


def test_the_file_with_the_edits_is_kept_too(shop: InMemory) -> None:
    shop.read()
    kept = shop.cases.products.show_former_file(shop.anna, shop.id, 1)
    assert kept.products == [muffin(price=80), bun()]


def test_a_renewal_sends_dates_alone_and_leaves_the_edits_waiting(shop: InMemory) -> None:
    shop.renew()
    assert [(product["name"], product["price"]) for product in shop.held] == [
        ("Кекс", 76.0),
        ("Булочка", 76.0),
    ]
    assert edits(shop) == [("name", "Кекс", "Маффин"), ("price", 76.0, 80)]
    assert dirty(shop)


def test_an_edit_made_before_the_read_stays(shop: InMemory) -> None:
    shop.edit(price=90)
    shop.read()
    assert ("price", 80, 90) in edits(shop)
