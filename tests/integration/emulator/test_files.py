"""Product files that an emulated device can be told to have: each is wrong in one way."""

import json
import math
from collections.abc import Iterator

import pytest

from adapters.mertech.emulator import EmulatedScales, Fault, Fleet, running_scales
from adapters.mertech.emulator.download import HUGE_BYTES, OfferedFile
from tests.integration.emulator.wire import AT_ONCE, Wire, sum_of


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    with running_scales(products=250, pace=AT_ONCE) as fleet:
        yield fleet


@pytest.fixture
def device(fleet: Fleet) -> EmulatedScales:
    return fleet[0]


@pytest.fixture
def wire(device: EmulatedScales) -> Iterator[Wire]:
    with Wire(device.port) as wire:
        yield wire


def wrong_file(fleet: Fleet, fault: Fault) -> bytes:
    """What is read under the fault: its MD5 is right all the same."""
    fleet.set_fault(fleet[0].port, fault)
    with Wire(fleet[0].port) as wire:
        return wire.read_file()


def test_a_file_is_truncated(fleet: Fleet, device: EmulatedScales) -> None:
    data = wrong_file(fleet, Fault.TRUNCATED_FILE)
    assert device.file is not None
    assert data == device.file.data[: len(device.file.data) // 2]
    fleet.set_fault(device.port, None)
    with Wire(device.port) as wire:
        assert wire.read_file() == device.file.data


def test_a_file_is_not_utf8(fleet: Fleet) -> None:
    with pytest.raises(UnicodeDecodeError):
        wrong_file(fleet, Fault.BROKEN_UTF8).decode()


def test_a_file_is_not_json(fleet: Fleet) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(wrong_file(fleet, Fault.NOT_JSON))


def test_a_file_holds_nan(fleet: Fleet) -> None:
    price = json.loads(wrong_file(fleet, Fault.NAN))["products"][0]["price"]
    assert math.isnan(price)


def test_a_file_is_a_list(fleet: Fleet, device: EmulatedScales) -> None:
    assert json.loads(wrong_file(fleet, Fault.LIST_FILE)) == [device.document]


def test_a_file_has_no_products(fleet: Fleet) -> None:
    assert "products" not in json.loads(wrong_file(fleet, Fault.NO_PRODUCTS))


def test_products_are_null(fleet: Fleet) -> None:
    assert json.loads(wrong_file(fleet, Fault.PRODUCTS_NULL)) == {"products": None}


def test_a_file_is_nested_too_deep(fleet: Fleet) -> None:
    data = wrong_file(fleet, Fault.NESTED_FILE)
    assert data == b"[" * 100_000
    with pytest.raises(RecursionError):
        json.loads(data)


def test_a_file_of_200_mb_is_offered_and_never_built(
    fleet: Fleet, device: EmulatedScales, wire: Wire
) -> None:
    fleet.set_fault(device.port, Fault.HUGE_FILE)
    wire.begin_reading()
    for place in range(5):
        assert wire.next_portion()[:2] == (False, place * 60_000)
    huge = OfferedFile(b'{"products":[]}', padding=HUGE_BYTES - 15)
    assert huge.size == 200_000_000
    assert huge.part(HUGE_BYTES - 3, 60_000) == b"  }"


def test_a_padded_file_is_the_same_document() -> None:
    file = OfferedFile(b'{"products":[]}', padding=100)
    data = b"".join(file.part(offset, 7) for offset in range(0, file.size, 7))
    assert len(data) == file.size == 115
    assert json.loads(data) == {"products": []}
    assert file.md5 == sum_of(data)
