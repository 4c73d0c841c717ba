"""Reads, uploads and renewals replace the file; edits are never lost and never sent unasked."""

from datetime import date

import pytest

from domain.accounts.user import UserId
from domain.devices.device import Address, Device
from domain.errors import AddressChangedError, DeviceReplacedError
from domain.products.catalogue import Catalogue
from domain.products.differences import changes
from domain.products.edit import EditVersion
from domain.products.label_dates import renewed
from domain.products.overlay import overlay_of
from domain.products.product import Product
from tests.harness.failures import raises
from tests.harness.products import (
    DEVICE,
    NOON,
    bun,
    catalogue_of,
    edited,
    file_of,
    muffin,
    shown,
    without,
)


@pytest.fixture
def catalogue() -> Catalogue:
    return edited(catalogue_of(muffin(), bun()), price=80)


def read(catalogue: Catalogue, *products: Product) -> Catalogue:
    return catalogue.read(file_of(*products), at=NOON, moves=0)


def states(catalogue: Catalogue) -> list[str]:
    return [catalogue.state(edit) for edit in catalogue.edits]


class TestRead:
    def test_leaves_the_edits_on_top(self, catalogue: Catalogue) -> None:
        after = read(catalogue, bun(), muffin(price=70, name="Кекс"))
        assert shown(after) == muffin(price=80, name="Кекс")

    def test_keeps_the_edits_of_a_product_that_is_gone(self, catalogue: Catalogue) -> None:
        for gone in (read(catalogue, bun()), read(catalogue, bun(), muffin(deleted=True))):
            assert states(gone) == ["orphaned"]
            assert not gone.waiting
            assert shown(read(gone, muffin()))["price"] == 80

    def test_keeps_the_edits_of_a_product_that_is_not_unique_any_more(
        self, catalogue: Catalogue
    ) -> None:
        after = read(catalogue, muffin(), muffin(pluNumber=609))
        assert states(after) == ["orphaned"]
        assert [product["price"] for product in after.shown.products] == [76.0, 76.0]

    def test_what_the_device_holds_already_is_no_edit(self, catalogue: Catalogue) -> None:
        assert read(catalogue, muffin(price=80.0)).edits == ()

    def test_writes_an_edit_as_the_other_firmware_does(self, catalogue: Catalogue) -> None:
        strings = read(catalogue, muffin(price="76.000000"))
        assert shown(strings)["price"] == "80.000000"
        assert shown(read(strings, muffin()))["price"] == 80
        assert read(catalogue, muffin(price="80.000")).edits == ()


