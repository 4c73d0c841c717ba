"""Every fault that the emulator knows ends in the right error, soon, and leaves nothing behind."""

import tracemalloc
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Final

import pytest

from adapters.mertech.emulator import (
    EmulatedScales,
    Fault,
    Fleet,
    Pace,
    parse_fault,
    running_scales,
)
from application.ports.scales import (
    Connection,
    ProductsRefusedError,
    ScalesBusyError,
    ScalesError,
    ScalesNonsenseError,
    ScalesRefusedError,
    ScalesTimedOutError,
    ScalesUnreachableError,
    ScalesWrongPasswordError,
)
from domain.devices.device import Address
from domain.products.product_file import ProductFile
from tests.harness.failures import raises
from tests.harness.left_open import nothing_left_open, within
from tests.harness.products import muffin
from tests.integration.mertech.connections import CLOCK, LARGEST, SOON, connected

Ending = tuple[str, type[ScalesError], str]

ALWAYS: Final[list[Ending]] = [
    ("refuse-connections", ScalesUnreachableError, "refused the connection"),
    ("silent", ScalesTimedOutError, r"did not answer within 0\.3 s"),
    ("slow:0.05", ScalesTimedOutError, r"did not answer within 0\.3 s"),
    ("late:0.5", ScalesTimedOutError, r"did not answer within 0\.3 s"),
    ("huge-frame", ScalesNonsenseError, "an answer that is malformed"),
    ("wrong-password", ScalesWrongPasswordError, "refused its password"),
    ("busy", ScalesBusyError, "busy"),
    ("unknown-result", ScalesRefusedError, "result code 85"),
]
READING: Final[list[Ending]] = [
    *ALWAYS,
    ("never-ready", ScalesTimedOutError, "did not finish"),
    ("hash-never-ready", ScalesTimedOutError, "did not finish"),
    ("hash-error", ScalesRefusedError, "not initialised"),
    ("hash-mismatch", ScalesNonsenseError, "its checksum differs"),
    ("endless-portions", ScalesNonsenseError, "longer than 1,000,000 bytes"),
    ("reset-in-download", ScalesUnreachableError, "broke the connection"),
    ("truncated-file", ScalesNonsenseError, "is no valid JSON"),
    ("broken-utf8", ScalesNonsenseError, "is no valid JSON"),
    ("not-json", ScalesNonsenseError, "is no valid JSON"),
    ("nan", ScalesNonsenseError, "is no valid JSON"),
    ("list-file", ScalesNonsenseError, "is no product file"),
    ("no-products", ScalesNonsenseError, "no list of products"),
    ("products-null", ScalesNonsenseError, "no list of products"),
    ("nested-file", ScalesNonsenseError, "is no valid JSON"),
]
MAYBE: Final[list[Ending]] = [
    ("reset-after-last-portion", ScalesUnreachableError, "broke the connection"),
    ("check-never-ends", ScalesTimedOutError, "did not finish checking"),
    ("unknown-check-status", ScalesNonsenseError, "answered 7,"),
    ("lost-check-reply", ScalesUnreachableError, "broke the connection"),
]
SENDING: Final[list[Ending]] = [
    *ALWAYS,
    *MAYBE,
    ("disk-full", ScalesRefusedError, r"disk full \(result code 203\)"),
    ("reset-in-upload", ScalesUnreachableError, "broke the connection"),
    ("refuse-uploads", ProductsRefusedError, "Ошибка записи в базу данных"),
    ("refuse-products:900007", ProductsRefusedError, r"Товар 900007 \(ПЛУ 900007\)"),
    ("refuse-together:900000,900299", ProductsRefusedError, "товары несовместимы"),
]

SENT = ProductFile.of(
    {
        "products": [
            muffin(code=code, pluNumber=code, name="я" * 255) for code in range(900_000, 900_300)
        ]
    }
)
"""More than two portions, so that a device can break off in the middle."""


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    with running_scales(pace=Pace(build=0, hashing=0, check=0.01)) as fleet:
        yield fleet


