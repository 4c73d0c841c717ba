"""Edits are sent to the device."""

from dataclasses import replace

import pytest

from adapters.mertech.emulator import Fault
from application.conversations.errors import LeaseLostError
from application.devices.registration import DeviceChanges
from application.ports.scales import (
    ScalesRefusedError,
    ScalesTimedOutError,
    ScalesUnreachableError,
)
from domain.errors import (
    AddressChangedError,
    Cause,
    ClashingEditsError,
    DeviceReplacedError,
    NothingReadError,
)
from domain.products.edit import EditVersion
from domain.runs.batch import UploadOf
from domain.runs.run import Outcome
from tests.harness.failures import raises
from tests.harness.installation import HERE, THERE, InMemory
from tests.harness.products import bun, muffin


@pytest.fixture
def shop() -> InMemory:
    shop = InMemory()
    shop.read()
    shop.edit(price=80)
    return shop


def outcome(shop: InMemory) -> Outcome | None:
    return shop.run.ending.outcome if shop.run.ending else None


def test_nothing_is_uploaded_before_the_first_read() -> None:
    shop = InMemory()
    with pytest.raises(NothingReadError):
        shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert shop.device.counts["connections"] == 0


def test_the_device_gets_the_edits_and_they_wait_no_more(shop: InMemory) -> None:
    uploaded = shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert shop.held == [muffin(price=80), bun()]
    assert (uploaded.products, uploaded.edits) == (2, 1)
    assert not shop.catalogue.waiting
    assert not shop.unverified
    assert outcome(shop) is Outcome.OK


def test_a_price_changed_at_the_device_is_not_undone(shop: InMemory) -> None:
    shop.device.document = {"products": [muffin(), bun(price=5)]}
    uploaded = shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert shop.held == [muffin(price=80), bun(price=5)]
    [change] = uploaded.changed_on_device
    assert (change.product["code"], change.field, change.after) == (51, "price", 5)


@pytest.mark.parametrize("what", UploadOf)
def test_an_edit_whose_plu_another_product_has_got_at_the_device_is_named_with_the_way_out(
    shop: InMemory, what: UploadOf
) -> None:
    shop.edit(pluNumber=700)
    taken = {"products": [muffin(), bun(pluNumber=700)]}
    shop.device.document = taken
    if what is UploadOf.CACHE:
        shop.read()
    with pytest.raises(ClashingEditsError) as clash:
        shop.cases.products.upload.for_user(shop.anna, shop.id, what)
    assert clash.value.facts == {
        "edits": [2],
        "products": [
            {"code": 50, "plu": 700, "name": "Маффин"},
            {"code": 51, "plu": 700, "name": "Булочка"},
        ],
        "total": 2,
        "number_kind": "plu",
        "number": 700,
    }
    assert shop.device.document == taken
    assert shop.run.ending is not None
    assert (shop.run.outcome, shop.run.ending.cause) == (Outcome.FAILED, Cause.of(clash.value))
    assert not shop.unverified
    shop.cases.products.discard_edits(shop.anna, shop.id, EditVersion(2))
    shop.cases.products.upload.for_user(shop.anna, shop.id, what)
    assert shop.held == [muffin(price=80), bun(pluNumber=700)]


def test_two_products_of_one_plu_on_the_device_itself_are_no_clash_of_edits(shop: InMemory) -> None:
    shop.edit(608, pluNumber=700)
    shared = [muffin(pluNumber=700), bun(pluNumber=700)]
    shop.device.document = {"products": shared}
    uploaded = shop.cases.products.upload.for_user(shop.anna, shop.id)
    [warning] = uploaded.warnings
    assert (warning.code, warning.facts["number"], warning.facts["total"]) == ("shared_plu", 700, 2)
    assert shop.held == [shared[0] | {"price": 80}, shared[1]]


def test_what_an_upload_with_a_lost_answer_did_was_nobody_else(shop: InMemory) -> None:
    """Nor the fields that followed from its edits."""
    shop.edit(shelfLife=48, shelfLifeType="HOURS")
    shop.when("taken", lambda: setattr(shop.device, "takes", 100))
    with pytest.raises(ScalesTimedOutError):
        shop.cases.products.upload.for_user(shop.anna, shop.id)
    shop.device.takes = 0
    shop.when("never", lambda: None)
    expected = muffin(price=80, shelfLife=48, shelfLifeType="HOURS", shelfLifeInDays=2)
    assert shop.held[0] == {**expected, "sellByDate": "25-07-25"}
    shop.device.document = {"products": [shop.held[0], bun(price=5)]}
    [change] = shop.cases.products.upload.for_user(shop.anna, shop.id).changed_on_device
    assert (change.product["code"], change.field) == (51, "price")
    assert not shop.catalogue.edits


def test_an_edit_made_meanwhile_stays(shop: InMemory) -> None:
    shop.when("taken", lambda: shop.edit(price=90))
    shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert shop.held[0]["price"] == 80
    assert shop.catalogue.shown.products[0]["price"] == 90


def test_a_field_set_back_meanwhile_is_an_edit(shop: InMemory) -> None:
    shop.when("taken", lambda: shop.edit(price=76))
    shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert shop.held[0]["price"] == 80
    assert shop.catalogue.shown.products[0]["price"] == 76
    shop.when("never", lambda: None)
    shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert shop.held[0]["price"] == 76


def test_a_refusal_changes_nothing(shop: InMemory) -> None:
    before = shop.catalogue
    shop.device.fault = Fault.REFUSE_UPLOADS
    with raises(ScalesRefusedError, match="Ошибка записи"):
        shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert shop.catalogue == before
    assert not shop.unverified
    assert outcome(shop) is Outcome.REFUSED


