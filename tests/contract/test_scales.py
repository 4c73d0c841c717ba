"""What any Scales must do; run against the fake, and the driver with the emulator."""

import socket
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import pairwise
from typing import Any, Protocol

import pytest

from adapters.mertech.emulator import EmulatedScales, Fault, Fleet, Pace, running_scales
from adapters.mertech.scales import MertechScales
from adapters.system.clock import SystemClock
from application.ports.scales import (
    Conversation,
    Line,
    ProductsRefusedError,
    Scales,
    ScalesBusyError,
    ScalesError,
    ScalesNonsenseError,
    ScalesRefusedError,
    ScalesTimedOutError,
    ScalesUnreachableError,
    ScalesWrongPasswordError,
)
from domain.device import Address
from domain.product_file import ProductFile
from tests.fakes.scales import FakeDevice, FakeScales
from tests.integration.emulator_wire import product
from tests.integration.mertech_talk import LOOPBACK

CLOCK = SystemClock()
SHORT = 0.3
"""Seconds: for conversations that are to run into a limit."""

MUFFIN = product()
BREAD = product(code=51, id=10381, pluNumber=608, name="Хлеб\n«Бородинский» 🍞")
STRANGE = product(code=52, id=10382, pluNumber=609, secret=2**80, exact=-(2**70), none=None)
HELD: dict[str, Any] = {
    "categories": [{"idCategory": 1, "name": "Сдоба"}],
    "products": [MUFFIN, BREAD, STRANGE],
}


class Shop(Protocol):
    """One device, and the Scales that reach it."""

    address: Address

    @abstractmethod
    def scales(self, *, reply_timeout: float) -> Scales: ...

    @property
    @abstractmethod
    def device(self) -> FakeDevice | EmulatedScales: ...

    @abstractmethod
    def break_by(self, fault: Fault | None) -> None: ...

    @property
    @abstractmethod
    def lines_open(self) -> int: ...

    @property
    @abstractmethod
    def connections(self) -> int: ...

    @property
    @abstractmethod
    def wrong_passwords(self) -> int: ...


class FakeShop(Shop):
    def __init__(self) -> None:
        self.address = Address("10.0.0.7", 1111)
        self._devices = FakeScales(CLOCK)
        self._devices.plug_in(self.address, HELD)

    def scales(self, *, reply_timeout: float) -> FakeScales:
        scales = FakeScales(CLOCK, reply_timeout=reply_timeout)
        scales.devices = self._devices.devices
        return scales

    @property
    def device(self) -> FakeDevice:
        return self._devices.devices[self.address]

    def break_by(self, fault: Fault | None) -> None:
        self.device.fault = fault

    @property
    def lines_open(self) -> int:
        return self.device.open

    @property
    def connections(self) -> int:
        return self.device.counts["connections"]

    @property
    def wrong_passwords(self) -> int:
        return self.device.counts["wrong passwords"]


