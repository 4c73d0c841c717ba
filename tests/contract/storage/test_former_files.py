"""What any storage promises of former product files."""

import pytest

from adapters.json_text import dumps
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.former_files import FormerFile, UnknownFileError
from application.ports.storage import Storage
from domain.devices.device import DeviceId
from domain.errors import FileTooLargeError
from domain.json_value import Json
from domain.products.product_file import LARGEST_FILE, MOST_PRODUCTS, ProductFile
from tests.harness import stored
from tests.harness.stored import FILE, HOUR, NOON


def holding(code: int) -> ProductFile:
    return ProductFile.of({"products": [{"code": code}]})


def keep(
    storage: Storage, device_id: DeviceId, file: ProductFile = FILE, *, most: int = 10
) -> None:
    with storage.transaction() as tx:
        tx.former_files.keep(device_id, file, read_at=NOON, at=NOON + HOUR, most=most)


def numbers(storage: Storage, device_id: DeviceId) -> list[int]:
    with storage.snapshot() as tx:
        return [former.number for former in tx.former_files.of_device(device_id)]


def test_there_are_none_until_one_is_kept(storage: Storage) -> None:
    device = stored.stored_device(storage)
    with storage.snapshot() as tx:
        assert list(tx.former_files.of_device(device.id)) == []
        with pytest.raises(UnknownFileError):
            tx.former_files.get(device.id, 1)


def test_gives_back_what_is_to_be_listed(storage: Storage) -> None:
    device = stored.stored_device(storage)
    keep(storage, device.id)
    former = FormerFile(
        number=1,
        read_at=NOON,
        replaced_at=NOON + HOUR,
        products=2,
        size=len(dumps(FILE.document)),
    )
    with storage.snapshot() as tx:
        assert list(tx.former_files.of_device(device.id)) == [former]


def test_gives_back_the_file_exactly(storage: Storage) -> None:
    device = stored.stored_device(storage)
    document: Json = {
        "z": 1,
        "products": [{"b": 10**30, "a": 2**63, "code": "7.000000", "name": "Хлеб 🥖\n"}],
        "a": {"я": -0.5, "x": [{}, None, 1.0]},
    }
    keep(storage, device.id, ProductFile.of(document))
    with storage.snapshot() as tx:
        assert repr(tx.former_files.get(device.id, 1).document) == repr(document)


def test_numbers_grow_and_the_newest_comes_first(storage: Storage) -> None:
    device = stored.stored_device(storage)
    for code in (11, 12, 13):
        keep(storage, device.id, holding(code))
    assert numbers(storage, device.id) == [3, 2, 1]
    with storage.snapshot() as tx:
        for number, code in ((1, 11), (2, 12), (3, 13)):
            assert tx.former_files.get(device.id, number) == holding(code)


def test_forgets_all_but_the_last(storage: Storage) -> None:
    device = stored.stored_device(storage)
    for code in range(1, 6):
        keep(storage, device.id, holding(code), most=3)
    assert numbers(storage, device.id) == [5, 4, 3]
    with storage.snapshot() as tx:
        assert tx.former_files.get(device.id, 3) == holding(3)
        with pytest.raises(UnknownFileError):
            tx.former_files.get(device.id, 2)
    keep(storage, device.id, most=1)
    assert numbers(storage, device.id) == [6]


def test_a_number_is_never_given_again_even_when_none_is_kept(storage: Storage) -> None:
    device = stored.stored_device(storage)
    keep(storage, device.id)
    keep(storage, device.id, most=0)
    assert numbers(storage, device.id) == []
    keep(storage, device.id)
    assert numbers(storage, device.id) == [3]


def test_changes_of_the_device_do_not_touch_the_numbers(storage: Storage) -> None:
    device = stored.stored_device(storage)
    keep(storage, device.id)
    with storage.transaction() as tx:
        tx.devices.save(device.changed(name="Renamed"))
    keep(storage, device.id)
    assert numbers(storage, device.id) == [2, 1]


def test_each_device_has_its_own(storage: Storage) -> None:
    one, two = stored.stored_devices(storage, "one", "two")
    for _ in range(3):
        keep(storage, one, most=2)
    keep(storage, two, holding(99), most=2)
    assert (numbers(storage, one), numbers(storage, two)) == ([3, 2], [1])
    with storage.snapshot() as tx:
        assert tx.former_files.get(two, 1) == holding(99)
        with pytest.raises(UnknownFileError):
            tx.former_files.get(two, 3)


def test_what_was_rolled_back_was_never_kept(storage: Storage) -> None:
    device = stored.stored_device(storage)
    keep(storage, device.id)
    with pytest.raises(RuntimeError), storage.transaction() as tx:
        tx.former_files.keep(device.id, FILE, read_at=NOON, at=NOON, most=1)
        raise RuntimeError
    keep(storage, device.id)
    assert numbers(storage, device.id) == [2, 1]


def test_a_device_that_is_gone_has_none(storage: Storage) -> None:
    device = stored.stored_device(storage)
    keep(storage, device.id)
    with storage.transaction() as tx:
        tx.devices.delete(device.id)
    with pytest.raises(UnknownDeviceError):
        keep(storage, device.id)
    assert numbers(storage, device.id) == []


@pytest.mark.parametrize("unknown", [0, -1, 2, 2**63 - 1, 2**63, 10**30])
def test_knows_no_number_that_was_not_given(storage: Storage, unknown: int) -> None:
    device = stored.stored_device(storage)
    keep(storage, device.id)
    with storage.snapshot() as tx, pytest.raises(UnknownFileError):
        tx.former_files.get(device.id, unknown)


@pytest.mark.parametrize(
    "document",
    [
        {"products": [{}] * (MOST_PRODUCTS + 1)},
        {"products": [], "more": [[]] * 1_000_000},
        {"products": [], "more": "m" * LARGEST_FILE},
    ],
    ids=["products", "values", "bytes"],
)
def test_one_from_before_files_were_bounded_is_not_parsed(storage: Storage, document: Json) -> None:
    device = stored.stored_device(storage)
    keep(storage, device.id, ProductFile.of(document))
    with storage.snapshot() as tx, pytest.raises(FileTooLargeError):
        tx.former_files.get(device.id, 1)
