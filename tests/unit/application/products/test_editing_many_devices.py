"""One edit on many devices: each for itself, whole or not at all, and told of each."""

import logging
from collections.abc import Sequence
from datetime import timedelta

import pytest

from application import log_context as context
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.storage import StorageNotReadyError
from application.products import bulk_editing as bulk_edits
from application.products.bulk_editing import DeviceEdit, NotTriedError
from domain.devices.device import DeviceId
from domain.errors import (
    AmbiguousProductError,
    Fault,
    InvalidFieldsError,
    NothingReadError,
    UnknownProductError,
)
from domain.products.catalogue import Catalogue
from domain.products.product import Product
from tests.fakes.storage import InMemoryCatalogues
from tests.harness.failures import in_english
from tests.harness.many_devices import GONE, ManyDevices
from tests.harness.products import bun, file_of, muffin


@pytest.fixture
def fleet() -> ManyDevices:
    return ManyDevices()


def results(done: Sequence[DeviceEdit]) -> dict[DeviceId, str]:
    return {each.device_id: each.result.value for each in done}


def test_values_that_no_product_can_be_given_are_refused_before_any_edit(
    fleet: ManyDevices,
) -> None:
    device = fleet.add(muffin())
    before = fleet.storage.writings
    with pytest.raises(InvalidFieldsError) as error:
        fleet.edit("plu", 607, {"price": -1, "name": "Кекс", "shelfLife": "soon"}, [device])
    assert error.value.errors == {
        "price": [Fault("out_of_range", {"lowest": 0, "highest": 999999.99})],
        "shelfLife": [Fault("not_a_number")],
    }
    assert fleet.shown(device) == [muffin()]
    assert fleet.storage.writings == before


def test_each_device_that_cannot_be_edited_says_why_and_keeps_no_other_from_it(
    fleet: ManyDevices,
) -> None:
    unread = fleet.add_unread()
    without_it = fleet.add(bun())
    clashing = fleet.add(muffin(), bun(pluNumber=607))
    strings = fleet.add(muffin(price="76.000000"))
    numbers = fleet.add(muffin())
    alien = fleet.add(muffin(), owner=fleet.boris)
    before = fleet.storage.writings
    done = fleet.edit(
        "code", 50, {"price": "79.9"}, [GONE, alien, unread, without_it, clashing, numbers, strings]
    )
    assert results(done) == {
        GONE: "no_such_device",
        alien: "no_such_device",
        unread: "nothing_read",
        without_it: "no_such_product",
        clashing: "refused",
        numbers: "refused",
        strings: "edited",
    }
    assert [type(each.error) for each in done] == [
        UnknownDeviceError,
        UnknownDeviceError,
        NothingReadError,
        UnknownProductError,
        AmbiguousProductError,
        InvalidFieldsError,
        type(None),
    ]
    assert [each.name is None for each in done] == [True, True, *[False] * 5]
    assert in_english(done[3].error) == "There is no product with code 50 on this scale."
    assert fleet.shown(strings) == [muffin(price="79.900000")]
    assert fleet.shown(numbers) == [muffin()]
    assert fleet.shown(alien) == [muffin()]
    assert fleet.storage.writings == before + 1
    assert fleet.catalogue_of(unread) is None


def test_one_edit_reaches_all_devices_of_its_owner_and_no_other(fleet: ManyDevices) -> None:
    alien = fleet.add(muffin(), owner=fleet.boris)
    mine = [fleet.add(muffin(), bun()), fleet.add(bun(), muffin(price=80.0))]
    done = fleet.edit("plu", 607, {"price": 79.9})
    assert results(done) == dict.fromkeys(mine, "edited")
    assert fleet.shown(mine[0]) == [muffin(price=79.9), bun()]
    assert fleet.shown(mine[1]) == [bun(), muffin(price=79.9)]
    assert fleet.shown(alien) == [muffin()]
    assert [(each.changed[0].before, each.changed[0].after) for each in done] == [
        (76.0, 79.9),
        (80.0, 79.9),
    ]
    catalogue = fleet.catalogue_of(mine[1])
    assert catalogue is not None
    [edit] = catalogue.edits
    assert (edit.by, edit.at, edit.field) == (fleet.anna, fleet.clock.now(), "price")