@pytest.mark.parametrize("fault", [Fault.REFUSE_CONNECTIONS, Fault.RESET_IN_UPLOAD, Fault.SILENT])
def test_a_failure_before_the_end_changes_nothing(shop: InMemory, fault: Fault) -> None:
    before = shop.catalogue
    shop.device.fault = fault
    with pytest.raises((ScalesUnreachableError, ScalesTimedOutError)):
        shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert shop.catalogue == before
    assert not shop.unverified
    assert outcome(shop) is Outcome.FAILED


@pytest.mark.parametrize("fault", [Fault.LOST_CHECK_REPLY, Fault.CHECK_NEVER_ENDS])
def test_a_lost_answer_leaves_the_device_unverified_until_the_next_read(
    shop: InMemory, fault: Fault
) -> None:
    shop.device.fault = fault
    with pytest.raises((ScalesUnreachableError, ScalesTimedOutError)):
        shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert shop.unverified
    assert shop.catalogue.waiting
    assert outcome(shop) is Outcome.UNKNOWN
    shop.device.fault = None
    assert shop.read() == [muffin(price=80), bun()]
    assert not shop.unverified
    assert shop.catalogue.waiting is (fault is Fault.CHECK_NEVER_ENDS)


def test_a_retry_makes_an_unknown_outcome_known(shop: InMemory) -> None:
    shop.device.fault = Fault.LOST_CHECK_REPLY

    def recover(stage: str) -> None:
        if shop.device.counts["accepted"] == 1 and stage == "reading":
            shop.device.fault = None

    shop.device.during = recover
    shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert outcome(shop) is Outcome.OK
    assert (shop.catalogue.waiting, shop.unverified) == (False, False)


def test_a_crash_after_sending_leaves_the_device_unverified(shop: InMemory) -> None:
    def crash() -> None:
        raise KeyboardInterrupt

    shop.when("taken", crash)
    with pytest.raises(KeyboardInterrupt):
        shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert not shop.unverified, "the conversation may still be going on"
    shop.clock.sleep(16)
    assert shop.unverified
    assert shop.catalogue.waiting


def test_frozen_past_its_lease_nothing_is_written(shop: InMemory) -> None:
    shop.when("sending", lambda: shop.clock.sleep(20))
    with raises(Exception, match="held up"):
        shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert shop.held == [muffin(), bun()]
    assert shop.catalogue.waiting


def test_a_replaced_device_gets_nothing(shop: InMemory) -> None:
    before = shop.catalogue
    shop.device.document = {"products": [muffin(code=900, pluNumber=900)]}
    with pytest.raises(DeviceReplacedError):
        shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert len(shop.held) == 1
    assert shop.catalogue == replace(before, replaced=True)
    shop.cases.products.upload.for_user(shop.anna, shop.id, UploadOf.CACHE)
    assert shop.held[1:] == [muffin(price=80), bun()]
    assert not shop.catalogue.waiting


def test_after_a_change_of_address_nothing_is_uploaded_until_a_read(shop: InMemory) -> None:
    other = shop.scales.plug_in(THERE, {"products": [muffin(), bun()]})
    shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(host=THERE.host))
    for what in (UploadOf.ALL, UploadOf.CACHE):
        with pytest.raises(AddressChangedError):
            shop.cases.products.upload.for_user(shop.anna, shop.id, what)
    shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(host=HERE.host))
    with pytest.raises(AddressChangedError):
        shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert other.counts["connections"] == 0
    shop.read()
    shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert shop.held[0]["price"] == 80


def test_a_move_in_mid_conversation_counts(shop: InMemory) -> None:
    moved = DeviceChanges(port=2222)
    shop.when("reading", lambda: shop.cases.devices.change(shop.anna, shop.id, moved))
    shop.read()
    with pytest.raises(AddressChangedError):
        shop.cases.products.upload.for_user(shop.anna, shop.id)


@pytest.mark.parametrize("clear", [True, False])
def test_only_an_upload_clears_and_only_when_so_set(clear: bool) -> None:
    shop = InMemory(clear_database=clear)
    shop.read()
    other = {"products": [bun(code=99, pluNumber=99)]}
    shop.when("sending", lambda: setattr(shop.device, "document", other))
    shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert [product["code"] for product in shop.held] == ([50, 51] if clear else [99, 50, 51])


def test_what_a_lost_upload_did_is_not_told_as_a_change_of_the_device(shop: InMemory) -> None:
    shop.device.fault = Fault.LOST_CHECK_REPLY
    with pytest.raises(ScalesUnreachableError):
        shop.cases.products.upload.for_user(shop.anna, shop.id)
    shop.device.fault = None
    assert shop.cases.products.upload.for_user(shop.anna, shop.id).changed_on_device == []


@pytest.mark.parametrize(
    ("stage", "outcome"),
    [("reading", Outcome.FAILED), ("sending", Outcome.UNKNOWN), ("taken", Outcome.UNKNOWN)],
)
def test_an_upload_that_was_dropped_is_unknown_from_when_the_device_saw_some_of_it(
    stage: str, outcome: Outcome
) -> None:
    shop = InMemory()
    shop.read()
    shop.edit(price=80)

    def drop() -> None:
        raise LeaseLostError

    shop.when(stage, drop)
    with pytest.raises(LeaseLostError):
        shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert shop.run.outcome is outcome
    assert shop.run.ending is not None
    assert shop.run.ending.cause == Cause("LeaseLost")
    assert shop.unverified is (outcome is Outcome.UNKNOWN)
    assert shop.catalogue.edits
