"""What any Scales promises of what it reads: products, and what the device is."""

import pytest

from adapters.mertech.emulator import Fault
from application.ports.scales import (
    ScalesNonsenseError,
    ScalesRefusedError,
    ScalesUnreachableError,
)
from domain.products.product_file import ProductFile
from tests.harness.contract_device import BREAD, HELD, MUFFIN, ContractDevice, connected, file_of


def test_reads_what_the_device_holds_to_the_last_digit(tested: ContractDevice) -> None:
    with connected(tested) as line:
        received = line.read()
    assert received.file == ProductFile.of(HELD)
    assert received.file.products[2]["secret"] == 2**80
    assert type(received.file.products[2]["secret"]) is int


def test_memory_is_reserved_for_a_file_before_anything_is_built_of_it(
    tested: ContractDevice,
) -> None:
    sizes: list[int] = []
    with connected(tested) as line:
        received = line.read(sizes.append)
    assert sizes == [received.size]


def test_where_no_memory_is_left_nothing_is_built_and_the_conversation_ends(
    tested: ContractDevice,
) -> None:
    tested.break_by(Fault.NOT_JSON)

    def full(size: int) -> None:
        raise ZeroDivisionError

    with connected(tested) as line:
        with pytest.raises(ZeroDivisionError):
            line.read(full)
        with pytest.raises(ScalesUnreachableError):
            line.read()


def test_keeps_the_order_of_fields_lists_and_products(tested: ContractDevice) -> None:
    with connected(tested) as line:
        received = line.read()
    assert list(received.file.document) == list(HELD)
    assert list(received.file.products[0]) == list(MUFFIN)


def test_an_empty_device_is_an_empty_file(tested: ContractDevice) -> None:
    tested.device.document = None
    with connected(tested) as line:
        assert line.read() == (ProductFile.empty(), 0)


def test_the_device_tells_what_it_is(tested: ContractDevice) -> None:
    with connected(tested) as line:
        assert line.information()["scaleModel"] == "M-ER 725 PM-15.2"
        assert line.read().file == ProductFile.of(HELD)
        assert line.information()["scaleModel"] == "M-ER 725 PM-15.2"


def test_what_a_device_is_takes_no_password(tested: ContractDevice) -> None:
    with connected(tested, password="9999") as line:  # noqa: S106  wrong
        assert line.information()
    assert tested.wrong_passwords == 0


def test_what_the_device_tells_belongs_to_the_asker(tested: ContractDevice) -> None:
    with connected(tested) as line:
        line.information().clear()
        assert line.information()


def test_firmware_that_does_not_know_the_question_refuses_it_and_goes_on(
    tested: ContractDevice,
) -> None:
    tested.break_by(Fault.UNKNOWN_RESULT)
    with connected(tested) as line:
        with pytest.raises(ScalesRefusedError):
            line.information()
        tested.break_by(None)
        assert line.read().file == ProductFile.of(HELD)


@pytest.mark.parametrize("fault", [Fault.NOT_JSON, Fault.LIST_FILE])
def test_what_is_no_product_file_is_nonsense(tested: ContractDevice, fault: Fault) -> None:
    tested.break_by(fault)
    with connected(tested) as line, pytest.raises(ScalesNonsenseError):
        line.read()


def test_what_is_read_belongs_to_the_reader(tested: ContractDevice) -> None:
    with connected(tested) as line:
        line.read().file.products.clear()
        sent = file_of(BREAD)
        line.send(sent, clear=True)
        sent.products.clear()
        assert line.read().file == file_of(BREAD)


def test_the_line_tells_where_it_leads(tested: ContractDevice) -> None:
    with connected(tested) as line:
        assert line.endpoint == tested.address.endpoint