def test_an_owner_without_devices_edits_nothing(fleet: ManyDevices) -> None:
    fleet.add(muffin(), owner=fleet.boris)
    assert fleet.edit("plu", 607, {"price": 1}) == []


def test_a_device_named_twice_is_edited_once_in_the_order_given(fleet: ManyDevices) -> None:
    one, two = fleet.add(muffin()), fleet.add(muffin())
    done = fleet.edit("plu", 607, {"price": 1}, [two, one, two, GONE, GONE])
    assert [each.device_id for each in done] == [two, one, GONE]


def test_the_same_edit_again_changes_nothing_and_writes_nothing(fleet: ManyDevices) -> None:
    devices = [fleet.add(muffin()), fleet.add(muffin())]
    fleet.edit("plu", 607, {"price": 1})
    before = [fleet.catalogue_of(device) for device in devices]
    writings = fleet.storage.writings
    done = fleet.edit("plu", 607, {"price": 1})
    assert results(done) == dict.fromkeys(devices, "unchanged")
    assert [each.product for each in done] == [muffin(price=1)] * 2
    assert [each.changed for each in done] == [[], []]
    assert [fleet.catalogue_of(device) for device in devices] == before
    assert fleet.storage.writings == writings


def test_an_edit_back_to_what_the_device_holds_takes_the_edit_away(fleet: ManyDevices) -> None:
    device = fleet.add(muffin())
    fleet.edit("plu", 607, {"price": 1})
    assert results(fleet.edit("plu", 607, {"price": 76})) == {device: "edited"}
    catalogue = fleet.catalogue_of(device)
    assert catalogue is not None
    assert catalogue.edits == ()


def test_fields_that_follow_are_told_too(fleet: ManyDevices) -> None:
    fleet.add(muffin())
    [done] = fleet.edit("plu", 607, {"shelfLife": 3})
    assert {change.field: change.after for change in done.changed} == {
        "shelfLife": 3,
        "shelfLifeInDays": 3,
        "sellByDate": "26-07-25",
    }


def test_an_edit_of_the_plu_itself_names_the_product_as_it_is_now(fleet: ManyDevices) -> None:
    free, taken = fleet.add(muffin()), fleet.add(muffin(), bun(pluNumber=700))
    done = fleet.edit("plu", 607, {"pluNumber": 700})
    assert results(done) == {free: "edited", taken: "refused"}
    assert done[0].product == muffin(pluNumber=700)
    assert "number_taken" in str(done[1].error)


def test_a_code_means_the_product_of_this_code_and_a_plu_that_of_this_plu(
    fleet: ManyDevices,
) -> None:
    device = fleet.add(muffin(code=608), bun())
    [by_code] = fleet.edit("code", 608, {"price": 1})
    [by_plu] = fleet.edit("plu", 608, {"price": 2})
    assert by_code.product == muffin(code=608, price=1)
    assert by_plu.product == bun(price=2)
    assert fleet.shown(device) == [muffin(code=608, price=1), bun(price=2)]