class EmulatedShop(Shop):
    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self.address = Address(self.device.host, self.device.port)
        self.device.document = HELD

    def scales(self, *, reply_timeout: float) -> MertechScales:
        return MertechScales(CLOCK, reply_timeout=reply_timeout, networks=LOOPBACK)

    @property
    def device(self) -> EmulatedScales:
        return self._fleet[0]

    def break_by(self, fault: Fault | None) -> None:
        self._fleet.set_fault(self.address.port, fault)

    @property
    def lines_open(self) -> int:
        # It hears of the end a moment after it.
        self.device.wait_until(lambda counters: counters.connections_open == 0)
        return self.device.counters.connections_open

    @property
    def connections(self) -> int:
        return self.device.counters.connections

    @property
    def wrong_passwords(self) -> int:
        return self.device.counters.wrong_passwords


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.fixture(params=["fake", "127.0.0.1", "::1"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    if request.param == "fake":
        yield FakeShop()
        return
    if request.param == "::1" and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    pace = Pace(build=0.01, hashing=0.01, check=0.01)
    with running_scales(host=request.param, products=0, pace=pace) as fleet:
        yield EmulatedShop(fleet)


def talk(
    shop: Shop,
    *,
    password: str = "1234",  # noqa: S107  the maker's default
    seconds: float = 10.0,
    reply_timeout: float = 10.0,
    heartbeat: Callable[[], None] = lambda: None,
) -> AbstractContextManager[Conversation]:
    deadline = CLOCK.monotonic() + seconds
    line = Line(shop.address, password)
    scales = shop.scales(reply_timeout=reply_timeout)
    return scales.conversation(line, deadline=deadline, heartbeat=heartbeat)


def file_of(*products: dict[str, Any]) -> ProductFile:
    return ProductFile.of({"products": list(products)})


def codes(shop: Shop) -> list[int]:
    document = shop.device.document
    assert document is not None
    return [held["code"] for held in document["products"]]


def test_reads_what_the_device_holds_to_the_last_digit(shop: Shop) -> None:
    with talk(shop) as line:
        received = line.read()
    assert received.file == ProductFile.of(HELD)
    assert received.file.products[2]["secret"] == 2**80
    assert type(received.file.products[2]["secret"]) is int


def test_keeps_the_order_of_fields_lists_and_products(shop: Shop) -> None:
    with talk(shop) as line:
        received = line.read()
    assert list(received.file.document) == list(HELD)
    assert list(received.file.products[0]) == list(MUFFIN)


def test_an_empty_device_is_an_empty_file(shop: Shop) -> None:
    shop.device.document = None
    with talk(shop) as line:
        assert line.read() == (ProductFile.empty(), 0)


def test_sends_the_same_bytes_as_it_read(shop: Shop) -> None:
    with talk(shop) as line:
        received = line.read()
        assert line.send(received.file, clear=True) == received.size
        assert line.read() == received
    assert shop.device.document == HELD


def test_merges_what_is_sent_into_what_the_device_holds(shop: Shop) -> None:
    new = product(code=99, id=1, pluNumber=700)
    with talk(shop) as line:
        line.send(file_of(BREAD | {"price": 80.5}, new), clear=False)
    assert codes(shop) == [50, 51, 52, 99]
    assert (shop.device.document or {})["products"][1]["price"] == 80.5
    assert (shop.device.document or {})["categories"] == HELD["categories"]


def test_clears_the_database_when_asked_to(shop: Shop) -> None:
    with talk(shop) as line:
        line.send(file_of(BREAD), clear=True)
    assert codes(shop) == [51]


def test_a_refusal_quotes_the_device_and_changes_nothing(shop: Shop) -> None:
    shop.break_by(Fault.REFUSE_UPLOADS)
    with talk(shop) as line, pytest.raises(ProductsRefusedError) as refused:
        line.send(file_of(BREAD), clear=True)
    assert refused.value.reason == "Ошибка записи в базу данных"
    assert str(refused.value).endswith(f": {refused.value.reason}")
    assert not refused.value.maybe_accepted
    assert shop.device.document == HELD


def test_names_the_product_that_the_device_will_not_have(shop: Shop) -> None:
    with talk(shop) as line, pytest.raises(ProductsRefusedError, match=r"Товар 51 \(ПЛУ 608\)"):
        line.send(file_of(MUFFIN, BREAD | {"price": -1}), clear=False)


def test_the_line_goes_on_after_products_were_refused(shop: Shop) -> None:
    with talk(shop) as line:
        for _ in range(3):
            with pytest.raises(ProductsRefusedError):
                line.send(file_of(MUFFIN, BREAD | {"price": -1}), clear=False)
        line.send(file_of(BREAD | {"price": 1}), clear=False)
        assert line.read().file.products[1]["price"] == 1
        assert line.information()
    assert shop.lines_open == 0


def test_a_command_refused_is_no_verdict_on_the_products(shop: Shop) -> None:
    shop.break_by(Fault.UNKNOWN_RESULT)
    with talk(shop) as line, pytest.raises(ScalesRefusedError, match="result code 85") as refused:
        line.send(file_of(BREAD), clear=True)
    assert not isinstance(refused.value, ProductsRefusedError)
    assert not refused.value.maybe_accepted
    assert shop.device.document == HELD


def test_the_device_tells_what_it_is(shop: Shop) -> None:
    with talk(shop) as line:
        assert line.information()["scaleModel"] == "M-ER 725 PM-15.2"
        assert line.read().file == ProductFile.of(HELD)
        assert line.information()["scaleModel"] == "M-ER 725 PM-15.2"


def test_what_a_device_is_takes_no_password(shop: Shop) -> None:
    with talk(shop, password="9999") as line:  # noqa: S106  wrong
        assert line.information()
    assert shop.wrong_passwords == 0


def test_what_the_device_tells_belongs_to_the_asker(shop: Shop) -> None:
    with talk(shop) as line:
        line.information().clear()
        assert line.information()


def test_firmware_that_does_not_know_the_question_refuses_it_and_goes_on(shop: Shop) -> None:
    shop.break_by(Fault.UNKNOWN_RESULT)
    with talk(shop) as line:
        with pytest.raises(ScalesRefusedError):
            line.information()
        shop.break_by(None)
        assert line.read().file == ProductFile.of(HELD)


def test_a_silent_device_does_not_tell_what_it_is(shop: Shop) -> None:
    shop.break_by(Fault.SILENT)
    started = time.monotonic()
    with talk(shop, reply_timeout=SHORT) as line:
        with pytest.raises(ScalesTimedOutError):
            line.information()
        with pytest.raises(ScalesUnreachableError, match="is closed"):
            line.information()
    assert SHORT <= time.monotonic() - started < SHORT + 5


def test_a_device_that_is_busy_for_ever_is_too_busy_to_tell_what_it_is(shop: Shop) -> None:
    shop.break_by(Fault.BUSY)
    with talk(shop, seconds=SHORT) as line, pytest.raises(ScalesBusyError):
        line.information()


@pytest.mark.parametrize("password", ["9999", "123", "12345", "пять", ""])
def test_a_wrong_password_is_told_as_such(shop: Shop, password: str) -> None:
    with pytest.raises(ScalesWrongPasswordError), talk(shop, password=password) as line:
        line.read()


def test_a_wrong_password_is_tried_once(shop: Shop) -> None:
    with talk(shop, password="9999") as line:  # noqa: S106  wrong
        with pytest.raises(ScalesWrongPasswordError):
            line.read()
        with pytest.raises(ScalesUnreachableError):
            line.read()
    assert shop.wrong_passwords == 1


def test_a_device_that_is_switched_off_is_unreachable(shop: Shop) -> None:
    shop.break_by(Fault.REFUSE_CONNECTIONS)
    with (
        pytest.raises(ScalesUnreachableError, match=f"{shop.address.port} refused the connection"),
        talk(shop),
    ):
        pass


def test_a_device_that_is_busy_for_ever_is_busy_at_the_deadline(shop: Shop) -> None:
    shop.break_by(Fault.BUSY)
    started = time.monotonic()
    with talk(shop, seconds=SHORT) as line, pytest.raises(ScalesBusyError):
        line.read()
    assert SHORT <= time.monotonic() - started < SHORT + 5


def test_a_device_that_is_never_ready_times_out_at_the_deadline(shop: Shop) -> None:
    shop.break_by(Fault.NEVER_READY)
    started = time.monotonic()
    with talk(shop, seconds=SHORT) as line, pytest.raises(ScalesTimedOutError):
        line.read()
    assert SHORT <= time.monotonic() - started < SHORT + 5


def test_a_silent_device_times_out(shop: Shop) -> None:
    shop.break_by(Fault.SILENT)
    started = time.monotonic()
    with talk(shop, reply_timeout=SHORT) as line, pytest.raises(ScalesTimedOutError):
        line.read()
    assert SHORT <= time.monotonic() - started < SHORT + 5


def test_nothing_is_begun_after_the_deadline(shop: Shop) -> None:
    with pytest.raises(ScalesTimedOutError), talk(shop, seconds=0):
        pass


def test_a_conversation_cannot_outlast_its_deadline(shop: Shop) -> None:
    with talk(shop, seconds=0.1) as line:
        time.sleep(0.1)
        with pytest.raises(ScalesTimedOutError) as late:
            line.send(file_of(BREAD), clear=True)
    assert not late.value.maybe_accepted
    assert shop.device.document == HELD


@pytest.mark.parametrize("fault", [Fault.NOT_JSON, Fault.LIST_FILE])
def test_what_is_no_product_file_is_nonsense(shop: Shop, fault: Fault) -> None:
    shop.break_by(fault)
    with talk(shop) as line, pytest.raises(ScalesNonsenseError):
        line.read()


@pytest.mark.parametrize("fault", [Fault.LOST_CHECK_REPLY, Fault.RESET_AFTER_LAST_PORTION])
def test_a_lost_answer_leaves_open_whether_the_device_accepted(shop: Shop, fault: Fault) -> None:
    shop.break_by(fault)
    with talk(shop) as line, pytest.raises(ScalesUnreachableError) as lost:
        line.send(file_of(BREAD), clear=True)
    assert lost.value.maybe_accepted
    shop.break_by(None)
    with talk(shop) as line:
        assert len(line.read().file.products) == 1


def test_a_check_that_never_ends_leaves_open_whether_the_device_accepted(shop: Shop) -> None:
    shop.break_by(Fault.CHECK_NEVER_ENDS)
    with talk(shop, seconds=SHORT) as line, pytest.raises(ScalesTimedOutError) as late:
        line.send(file_of(BREAD), clear=True)
    assert late.value.maybe_accepted


def test_a_line_that_broke_before_the_last_portion_leaves_nothing_open(shop: Shop) -> None:
    shop.break_by(Fault.RESET_IN_UPLOAD)
    # More than one portion, so that the device can break off in the middle.
    many = [product(code=code, pluNumber=code, name="я" * 255) for code in range(100, 400)]
    with talk(shop) as line, pytest.raises(ScalesUnreachableError) as broken:
        line.send(file_of(*many), clear=True)
    assert not broken.value.maybe_accepted
    assert shop.device.document == HELD


@pytest.mark.parametrize(
    "fault", [Fault.SILENT, Fault.NEVER_READY, Fault.RESET_IN_DOWNLOAD, Fault.NOT_JSON]
)
def test_a_line_that_failed_is_not_used_again(shop: Shop, fault: Fault) -> None:
    shop.break_by(fault)
    with talk(shop, seconds=SHORT) as line:
        with pytest.raises(ScalesError):
            line.read()
        shop.break_by(None)
        with pytest.raises(ScalesUnreachableError, match="is closed"):
            line.read()
        with pytest.raises(ScalesUnreachableError, match="is closed"):
            line.send(file_of(BREAD), clear=True)
    with talk(shop) as line:
        assert line.read().file == ProductFile.of(HELD)


def test_a_line_is_dead_after_its_block(shop: Shop) -> None:
    with talk(shop) as line:
        line.read()
    with pytest.raises(ScalesUnreachableError, match="is closed"):
        line.read()


def test_nothing_stays_open(shop: Shop) -> None:
    with talk(shop) as line:
        line.read()
    with pytest.raises(KeyError), talk(shop):
        raise KeyError
    shop.break_by(Fault.SILENT)
    with talk(shop, reply_timeout=SHORT) as line, pytest.raises(ScalesTimedOutError):
        line.read()
    assert shop.lines_open == 0


def test_the_heart_beats_before_each_command(shop: Shop) -> None:
    beats: list[float] = []
    with talk(shop, heartbeat=lambda: beats.append(CLOCK.monotonic())) as line:
        line.read()
        after_reading = len(beats)
        line.send(file_of(BREAD), clear=False)
    assert after_reading >= 5
    assert len(beats) >= after_reading + 3


class LostError(Exception):
    """What a heartbeat raises in these tests."""


@pytest.mark.parametrize("beats", range(2, 10))
def test_what_the_heartbeat_raises_ends_the_conversation(shop: Shop, beats: int) -> None:
    left = beats

    def heartbeat() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise LostError

    with talk(shop, heartbeat=heartbeat) as line:
        with pytest.raises(LostError):
            for _ in range(3):
                line.read()
                line.send(file_of(BREAD), clear=False)
        with pytest.raises(ScalesUnreachableError):
            line.read()
    assert shop.lines_open == 0


def test_nothing_is_connected_to_when_the_heartbeat_raises(shop: Shop) -> None:
    def heartbeat() -> None:
        raise LostError

    with pytest.raises(LostError), talk(shop, heartbeat=heartbeat):
        pass
    assert shop.connections == 0


def test_the_heart_beats_while_the_device_is_silent(shop: Shop) -> None:
    shop.break_by(Fault.SILENT)
    beats = [CLOCK.monotonic()]
    with (
        talk(
            shop,
            seconds=2.5,
            heartbeat=lambda: beats.append(CLOCK.monotonic()),
        ) as line,
        pytest.raises(ScalesTimedOutError),
    ):
        line.read()
    beats.append(CLOCK.monotonic())
    assert all(later - one < 2 for one, later in pairwise(beats))
    assert len(beats) >= 4


def test_what_is_read_belongs_to_the_reader(shop: Shop) -> None:
    with talk(shop) as line:
        line.read().file.products.clear()
        sent = file_of(BREAD)
        line.send(sent, clear=True)
        sent.products.clear()
        assert line.read().file == file_of(BREAD)
