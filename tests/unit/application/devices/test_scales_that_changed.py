"""Dates speak of the scale that is there: whatever may have put others onto it makes it due."""

from datetime import timedelta

import pytest

from adapters.mertech.emulator import Fault
from application.devices.registration import DeviceChanges
from application.ports.scales import ScalesError
from domain.devices.state import DeviceState
from domain.errors import Cause, DeviceReplacedError
from domain.json_value import Json
from domain.notices import Notice
from domain.runs.batch import UploadOf
from domain.runs.run import Outcome
from tests.harness.installation import HERE, THERE, InMemory
from tests.harness.products import bun, muffin
from tests.harness.work import do_all

HOUR = timedelta(hours=1)
TODAY, OLD = "02-03-26", "23-07-25"


@pytest.fixture
def shop() -> InMemory:
    """Its dates are today's, and its turn is at midnight."""
    shop = InMemory()
    shop.read()
    shop.cases.renewal.change_schedule(shop.anna, shop.id, enabled=True, interval=12 * HOUR)
    assert do_all(shop.cases) == 1
    assert dates(shop) == {TODAY}
    shop.clock.advance(HOUR)
    assert do_all(shop.cases) == 0
    return shop


def dates(shop: InMemory) -> set[Json]:
    return {product["manufactureDate"] for product in shop.held if not product["deleted"]}


def replaced(shop: InMemory) -> bool:
    """As every way to ask for it tells."""
    listed = shop.cases.devices.list(shop.anna, DeviceState.REPLACED)
    summary = shop.cases.devices.show(shop.anna, shop.id)
    counts = shop.cases.devices.show_fleet(shop.anna).counts
    assert [summary] * summary.replaced == list(listed)
    assert counts.states[DeviceState.REPLACED] == len(listed)
    return summary.replaced


def upload(shop: InMemory, what: UploadOf = UploadOf.ALL) -> None:
    shop.cases.products.upload.for_user(shop.anna, shop.id, what)


def test_a_move_to_another_address_is_renewed_at_once(shop: InMemory) -> None:
    shop.device = shop.scales.plug_in(THERE, {"products": [muffin(), bun()]})
    shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(host=THERE.host))
    assert shop.schedule.dates_written is None
    assert do_all(shop.cases) == 1
    assert dates(shop) == {TODAY}


def test_an_address_that_was_corrected_is_tried_at_once(shop: InMemory) -> None:
    shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(port=9))
    do_all(shop.cases)
    assert shop.schedule.consecutive_failures == 1
    shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(port=1111))
    assert do_all(shop.cases) == 1
    assert shop.schedule.last_status == "OK"


def test_one_that_is_off_stays_off_and_is_dated_when_switched_on(shop: InMemory) -> None:
    shop.cases.renewal.change_schedule(shop.anna, shop.id, enabled=False, interval=HOUR)
    shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(port=9))
    assert do_all(shop.cases) == 0
    assert (shop.schedule.due_at, shop.schedule.dates_written) == (None, None)


def test_the_cached_file_is_dated_at_once(shop: InMemory) -> None:
    shop.edit(manufactureDate=OLD)
    upload(shop, UploadOf.CACHE)
    assert OLD in dates(shop)
    assert do_all(shop.cases) == 1
    assert dates(shop) == {TODAY}


def test_a_scale_that_is_registered_twice_is_dated_for_whoever_has_it_dated(shop: InMemory) -> None:
    ben = shop.cases.accounts.register("ben@example.org", "correct horse").id
    his = shop.add_device(ben, "Ben's", HERE)
    shop.cases.products.read.for_user(ben, his)
    shop.cases.products.edit(ben, his, 607, {"manufactureDate": OLD})
    shop.cases.products.upload.for_user(ben, his)
    assert do_all(shop.cases) == 0
    shop.cases.products.edit(ben, his, 607, {"manufactureDate": "24-07-25"})
    shop.cases.products.upload.for_user(ben, his, UploadOf.CACHE)
    assert do_all(shop.cases) == 1
    assert dates(shop) == {TODAY}


def test_so_it_is_when_it_is_not_known_whether_the_device_took_it(shop: InMemory) -> None:
    shop.edit(manufactureDate=OLD)
    shop.device.fault = Fault.LOST_CHECK_REPLY
    with pytest.raises(ScalesError):
        upload(shop, UploadOf.CACHE)
    shop.device.fault = None
    assert OLD in dates(shop)
    assert do_all(shop.cases) == 1
    assert dates(shop) == {TODAY}


@pytest.mark.parametrize("what", [UploadOf.ALL, UploadOf.EDITS])
def test_a_restored_product_is_dated_at_once(shop: InMemory, what: UploadOf) -> None:
    shop.device.document = {"products": [muffin()]}
    shop.read()
    number = shop.cases.products.list_former_files(shop.anna, shop.id)[0].number
    shop.cases.products.restore_file(shop.anna, shop.id, number)
    shop.clock.advance(24 * HOUR)
    do_all(shop.cases)
    upload(shop, what)
    assert TODAY in dates(shop)
    assert do_all(shop.cases) == 1
    assert dates(shop) == {"03-03-26"}


def test_a_product_that_is_sold_again_is_dated_at_once(shop: InMemory) -> None:
    shop.device.document = {"products": [muffin(manufactureDate=TODAY), bun(deleted=True)]}
    shop.read()
    shop.edit(608, deleted=False)
    upload(shop)
    assert OLD in dates(shop)
    assert do_all(shop.cases) == 1
    assert dates(shop) == {TODAY}


def test_an_edit_of_a_date_lives_until_the_next_turn(shop: InMemory) -> None:
    shop.edit(manufactureDate=OLD)
    upload(shop)
    assert do_all(shop.cases) == 0
    assert OLD in dates(shop)


