"""Edits are discarded; former files come back as edits."""

from datetime import date

import pytest
from hypothesis import given

from domain.errors import UnknownEditError
from domain.json_value import Json
from domain.products import editing, restoring
from domain.products.catalogue import Catalogue
from domain.products.differences import differ_beyond_dates, difference
from domain.products.edit import EditVersion
from domain.products.overlay import overlay_of
from domain.products.product import Product, key_of
from domain.products.product_file import ProductFile
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
from tests.unit.domain.products.test_catalogue_properties import files, patched, patches

TODAY = date(2026, 11, 23)


def discarded(catalogue: Catalogue, *versions: int) -> Catalogue:
    return editing.discarded(catalogue, list(map(EditVersion, versions)), by=ANNA, at=NOON)


def restored(catalogue: Catalogue, *former: Product) -> Catalogue:
    return restoring.restored(catalogue, file_of(*former), by=ANNA, at=NOON, today=TODAY)


def accepted(catalogue: Catalogue) -> Catalogue:
    """After an upload that the device took whole."""
    overlay = overlay_of(catalogue.edits, catalogue.file)
    return catalogue.uploading(overlay.placed).accepted(overlay.file, overlay.placed, at=NOON)


class TestDiscarding:
    def test_what_is_not_there_cannot_be_discarded(self) -> None:
        catalogue = edited(catalogue_of(muffin()), price=80)
        with pytest.raises(UnknownEditError):
            discarded(catalogue, 1, 2)

    def test_the_file_is_shown_again(self) -> None:
        catalogue = edited(edited(catalogue_of(muffin(), bun()), price=80), 608, price=9)
        after = discarded(catalogue, 1)
        assert shown(after) == muffin()
        assert shown(after, 608) == bun(price=9)

    def test_what_the_device_may_have_taken_is_set_back(self) -> None:
        catalogue = edited(catalogue_of(muffin()), price=80)
        lost = catalogue.uploading(catalogue.overlay.placed)
        after = discarded(lost, 1)
        assert shown(after) == muffin()
        taken = after.read(file_of(muffin(price=80)), at=NOON, moves=0)
        assert shown(taken)["price"] == 76
        assert taken.waiting
        assert not after.read(file_of(muffin()), at=NOON, moves=0).edits

    def test_an_orphaned_edit_can_be_discarded(self) -> None:
        catalogue = edited(catalogue_of(muffin(), bun()), price=80)
        gone = catalogue.read(file_of(bun()), at=NOON, moves=0)
        assert discarded(gone, 1).edits == ()


class TestRestoring:
    def test_prices_come_back_and_dates_do_not(self) -> None:
        catalogue = catalogue_of(muffin(price=80, manufactureDate="01-11-26"), bun())
        after = restored(catalogue, muffin(), bun())
        assert shown(after) == muffin(manufactureDate="01-11-26")
        assert [edit.field for edit in after.edits] == ["price"]

    def test_waiting_edits_give_way(self) -> None:
        catalogue = edited(catalogue_of(muffin(), bun()), price=80, name="Кекс")
        assert restored(catalogue, muffin(), bun()).edits == ()

    def test_a_product_that_went_is_added_with_todays_dates(self) -> None:
        after = restored(catalogue_of(bun()), muffin(), bun())
        assert shown(after) == muffin(manufactureDate="23-11-26", sellByDate="30-11-26")
        assert [product["code"] for product in accepted(after).file.products] == [51, 50]
        assert accepted(after).edits == ()

    def test_an_added_product_can_be_edited(self) -> None:
        after = edited(restored(catalogue_of(bun()), muffin(), bun()), price=5, shelfLife=1)
        assert (shown(after)["price"], shown(after)["sellByDate"]) == (5, "24-11-26")
        assert edited(after, price=76, shelfLife=7).edits == after.edits[:1]
        assert shown(accepted(after))["price"] == 5

    def test_a_product_that_came_since_is_deleted(self) -> None:
        after = restored(catalogue_of(muffin(), bun(deleted="false")), muffin())
        assert shown(after, 608)["deleted"] == "true"

    def test_a_product_deleted_since_is_revived(self) -> None:
        after = restored(catalogue_of(muffin(deleted=True, price=5)), muffin())
        assert shown(after) == muffin(manufactureDate="23-11-26", sellByDate="30-11-26")

    @pytest.mark.parametrize(("gone", "back"), [(True, False), ("true", "false")])
    def test_one_that_never_said_whether_it_is_deleted_is_revived_too(
        self, gone: Json, back: Json
    ) -> None:
        after = restored(catalogue_of(muffin(deleted=gone)), without(muffin(), "deleted"))
        assert shown(after)["deleted"] == back
        assert accepted(after).edits == ()
        assert difference(after.shown, file_of(muffin())).added == []

    def test_an_added_product_that_is_there_again_keeps_its_dates(self) -> None:
        after = restored(catalogue_of(bun()), muffin(), bun())
        again = after.read(file_of(muffin(price=5), bun()), at=NOON, moves=0)
        assert shown(again) == muffin()
        assert after.read(file_of(muffin(), bun()), at=NOON, moves=0).edits == ()

    @given(files, patches, files)
    def test_what_was_restored_is_shown(
        self, file: ProductFile, edits: list[tuple[int, dict[str, object]]], former: ProductFile
    ) -> None:
        after = restoring.restored(patched(file, edits), former, by=ANNA, at=NOON, today=TODAY)  # type: ignore[arg-type]  # JSON
        left = difference(after.shown, former)
        present = {key_of(product) for product in after.shown.products}
        assert all(
            key_of(product) not in present
            or [key_of(each) for each in file.products].count(key_of(product)) > 1
            for product in left.added
        )
        assert len({edit.version for edit in after.edits}) == len(after.edits)


def test_files_differ_by_more_than_dates() -> None:
    one = file_of(muffin(), bun())
    assert not differ_beyond_dates(one, file_of(muffin(sellByDate=""), bun()))
    assert not differ_beyond_dates(one, file_of(without(muffin(), "sellByDate"), bun()))
    assert not differ_beyond_dates(one, file_of(muffin(shelfLife=7.0), bun()))
    assert differ_beyond_dates(one, file_of(muffin(price=1), bun()))
    assert differ_beyond_dates(one, file_of(muffin(odd=None), bun()))
    assert differ_beyond_dates(file_of(muffin(odd=True)), file_of(muffin(odd=1)))
    assert differ_beyond_dates(file_of(muffin(odd=[{"a": 1}])), file_of(muffin(odd=[{"a": True}])))
    assert differ_beyond_dates(one, file_of(bun(), muffin()))
    assert differ_beyond_dates(one, file_of(muffin()))
    assert differ_beyond_dates(one, file_of(muffin(), bun(), messages=[]))


def test_a_difference_names_what_came_went_and_changed() -> None:
    found = difference(file_of(muffin(), bun()), file_of(bun(price=5), bun(code=52, pluNumber=9)))
    assert [product["code"] for product in found.added] == [52]
    assert [product["code"] for product in found.removed] == [50]
    assert [(change.field, change.after) for change in found.changed] == [("price", 5)]
