"""What any Scales promises of what it sends."""

import time

import pytest

from adapters.mertech.emulator import Fault
from application.ports.scales import (
    ProductsRefusedError,
    ScalesRefusedError,
    ScalesTimedOutError,
    ScalesUnreachableError,
)
from tests.harness.contract_device import (
    BREAD,
    HELD,
    MUFFIN,
    SHORT,
    ContractDevice,
    connected,
    file_of,
)
from tests.harness.failures import in_english, raises
from tests.harness.products import muffin


def codes(tested: ContractDevice) -> list[int]:
    document = tested.device.document
    assert document is not None
    return [held["code"] for held in document["products"]]


def test_sends_the_same_bytes_as_it_read(tested: ContractDevice) -> None:
    with connected(tested) as line:
        received = line.read()
        assert line.send(received.file, clear=True) == received.size
        assert line.read() == received
    assert tested.device.document == HELD


def test_merges_what_is_sent_into_what_the_device_holds(tested: ContractDevice) -> None:
    new = muffin(code=99, id=1, pluNumber=700)
    with connected(tested) as line:
        line.send(file_of(BREAD | {"price": 80.5}, new), clear=False)
    assert codes(tested) == [50, 51, 52, 99]
    assert (tested.device.document or {})["products"][1]["price"] == 80.5
    assert (tested.device.document or {})["categories"] == HELD["categories"]


def test_clears_the_database_when_asked_to(tested: ContractDevice) -> None:
    with connected(tested) as line:
        line.send(file_of(BREAD), clear=True)
    assert codes(tested) == [51]


def test_a_refusal_quotes_the_device_and_changes_nothing(tested: ContractDevice) -> None:
    tested.break_by(Fault.REFUSE_UPLOADS)
    with connected(tested) as line, pytest.raises(ProductsRefusedError) as refused:
        line.send(file_of(BREAD), clear=True)
    assert refused.value.reason == "Ошибка записи в базу данных"
    assert in_english(refused.value).endswith(f": {refused.value.reason}")
    assert not refused.value.maybe_accepted
    assert tested.device.document == HELD


def test_names_the_product_that_the_device_will_not_have(tested: ContractDevice) -> None:
    with (
        connected(tested) as line,
        raises(ProductsRefusedError, match=r"Товар 51 \(ПЛУ 608\)"),
    ):
        line.send(file_of(MUFFIN, BREAD | {"price": -1}), clear=False)


def test_the_line_goes_on_after_products_were_refused(tested: ContractDevice) -> None:
    with connected(tested) as line:
        for _ in range(3):
            with pytest.raises(ProductsRefusedError):
                line.send(file_of(MUFFIN, BREAD | {"price": -1}), clear=False)
        line.send(file_of(BREAD | {"price": 1}), clear=False)
        assert line.read().file.products[1]["price"] == 1
        assert line.information()
    assert tested.lines_open == 0


def test_a_command_refused_is_no_verdict_on_the_products(tested: ContractDevice) -> None:
    tested.break_by(Fault.UNKNOWN_RESULT)
    with (
        connected(tested) as line,
        raises(ScalesRefusedError, match="result code 85") as refused,
    ):
        line.send(file_of(BREAD), clear=True)
    assert not isinstance(refused.value, ProductsRefusedError)
    assert not refused.value.maybe_accepted
    assert tested.device.document == HELD


def test_a_conversation_cannot_outlast_its_deadline(tested: ContractDevice) -> None:
    with connected(tested, seconds=0.1) as line:
        time.sleep(0.1)
        with pytest.raises(ScalesTimedOutError) as late:
            line.send(file_of(BREAD), clear=True)
    assert not late.value.maybe_accepted
    assert tested.device.document == HELD


@pytest.mark.parametrize("fault", [Fault.LOST_CHECK_REPLY, Fault.RESET_AFTER_LAST_PORTION])
def test_a_lost_answer_leaves_open_whether_the_device_accepted(
    tested: ContractDevice, fault: Fault
) -> None:
    tested.break_by(fault)
    with connected(tested) as line, pytest.raises(ScalesUnreachableError) as lost:
        line.send(file_of(BREAD), clear=True)
    assert lost.value.maybe_accepted
    tested.break_by(None)
    with connected(tested) as line:
        assert len(line.read().file.products) == 1


def test_a_check_that_never_ends_leaves_open_whether_the_device_accepted(
    tested: ContractDevice,
) -> None:
    tested.break_by(Fault.CHECK_NEVER_ENDS)
    with connected(tested, seconds=SHORT) as line, pytest.raises(ScalesTimedOutError) as late:
        line.send(file_of(BREAD), clear=True)
    assert late.value.maybe_accepted


def test_a_line_that_broke_before_the_last_portion_leaves_nothing_open(
    tested: ContractDevice,
) -> None:
    tested.break_by(Fault.RESET_IN_UPLOAD)
    # More than one portion, so that the device can break off in the middle.
    many = [muffin(code=code, pluNumber=code, name="я" * 255) for code in range(100, 400)]
    with connected(tested) as line, pytest.raises(ScalesUnreachableError) as broken:
        line.send(file_of(*many), clear=True)
    assert not broken.value.maybe_accepted
    assert tested.device.document == HELD