class TestReplaced:
    """A scale that lacks most of what was read before."""

    @pytest.fixture(autouse=True)
    def another(self, shop: InMemory) -> None:
        shop.device.document = {"products": [muffin(code=7, pluNumber=7), bun(code=8, pluNumber=8)]}
        shop.clock.advance(12 * HOUR)

    def test_is_dated_and_no_simple_success(self, shop: InMemory) -> None:
        assert not replaced(shop)
        assert do_all(shop.cases) == 1
        assert dates(shop) == {"03-03-26"}
        assert replaced(shop)
        assert shop.schedule.last_status == "ERROR"
        facts = {"missing": 2, "total": 2, "dated": True}
        assert shop.schedule.last_error == Cause("DeviceReplaced", facts)
        assert shop.run.outcome is Outcome.OK

    def test_is_no_failure_and_has_its_next_turn_as_ever(self, shop: InMemory) -> None:
        do_all(shop.cases)
        assert shop.schedule.consecutive_failures == 0
        assert shop.schedule.due_at == shop.clock.now() + 12 * HOUR
        counts = shop.cases.devices.show_fleet(shop.anna).counts
        assert counts.states[DeviceState.FAILING] == 0
        shop.clock.advance(12 * HOUR)
        do_all(shop.cases)
        assert replaced(shop)

    def test_is_another_one_until_a_user_reads_it(self, shop: InMemory) -> None:
        do_all(shop.cases)
        shop.read()
        assert not replaced(shop)
        assert do_all(shop.cases) == 1
        assert shop.schedule.last_status == "OK"

    def test_is_restored_from_the_cached_file(self, shop: InMemory) -> None:
        do_all(shop.cases)
        with pytest.raises(DeviceReplacedError):
            upload(shop)
        assert replaced(shop)
        upload(shop, UploadOf.CACHE)
        assert not replaced(shop)
        assert TODAY in dates(shop)
        assert do_all(shop.cases) == 1
        assert dates(shop) == {"03-03-26"}
        assert (shop.schedule.last_status, shop.schedule.last_error) == ("OK", None)

    def test_is_found_by_an_upload_too(self, shop: InMemory) -> None:
        with pytest.raises(DeviceReplacedError):
            upload(shop)
        assert replaced(shop)

    def test_is_dated_at_once_when_a_read_meets_it_first(self, shop: InMemory) -> None:
        do_all(shop.cases)
        shop.read()
        do_all(shop.cases)
        shop.device.document = {"products": [muffin(), bun()]}
        shop.read()
        assert not replaced(shop)
        assert do_all(shop.cases) == 1
        assert dates(shop) == {"03-03-26"}

    def test_that_was_wiped_is_one_too(self, shop: InMemory) -> None:
        shop.device.document = None
        do_all(shop.cases)
        assert replaced(shop)

    def test_is_the_old_one_when_it_comes_back(self, shop: InMemory) -> None:
        do_all(shop.cases)
        shop.device.document = {"products": [muffin(), bun()]}
        shop.clock.advance(12 * HOUR)
        do_all(shop.cases)
        assert not replaced(shop)
        assert shop.schedule.last_status == "OK"


class TestChangedBySomebodyElse:
    """What a read finds that no edit of ours asked for."""

    def warnings(self, shop: InMemory) -> list[Notice]:
        return list(shop.cases.products.read.for_user(shop.anna, shop.id).warnings)

    def test_is_told_once_with_the_fields(self, shop: InMemory) -> None:
        assert self.warnings(shop) == []
        products = shop.held
        products[0] |= {"price": 5, "name": "Кекс"}
        products[1]["manufactureDate"] = OLD
        shop.device.document = {"products": products}
        [warning] = self.warnings(shop)
        cake: Json = {"code": 50, "plu": 607, "name": "Кекс", "fields": ["name", "price"]}
        bun: Json = {"code": 51, "plu": 608, "name": "Булочка", "fields": ["manufactureDate"]}
        assert warning == Notice("changed_by_others", {"products": [cake, bun], "total": 2})
        assert self.warnings(shop) == []

    def test_of_many_products_the_first_are_named(self, shop: InMemory) -> None:
        shop.device.document = {"products": [muffin(code=n, pluNumber=n) for n in range(1, 9)]}
        shop.read()
        shop.device.document = {
            "products": [muffin(code=n, pluNumber=n, price=1) for n in range(1, 9)]
        }
        [warning] = self.warnings(shop)
        assert str(warning.facts["products"]).count("'fields': ['price']") == 5
        assert warning.facts["total"] == 8

    def test_is_not_what_an_upload_with_a_lost_answer_did(self, shop: InMemory) -> None:
        shop.edit(price=80)
        shop.device.fault = Fault.LOST_CHECK_REPLY
        with pytest.raises(ScalesError):
            upload(shop)
        shop.device.fault = None
        assert shop.held[0]["price"] == 80
        assert self.warnings(shop) == []

    def test_nor_what_a_renewal_with_a_lost_answer_dated(self, shop: InMemory) -> None:
        shop.clock.advance(24 * HOUR)
        shop.device.fault = Fault.LOST_CHECK_REPLY
        do_all(shop.cases)
        shop.device.fault = None
        assert self.warnings(shop) == []

    def test_another_scale_is_told_as_one(self, shop: InMemory) -> None:
        shop.device.document = {"products": [muffin(code=7, pluNumber=7)]}
        [warning] = self.warnings(shop)
        assert warning == Notice("replaced", {"missing": 2, "total": 2})

    def test_another_address_is_no_change(self, shop: InMemory) -> None:
        shop.device = shop.scales.plug_in(THERE, {"products": [muffin(price=5), bun()]})
        shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(host=THERE.host))
        assert self.warnings(shop) == []