class TestUpload:
    def test_lays_the_edits_over_what_the_device_holds(self, catalogue: Catalogue) -> None:
        overlay = overlay_of(catalogue.edits, file_of(muffin(name="Кекс"), bun(price=5)))
        assert overlay.file.products == [muffin(name="Кекс", price=80), bun(price=5)]
        assert overlay.placed == {1}

    def test_clears_exactly_what_it_sent(self, catalogue: Catalogue) -> None:
        sent = catalogue.overlay
        under_way = catalogue.uploading(sent.placed)
        meanwhile = edited(edited(under_way, 608, price=9), price=81)
        after = meanwhile.accepted(sent.file, sent.placed, at=NOON)
        assert [(edit.product.number, edit.after) for edit in after.edits] == [(51, 9), (50, 81)]
        assert not after.unverified

    def test_a_field_set_back_meanwhile_stays_an_edit(self, catalogue: Catalogue) -> None:
        sent = catalogue.overlay
        meanwhile = edited(catalogue.uploading(sent.placed), price=76)
        after = meanwhile.accepted(sent.file, sent.placed, at=NOON)
        assert shown(after)["price"] == 76
        assert after.file.products[0]["price"] == 80
        assert states(after) == ["waiting"]

    def test_a_field_set_back_twice_meanwhile_stays_an_edit(self, catalogue: Catalogue) -> None:
        sent = catalogue.overlay
        meanwhile = edited(edited(catalogue.uploading(sent.placed), price=90), price=76)
        assert shown(meanwhile.accepted(sent.file, sent.placed, at=NOON))["price"] == 76

    def test_refused_changes_nothing(self, catalogue: Catalogue) -> None:
        assert catalogue.uploading(catalogue.overlay.placed).refused(catalogue) == catalogue

    def test_refused_forgets_a_field_set_back_meanwhile(self, catalogue: Catalogue) -> None:
        meanwhile = edited(catalogue.uploading(catalogue.overlay.placed), price=76)
        assert meanwhile.refused(catalogue).edits == ()

    def test_refused_keeps_what_an_earlier_lost_upload_may_have_done(
        self, catalogue: Catalogue
    ) -> None:
        lost = edited(catalogue.uploading(catalogue.overlay.placed), price=76)
        refused = lost.uploading(lost.overlay.placed).refused(lost)
        assert refused.unverified
        assert shown(read(refused, muffin(price=80)))["price"] == 76

    def test_an_unknown_outcome_is_settled_by_the_next_read(self, catalogue: Catalogue) -> None:
        lost = catalogue.uploading(catalogue.overlay.placed)
        assert lost.unverified
        taken, not_taken = read(lost, muffin(price=80)), read(lost, muffin())
        assert (taken.edits, taken.unverified) == ((), False)
        assert (states(not_taken), not_taken.unverified) == (["waiting"], False)

    def test_names_the_fields_that_changed_on_the_device(self) -> None:
        before = file_of(muffin(), bun())
        found = changes(before, file_of(bun(price=5), without(muffin(extra=1), "tare")))
        assert [(change.product["code"], change.field) for change in found] == [
            (51, "price"),
            (50, "tare"),
            (50, "extra"),
        ]

    def test_a_replaced_device_is_noticed(self) -> None:
        known = catalogue_of(*(muffin(code=code, pluNumber=code) for code in range(1, 5)))
        half = file_of(*(muffin(code=code, pluNumber=code) for code in (1, 2)))
        known.require_same_device(half)
        with raises(DeviceReplacedError, match="3 of the 4"):
            known.require_same_device(file_of(muffin(code=1), muffin(code=2, deleted=True)))

    def test_a_moved_device_must_be_read_first(self, catalogue: Catalogue) -> None:
        device = Device(
            id=DEVICE,
            owner_id=UserId(1),
            name="Касса",
            description="",
            address=Address("10.0.0.7", 1111),
            protocol="TCP",
            encrypted_password="-",  # noqa: S106  # no password at all
        )
        catalogue.require_same_address(device.changed(name="Отдел"))
        moved = device.changed(address=Address("10.0.0.8", 1111))
        with pytest.raises(AddressChangedError):
            catalogue.require_same_address(moved.changed(address=device.address))
        read_there = catalogue.read(catalogue.file, at=NOON, moves=moved.moves)
        read_there.require_same_address(moved)


class TestRenewal:
    def test_overtakes_older_date_edits_only(self) -> None:
        before = edited(catalogue_of(muffin(), bun()), sellByDate="01-08-25", price=80)
        later = edited(before, 608, sellByDate="02-08-25")
        today = renewed(before.file, date(2026, 11, 23))
        after = later.renewed(today, at=NOON, moves=0, seen=before.last_version)
        assert dict(zip((edit.field for edit in after.edits), states(after), strict=False)) == {
            "price": "waiting",
            "sellByDate": "waiting",
        }
        assert [after.state(edit) for edit in after.edits if edit.product.number == 50] == [
            "waiting",
            "superseded",
        ]
        assert shown(after)["sellByDate"] == "30-11-26"
        assert shown(after, 608)["sellByDate"] == "02-08-25"

    def test_a_waiting_shelf_life_is_shown_with_its_date_and_not_sent(self) -> None:
        before = edited(catalogue_of(muffin()), shelfLife=10)
        today = renewed(before.file, date(2026, 11, 23))
        assert today.products[0]["sellByDate"] == "30-11-26"
        after = before.renewed(today, at=NOON, moves=0, seen=before.last_version)
        assert shown(after)["sellByDate"] == "03-12-26"

    def test_versions_are_never_used_twice(self, catalogue: Catalogue) -> None:
        gone = edited(catalogue, price=76)
        again = edited(gone, price=80)
        assert [edit.version for edit in again.edits] == [EditVersion(2)]