@pytest.fixture
def device(fleet: Fleet) -> EmulatedScales:
    return fleet[0]


def limited(device: EmulatedScales, text: str) -> AbstractContextManager[Connection]:
    """A conversation with just the limit short that is to end it with this text."""
    if "did not answer" in text:
        return connected(whereabouts(device), reply_timeout=0.3)
    if "did not finish" in text or text == "busy":
        return connected(whereabouts(device), seconds=0.6)
    return connected(whereabouts(device))


def whereabouts(device: EmulatedScales) -> Address:
    return Address(device.host, device.port)


def everything_gone(device: EmulatedScales) -> bool:
    return device.wait_until(lambda counters: counters.connections_open == 0)


def test_no_fault_is_forgotten_here() -> None:
    tried = {parse_fault(fault).kind for fault, _, _ in READING + SENDING}
    assert tried == set(Fault) - {Fault.HUGE_FILE}


@pytest.mark.parametrize(("fault", "error", "text"), READING)
def test_reading_ends_well(
    fleet: Fleet, device: EmulatedScales, fault: str, error: type[ScalesError], text: str
) -> None:
    with nothing_left_open():
        fleet.set_fault(device.port, fault)
        with raises(error, match=text) as ended, within(SOON), limited(device, text) as line:
            line.read()
        assert everything_gone(device)
        assert type(ended.value) is error
        assert not ended.value.maybe_accepted

        fleet.set_fault(device.port, None)
        with connected(whereabouts(device)) as line:
            assert line.read().file == ProductFile.of(device.document)


@pytest.mark.parametrize(("fault", "error", "text"), SENDING)
def test_sending_ends_well(
    fleet: Fleet, device: EmulatedScales, fault: str, error: type[ScalesError], text: str
) -> None:
    held = device.document
    with nothing_left_open():
        fleet.set_fault(device.port, fault)
        with raises(error, match=text) as ended, within(SOON), limited(device, text) as line:
            line.send(SENT, clear=False)
        assert everything_gone(device)
        assert type(ended.value) is error
        assert ended.value.maybe_accepted == ((fault, error, text) in MAYBE)
        if not ended.value.maybe_accepted:
            assert device.document == held

        fleet.set_fault(device.port, None)
        with connected(whereabouts(device)) as line:
            line.send(SENT, clear=False)
            assert line.read().file == ProductFile.of(device.document)


def test_a_busy_device_is_waited_for(fleet: Fleet, device: EmulatedScales) -> None:
    fleet.set_fault(device.port, "busy:3")
    with connected(whereabouts(device)) as line:
        assert len(line.read().file.products) == 678


@pytest.mark.parametrize("fault", ["huge-file", "endless-portions"])
def test_memory_is_bounded(fleet: Fleet, device: EmulatedScales, fault: str) -> None:
    fleet.set_fault(device.port, fault)
    tracemalloc.start()
    try:
        with (
            raises(ScalesNonsenseError, match="longer than 1,000,000 bytes"),
            connected(whereabouts(device), seconds=60) as line,
        ):
            line.read()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * LARGEST


def test_the_first_wrong_password_is_the_last(fleet: Fleet, device: EmulatedScales) -> None:
    before = device.counters.wrong_passwords
    with connected(whereabouts(device), password="9999") as line:  # noqa: S106  wrong
        for _ in range(5):
            with pytest.raises(ScalesError):
                line.read()
    assert device.counters.wrong_passwords == before + 1


def test_the_default_emulator_is_read_and_sent_to_in_time() -> None:
    times = []
    with running_scales() as fleet, connected(whereabouts(fleet[0])) as line:
        for _ in range(3):
            began = CLOCK.monotonic()
            received = line.read()
            was_read = CLOCK.monotonic()
            line.send(received.file, clear=False)
            times.append((was_read - began, CLOCK.monotonic() - was_read))
            assert len(received.file.products) == 678
    # The best of three: other work on the machine is not what is measured.
    assert min(reading for reading, _ in times) <= 0.5
    assert min(sending for _, sending in times) <= 0.3