def test_a_failure_on_one_device_is_told_of_it_and_undone_there_alone(
    fleet: ManyDevices, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one, broken, other = (fleet.add(muffin()) for _ in range(3))
    save = InMemoryCatalogues.save

    def break_one(self: InMemoryCatalogues, catalogue: Catalogue) -> object:
        saved = save(self, catalogue)
        if catalogue.device_id == broken:
            raise RuntimeError("hunter2")
        return saved

    monkeypatch.setattr(InMemoryCatalogues, "save", break_one)
    with caplog.at_level(logging.INFO):
        done = fleet.edit("plu", 607, {"price": 1})
    assert results(done) == {one: "edited", broken: "failed", other: "edited"}
    assert done[1].name is not None
    assert fleet.shown(one) == fleet.shown(other) == [muffin(price=1)]
    assert fleet.shown(broken) == [muffin()]
    [failed] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert failed.exc_info is not None


def test_a_busy_database_keeps_one_device_from_its_edit_and_not_the_rest(
    fleet: ManyDevices,
) -> None:
    one, two = fleet.add(muffin()), fleet.add(muffin())
    busy = iter([True, False])

    def be_busy() -> None:
        if next(busy):
            raise StorageNotReadyError("The database cannot be used: the test says so.")

    fleet.storage.before_writing = be_busy
    done = fleet.edit("plu", 607, {"price": 1})
    assert results(done) == {one: "failed", two: "edited"}
    assert isinstance(done[0].error, StorageNotReadyError)


def test_devices_whose_turn_comes_too_late_are_not_tried(fleet: ManyDevices) -> None:
    devices = [fleet.add(muffin()) for _ in range(4)]
    half = timedelta(seconds=bulk_edits.LONGEST / 2)
    fleet.storage.before_writing = lambda: fleet.clock.advance(half)
    done = fleet.edit("plu", 607, {"price": 1})
    assert [each.result.value for each in done] == ["edited"] * 2 + ["not_tried"] * 2
    assert isinstance(done[3].error, NotTriedError)
    assert [fleet.shown(device)[0]["price"] for device in devices] == [1, 1, 76.0, 76.0]
    fleet.storage.before_writing = lambda: None
    again = fleet.edit("plu", 607, {"price": 1})
    assert [each.result.value for each in again] == ["unchanged"] * 2 + ["edited"] * 2


def test_what_is_written_is_laid_over_what_is_there_by_then(fleet: ManyDevices) -> None:
    device = fleet.add(muffin())

    def read_meanwhile() -> None:
        fleet.storage.before_writing = lambda: None
        fleet.put(device, file_of(bun(), muffin(price=77.0, tare=1)))

    fleet.storage.before_writing = read_meanwhile
    [done] = fleet.edit("plu", 607, {"price": 1}, [device])
    assert (done.changed[0].before, done.product) == (77.0, muffin(price=1, tare=1))
    assert fleet.shown(device) == [bun(), muffin(price=1, tare=1)]


@pytest.mark.parametrize(
    ("now", "result"), [(muffin(price=1), "unchanged"), (bun(), "no_such_product")]
)
def test_an_edit_that_came_to_nothing_meanwhile_says_so(
    fleet: ManyDevices, now: Product, result: str
) -> None:
    device = fleet.add(muffin())

    def read_meanwhile() -> None:
        fleet.storage.before_writing = lambda: None
        fleet.put(device, file_of(now))

    fleet.storage.before_writing = read_meanwhile
    assert results(fleet.edit("plu", 607, {"price": 1}, [device])) == {device: result}
    assert fleet.shown(device) == [now]


def test_a_device_deleted_meanwhile_is_no_device(fleet: ManyDevices) -> None:
    device, other = fleet.add(muffin()), fleet.add(muffin())

    def delete() -> None:
        fleet.storage.before_writing = lambda: None
        with fleet.storage.transaction() as tx:
            tx.devices.delete(device)

    fleet.storage.before_writing = delete
    done = fleet.edit("plu", 607, {"price": 1})
    assert results(done) == {device: "no_such_device", other: "edited"}
    assert done[0].name is None


def test_the_log_says_on_which_devices_an_edit_was_made(
    fleet: ManyDevices, caplog: pytest.LogCaptureFixture
) -> None:
    fleet.add(bun())
    edited = fleet.add(muffin())
    about: list[int | None] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            about.append(context.device_id.get())

    log = logging.getLogger(bulk_edits.__name__)
    listener = Listener()
    log.addHandler(listener)
    try:
        with caplog.at_level(logging.INFO, log.name):
            fleet.edit("plu", 607, {"price": 1})
            fleet.edit("plu", 607, {"price": 1})
    finally:
        log.removeHandler(listener)
    assert about == [edited]
    assert context.device_id.get() is None
