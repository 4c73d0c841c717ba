"""A file that holds edits which nobody recorded: the first read of the device tells them apart."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.accounts.user import UserId
from domain.json_value import ABSENT
from domain.products.catalogue import Catalogue
from domain.products.label_dates import renewed
from domain.products.product import Product
from tests.harness.products import NOON, bun, catalogue_of, edited, file_of, muffin, shown

BORIS = UserId(2)
LATER = NOON + timedelta(hours=1)


def merged(*products: Product) -> Catalogue:
    """What another service kept: the device's file with edits inside."""
    return replace(catalogue_of(*products), merged_by=BORIS)


def read(catalogue: Catalogue, *products: Product) -> Catalogue:
    return catalogue.read(file_of(*products), at=LATER, moves=0)


def test_edits_wait_before_anything_is_read() -> None:
    assert merged(muffin()).waiting
    assert not catalogue_of(muffin()).waiting


def test_what_the_device_holds_otherwise_is_an_edit_from_then_on() -> None:
    after = read(merged(muffin(price=80), bun()), bun(), muffin())
    (edit,) = after.edits
    assert (edit.field, edit.before, edit.after) == ("price", 76.0, 80)
    assert (edit.by, edit.at, after.state(edit)) == (BORIS, LATER, "waiting")
    assert shown(after) == muffin(price=80)
    assert after.merged_by is None


def test_where_the_device_has_them_all_nothing_waits() -> None:
    after = read(merged(muffin(price=80)), muffin(price=80.0))
    assert after.edits == ()
    assert not after.waiting


def test_the_second_read_finds_no_edits() -> None:
    after = read(read(merged(muffin()), muffin()), muffin(price=90))
    assert after.edits == ()
    assert shown(after)["price"] == 90


def test_dates_are_the_devices() -> None:
    newer = muffin(manufactureDate="01-11-26", sellByDate="08-11-26")
    assert read(merged(muffin()), newer).edits == ()


def test_a_renewal_that_comes_first_tells_them_apart_too() -> None:
    fresh = renewed(file_of(muffin()), date(2026, 11, 23))
    before = merged(muffin(price=80))
    after = before.renewed(fresh, at=LATER, moves=0, seen=before.last_version)
    assert [(edit.field, edit.after) for edit in after.edits] == [("price", 80)]
    assert after.file == fresh


@pytest.mark.parametrize(
    ("held", "kept"), [(False, True), (True, False)], ids=["deleted", "brought back"]
)
def test_deleting_and_bringing_back_are_edits(held: bool, kept: bool) -> None:
    after = read(merged(muffin(deleted=kept)), muffin(deleted=held))
    assert [(edit.field, edit.after) for edit in after.edits] == [("deleted", kept)]
    assert after.waiting


def test_a_product_that_is_deleted_in_both_has_no_edits() -> None:
    after = read(merged(muffin(deleted=True, price=80)), muffin(deleted=True))
    assert after.edits == ()


def test_products_that_only_one_of_them_holds_are_no_edits() -> None:
    after = read(merged(muffin()), bun())
    assert after.edits == ()
    assert after.shown == file_of(bun())


def test_products_that_are_not_unique_are_no_edits() -> None:
    after = read(merged(muffin(price=80), muffin(pluNumber=609)), muffin())
    assert after.edits == ()


def test_a_field_that_the_device_does_not_have_is_an_edit() -> None:
    after = read(merged(muffin(note="fresh")), muffin())
    assert [(edit.field, edit.before, edit.after) for edit in after.edits] == [
        ("note", ABSENT, "fresh")
    ]


def test_an_edit_made_before_the_read_goes_before_what_was_merged() -> None:
    after = read(edited(merged(muffin(price=80, name="Кекс")), price=90), muffin())
    assert shown(after) == muffin(price=90, name="Кекс")
    assert sorted(edit.version for edit in after.edits) == [1, 2]


def test_setting_a_field_back_before_the_read_undoes_what_was_merged() -> None:
    after = read(edited(merged(muffin(price=80)), price=76), muffin())
    assert after.edits == ()


def test_firmware_that_writes_strings_by_now_differs_in_no_value() -> None:
    after = read(merged(muffin(price=80)), muffin(price="80.000000"))
    assert after.edits == ()
