"""What any storage promises of catalogues."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.json_text import dumps
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.storage import Storage
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.json_value import ABSENT, Json
from domain.products import editing
from domain.products.catalogue import Catalogue
from domain.products.edit import Edit, EditVersion
from domain.products.product import ProductKey
from domain.products.product_file import ProductFile
from tests.harness import stored
from tests.harness.stored import BREAD, FILE, MILK, NOON

VALUES: list[Json] = [
    None,
    True,
    False,
    0,
    1,
    1.0,
    -1,
    24.1,
    1e308,
    5e-324,
    2**53 + 1,
    2**63 - 1,
    2**63,
    2**64,
    -(2**63) - 1,
    10**40,
    "",
    "null",
    "24.000000",
    "Хлеб “ржаной”\nв нарезке 🥖 \u2028",
    "\x00\x1f\\\"'",
    [],
    [1, "1", None, [True, {"a": 10**25}]],
    {},
    {"": None, "ключ": {"deep": [1.5, False]}},
]


def kept(storage: Storage, catalogue: Catalogue) -> Catalogue:
    """The catalogue as it comes back in a later transaction."""
    with storage.transaction() as tx:
        tx.catalogues.save(catalogue)
    return found(storage, catalogue.device_id)


def found(storage: Storage, device_id: DeviceId) -> Catalogue:
    with storage.snapshot() as tx:
        catalogue = tx.catalogues.find(device_id)
    assert catalogue is not None
    return catalogue


def test_there_is_none_before_the_first_read(storage: Storage) -> None:
    device = stored.stored_device(storage)
    with storage.snapshot() as tx:
        assert tx.catalogues.find(device.id) is None


def test_gives_back_every_field(storage: Storage) -> None:
    device = stored.stored_device(storage)
    catalogue = Catalogue(
        device_id=device.id,
        file=FILE,
        read_at=NOON,
        moves=4,
        edits=(stored.edit(3), replace(stored.edit(17), unsettled=True)),
        last_version=EditVersion(2**40),
        unverified=True,
        merged_by=UserId(2**40),
    )
    assert kept(storage, catalogue) == catalogue
    assert found(storage, device.id).read_at.tzinfo is not None


def test_gives_back_every_field_of_one_that_replaced_another(storage: Storage) -> None:
    device = stored.stored_device(storage)
    kept(
        storage,
        replace(stored.catalogue(device.id), edits=(stored.edit(1),), unverified=True, moves=1),
    )
    later = Catalogue(
        device_id=device.id,
        file=ProductFile.of({"products": [MILK]}),
        read_at=NOON + stored.HOUR,
        moves=2,
        edits=(stored.edit(2),),
        last_version=EditVersion(2),
    )
    assert kept(storage, later) == later


def test_an_instant_in_another_zone_stays_the_same_instant(storage: Storage) -> None:
    device = stored.stored_device(storage)
    read_at = datetime(2026, 3, 2, 12, tzinfo=ZoneInfo("Asia/Tokyo"))
    catalogue = replace(stored.catalogue(device.id), read_at=read_at)
    assert kept(storage, catalogue).read_at == read_at


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_an_edit_keeps_any_value_exactly(storage: Storage, value: Json) -> None:
    device = stored.stored_device(storage)
    edits = (
        stored.edit(1, before=value, after="x", field="one"),
        stored.edit(2, before=ABSENT, after=value, field="two"),
    )
    one, two = kept(storage, replace(stored.catalogue(device.id), edits=edits)).edits
    assert repr((one.before, two.before)) == repr((value, ABSENT))
    assert repr((one.after, two.after)) == repr(("x", value))


def test_absent_is_not_null(storage: Storage) -> None:
    device = stored.stored_device(storage)
    edits = (stored.edit(1, before=ABSENT), stored.edit(2, before=None))
    absent, null = kept(storage, replace(stored.catalogue(device.id), edits=edits)).edits
    assert absent.before is ABSENT
    assert null.before is None


@pytest.mark.parametrize("unsettled", [True, False])
@pytest.mark.parametrize("superseded", [True, False])
@pytest.mark.parametrize(
    "product", [ProductKey("plu", 0), ProductKey("code", -5), ProductKey("code", 10**30)]
)
def test_an_edit_keeps_every_field(
    storage: Storage, product: ProductKey, *, unsettled: bool, superseded: bool
) -> None:
    device = stored.stored_device(storage)
    edit = Edit(
        version=EditVersion(2**62),
        product=product,
        field="Цена за 1 кг",
        before=1,
        after=2,
        by=device.owner_id,
        at=NOON,
        unsettled=unsettled,
        superseded=superseded,
    )
    assert kept(storage, replace(stored.catalogue(device.id), edits=(edit,))).edits == (edit,)


def test_an_edit_that_adds_a_whole_product_is_kept(storage: Storage) -> None:
    device = stored.stored_device(storage)
    rye: dict[str, Json] = {"code": 9, "pluNumber": 90, "name": "Рожь", "x": [10**30, None]}
    edit = stored.edit(1, product=ProductKey("code", 9), field=None, before=ABSENT, after=rye)
    catalogue = replace(stored.catalogue(device.id), edits=(edit, stored.edit(2)))
    again = kept(storage, catalogue)
    assert again == catalogue
    assert again.edits[0].before is ABSENT
    assert [product["code"] for product in again.shown.products] == [7, 8, 9]
    with storage.snapshot() as tx:
        shown = tx.rendered_files.find(device.id)
        assert tx.devices.summary(device.owner_id, device.id).cached_dirty
    assert shown is not None
    assert shown.body == dumps({"products": again.shown.document})


def test_edits_come_and_go_and_change_their_marks(storage: Storage) -> None:
    device = stored.stored_device(storage)
    one, two, three, four = (stored.edit(number, field=f"f{number}") for number in (1, 2, 3, 4))
    kept(storage, replace(stored.catalogue(device.id), edits=(one, two, three)))
    with storage.transaction() as tx:
        catalogue = tx.catalogues.find(device.id)
        assert catalogue is not None
        edits = (replace(two, unsettled=True), replace(three, superseded=True), four)
        tx.catalogues.save(replace(catalogue, edits=edits))
    assert found(storage, device.id).edits == edits
    with storage.transaction() as tx:
        catalogue = tx.catalogues.find(device.id)
        assert catalogue is not None
        tx.catalogues.save(replace(catalogue, edits=(*edits, stored.edit(5))))
        tx.catalogues.save(replace(catalogue, edits=(two, stored.edit(6))))
    assert found(storage, device.id).edits == (two, stored.edit(6))


def test_edits_without_having_looked_replace_what_was_there(storage: Storage) -> None:
    device = stored.stored_device(storage)
    kept(storage, replace(stored.catalogue(device.id), edits=(stored.edit(1), stored.edit(2))))
    catalogue = replace(stored.catalogue(device.id), edits=(stored.edit(2), stored.edit(3)))
    assert kept(storage, catalogue) == catalogue


def test_the_file_keeps_order_unknown_members_and_long_numbers(storage: Storage) -> None:
    device = stored.stored_device(storage)
    document: Json = {
        "z": 1,
        "products": [{"b": 10**30, "a": 2**63, "code": "7.000000", "x": [{}, None]}, MILK],
        "a": {"я": -0.5},
    }
    file = kept(storage, stored.catalogue(device.id, ProductFile.of(document))).file
    assert repr(file.document) == repr(document)


def test_an_accepted_file_replaces_the_one_that_was_found(storage: Storage) -> None:
    device = stored.stored_device(storage)
    kept(storage, replace(stored.catalogue(device.id), edits=(stored.edit(1),)))
    with storage.transaction() as tx:
        catalogue = tx.catalogues.find(device.id)
        assert catalogue is not None
        accepted = catalogue.accepted(catalogue.shown, {EditVersion(1)}, at=NOON)
        tx.catalogues.save(accepted)
        shown = tx.rendered_files.find(device.id)
    assert found(storage, device.id) == accepted
    assert accepted.file.products[0]["price"] == 25
    with storage.snapshot() as tx:
        assert tx.rendered_files.find(device.id) == shown


def test_tells_at_which_address_the_file_was_read(storage: Storage) -> None:
    device = stored.stored_device(storage)
    with storage.snapshot() as tx:
        assert tx.catalogues.moves(device.id) is None
    for moves in (0, 3):
        kept(storage, replace(stored.catalogue(device.id), moves=moves))
        with storage.snapshot() as tx:
            assert tx.catalogues.moves(device.id) == moves


def test_saved_twice_in_one_transaction_the_last_counts(storage: Storage) -> None:
    device = stored.stored_device(storage)
    kept(storage, stored.catalogue(device.id))
    with storage.transaction() as tx:
        catalogue = tx.catalogues.find(device.id)
        assert catalogue is not None
        edited = editing.edited(catalogue, 70, {"price": 30}, by=device.owner_id, at=NOON)
        tx.catalogues.save(edited)
        assert tx.catalogues.find(device.id) == edited
        last = editing.edited(edited, 80, {"name": "Кефир"}, by=device.owner_id, at=NOON)
        tx.catalogues.save(last)
    assert found(storage, device.id) == last


def test_a_failed_transaction_leaves_file_edits_and_tag(storage: Storage) -> None:
    device = stored.stored_device(storage)
    before = kept(storage, replace(stored.catalogue(device.id), edits=(stored.edit(1),)))
    with storage.snapshot() as tx:
        shown = tx.rendered_files.find(device.id)
    with pytest.raises(RuntimeError), storage.transaction() as tx:
        catalogue = tx.catalogues.find(device.id)
        assert catalogue is not None
        tx.catalogues.save(catalogue.read(ProductFile.empty(), at=NOON, moves=9))
        raise RuntimeError
    assert found(storage, device.id) == before
    with storage.snapshot() as tx:
        assert tx.rendered_files.find(device.id) == shown


def test_each_device_has_its_own(storage: Storage) -> None:
    one, two = stored.stored_devices(storage, "one", "two")
    first = replace(stored.catalogue(one), edits=(stored.edit(1),))
    second = replace(stored.catalogue(two), edits=(stored.edit(1, after=1), stored.edit(2)))
    kept(storage, first)
    kept(storage, second)
    with storage.transaction() as tx:
        tx.catalogues.find(two)
        tx.catalogues.save(replace(second, edits=()))
    assert found(storage, one) == first
    assert found(storage, two) == replace(second, edits=())


def test_a_device_that_is_gone_has_none(storage: Storage) -> None:
    device = stored.stored_device(storage)
    kept(storage, stored.catalogue(device.id))
    with storage.transaction() as tx:
        catalogue = tx.catalogues.find(device.id)
        assert catalogue is not None
        tx.devices.delete(device.id)
        with pytest.raises(UnknownDeviceError):
            tx.catalogues.save(catalogue)
        with pytest.raises(UnknownDeviceError):
            tx.catalogues.save(stored.catalogue(DeviceId(999)))


@pytest.mark.parametrize(
    "change",
    [
        {"moves": 1},
        {"unverified": True},
        {"replaced": True},
        {"last_version": EditVersion(9)},
        {"read_at": NOON.replace(hour=1)},
        {"merged_by": "owner"},
        {"edits": ()},
        {"edits": "unsettled"},
        {"edits": "superseded"},
        {"file": ProductFile.of({"products": [BREAD]})},
    ],
    ids=str,
)
def test_tells_whether_a_catalogue_is_still_as_it_was_found(
    storage: Storage, change: dict[str, Any]
) -> None:
    device = stored.stored_device(storage)
    by = device.owner_id
    plain = Catalogue(device_id=device.id, file=FILE, read_at=NOON, moves=0)
    edited = editing.edited(plain, 70, {"odd": 1, "sellByDate": "01-01-27"}, by=by, at=NOON)
    before = kept(storage, edited)
    with storage.transaction() as tx:
        assert tx.catalogues.is_still(before)
        tx.catalogues.save(before)
    match change:
        case {"edits": str(mark)}:
            marked: dict[str, Any] = {mark: True}
            edits = [replace(edit, **marked) for edit in before.edits]
            after = replace(before, edits=tuple(edits))
        case {"merged_by": _}:
            after = replace(before, merged_by=by)
        case _:
            after = replace(before, **change)
    assert kept(storage, after) == after
    with storage.snapshot() as tx:
        assert not tx.catalogues.is_still(before)
        assert tx.catalogues.is_still(after)
