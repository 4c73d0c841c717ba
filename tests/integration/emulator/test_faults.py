"""Each fault does what its name says, and is gone when it is switched off."""

import json
import time
from collections.abc import Iterator

import pytest

from adapters.mertech.emulator import ActiveFault, EmulatedScales, Fault, Fleet, running_scales
from tests.harness.products import muffin
from tests.integration.emulator.wire import (
    AT_ONCE,
    BUILD,
    BUILD_STATUS,
    DOWNLOAD,
    INFORMATION,
    UPLOAD,
    Wire,
    announcement,
    file_bytes,
    frame,
    portion,
)

UPLOADED = file_bytes({"products": [muffin()]})


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


def switch(fleet: Fleet, fault: ActiveFault | Fault | str | None) -> None:
    fleet.set_fault(fleet[0].port, fault)


def works(device: EmulatedScales) -> bool:
    """Whether it can be read and sent to, on a connection of its own."""
    with Wire(device.port) as wire:
        read = json.loads(wire.read_file()) == device.document
        return read and wire.upload(UPLOADED, clear=True) == (0, "")


def is_reset(wire: Wire) -> bool:
    """Whether the connection ends hard, after whatever still comes."""
    try:
        while wire.socket.recv(65536):
            pass
    except ConnectionResetError:
        return True
    return False


def test_a_device_that_is_off_refuses_connections_and_cuts_those_it_had(
    fleet: Fleet, device: EmulatedScales, wire: Wire
) -> None:
    wire.read_file()
    switch(fleet, Fault.REFUSE_CONNECTIONS)
    with pytest.raises(ConnectionError):
        wire.ask(BUILD)
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            Wire(device.port)
    switch(fleet, Fault.REFUSE_CONNECTIONS)
    switch(fleet, None)
    assert works(device)


def test_a_silent_device_accepts_and_says_nothing(fleet: Fleet, device: EmulatedScales) -> None:
    switch(fleet, Fault.SILENT)
    with Wire(device.port) as wire:
        wire.socket.settimeout(0.1)
        wire.send(BUILD)
        with pytest.raises(TimeoutError):
            wire.reply()
    assert device.wait_until(lambda seen: seen.connections == 1 and not seen.connections_open)
    assert not device.counters.commands
    switch(fleet, None)
    assert works(device)


def test_a_slow_device_sends_one_byte_at_a_time(fleet: Fleet, wire: Wire) -> None:
    switch(fleet, "slow:0.02")
    started = time.monotonic()
    assert wire.result(BUILD) == 0
    assert time.monotonic() - started >= 8 * 0.02


def test_a_late_answer_comes_nevertheless(fleet: Fleet, wire: Wire) -> None:
    switch(fleet, ActiveFault(Fault.LATE, seconds=0.2))
    wire.socket.settimeout(0.05)
    wire.send(BUILD)
    with pytest.raises(TimeoutError):
        wire.reply()
    wire.socket.settimeout(5)
    wire.send(b"\xff\x99")
    assert wire.reply()[2:] == BUILD + b"\0"
    assert wire.reply()[2:] == b"\xff\x99\x78"


def test_a_huge_frame_claims_4_gib(fleet: Fleet, device: EmulatedScales, wire: Wire) -> None:
    switch(fleet, Fault.HUGE_FRAME)
    wire.send(BUILD)
    assert wire.receive(4) == b"\xff\xff\xff\xff"
    assert wire.receive(5) == b"\x02\x03\xff\x14\x00"
    wire.socket.settimeout(0.05)
    with pytest.raises(TimeoutError):
        wire.receive(1)
    switch(fleet, None)
    assert works(device)


def test_no_password_is_right_and_that_locks_nothing(
    fleet: Fleet, device: EmulatedScales, wire: Wire
) -> None:
    switch(fleet, Fault.WRONG_PASSWORD)
    assert {wire.result(BUILD) for _ in range(20)} == {122}
    wire.socket.sendall(frame(INFORMATION))
    assert wire.reply()[4] == 0
    assert device.counters.wrong_passwords == 20
    switch(fleet, None)
    assert works(device)


def test_a_busy_device_is_busy_as_often_as_said(fleet: Fleet, wire: Wire) -> None:
    switch(fleet, "busy:3")
    assert [wire.result(BUILD) for _ in range(4)] == [199, 199, 199, 0]
    switch(fleet, Fault.BUSY)
    assert {wire.result(BUILD_STATUS) for _ in range(9)} == {199}
    switch(fleet, None)
    assert wire.result(BUILD_STATUS) == 0


def test_every_command_has_an_unknown_result(fleet: Fleet, wire: Wire) -> None:
    switch(fleet, Fault.UNKNOWN_RESULT)
    assert wire.result(BUILD) == 85
    assert wire.result(UPLOAD, b"\x09") == 85


def test_a_build_never_ends_until_the_fault_is_gone(fleet: Fleet, wire: Wire) -> None:
    switch(fleet, Fault.NEVER_READY)
    assert wire.result(BUILD) == 0
    assert {wire.result(BUILD_STATUS) for _ in range(20)} == {0xAC}
    assert wire.result(BUILD) == 199
    switch(fleet, None)
    assert wire.result(BUILD_STATUS) == 0
    assert wire.read_file()


def test_hashing_never_ends_until_the_fault_is_gone(fleet: Fleet, wire: Wire) -> None:
    switch(fleet, Fault.HASH_NEVER_READY)
    assert wire.result(BUILD) == 0
    assert wire.result(DOWNLOAD, b"\x06") == 0
    assert {wire.result(DOWNLOAD, b"\x07") for _ in range(20)} == {0xAC}
    switch(fleet, None)
    assert len(wire.ask(DOWNLOAD, b"\x07")) == 22


def test_hashing_fails(fleet: Fleet, device: EmulatedScales, wire: Wire) -> None:
    switch(fleet, Fault.HASH_ERROR)
    assert wire.result(BUILD) == 0
    assert wire.result(DOWNLOAD, b"\x06") == 0
    assert wire.result(DOWNLOAD, b"\x07") == 188
    switch(fleet, None)
    assert works(device)


def test_the_announced_sum_is_not_that_of_the_file(
    fleet: Fleet, device: EmulatedScales, wire: Wire
) -> None:
    switch(fleet, Fault.HASH_MISMATCH)
    assert device.file is not None
    assert wire.begin_reading() != device.file.md5
    last, data = False, b""
    while not last:
        last, _, more = wire.next_portion()
        data += more
    assert data == device.file.data


def test_portions_never_end(fleet: Fleet, device: EmulatedScales, wire: Wire) -> None:
    switch(fleet, Fault.ENDLESS_PORTIONS)
    wire.begin_reading()
    sizes, offsets = [], []
    for _ in range(20):
        last, offset, data = wire.next_portion()
        assert not last
        assert data
        sizes.append(len(data))
        offsets.append(offset)
    assert offsets == [sum(sizes[:place]) for place in range(20)]
    assert device.file is not None
    assert sum(sizes) > 5 * len(device.file.data)


def test_a_download_is_reset_half_way_through_a_reply(
    fleet: Fleet, device: EmulatedScales, wire: Wire
) -> None:
    switch(fleet, Fault.RESET_IN_DOWNLOAD)
    wire.begin_reading()
    wire.send(DOWNLOAD, b"\x03")
    assert is_reset(wire)
    switch(fleet, None)
    assert works(device)


def test_an_upload_is_reset_in_the_middle_and_nothing_is_taken(
    fleet: Fleet, device: EmulatedScales, wire: Wire
) -> None:
    before = device.document
    switch(fleet, Fault.RESET_IN_UPLOAD)
    big = file_bytes({"products": [], "filling": "." * 170_000})
    assert wire.result(UPLOAD, announcement(big)) == 0
    assert wire.result(UPLOAD, portion(big[:60_000], last=0)) == 0
    wire.send(UPLOAD, portion(big[60_000:120_000], offset=60_000, last=0))
    assert is_reset(wire)
    assert device.document == before
    switch(fleet, None)
    assert works(device)


def test_an_upload_is_taken_in_though_its_last_portion_is_not_answered(
    fleet: Fleet, device: EmulatedScales, wire: Wire
) -> None:
    switch(fleet, Fault.RESET_AFTER_LAST_PORTION)
    assert wire.result(UPLOAD, announcement(UPLOADED, clear=True)) == 0
    wire.send(UPLOAD, portion(UPLOADED))
    assert is_reset(wire)
    assert device.wait_until(lambda seen: seen.uploads_accepted == 1)
    assert device.document == json.loads(UPLOADED)


def test_an_upload_is_taken_in_though_the_reply_to_the_check_is_lost(
    fleet: Fleet, device: EmulatedScales, wire: Wire
) -> None:
    switch(fleet, Fault.LOST_CHECK_REPLY)
    assert wire.result(UPLOAD, announcement(UPLOADED, clear=True)) == 0
    wire.send_portions(UPLOADED)
    wire.send(UPLOAD, b"\x09")
    assert is_reset(wire)
    assert device.document == json.loads(UPLOADED)


def test_a_check_never_ends_and_takes_nothing_until_the_fault_is_gone(
    fleet: Fleet, device: EmulatedScales, wire: Wire
) -> None:
    before = device.document
    switch(fleet, Fault.CHECK_NEVER_ENDS)
    assert wire.result(UPLOAD, announcement(UPLOADED, clear=True)) == 0
    wire.send_portions(UPLOADED)
    assert {wire.ask(UPLOAD, b"\x09")[4:] for _ in range(20)} == {b"\0\x01\0\0"}
    assert device.document == before
    switch(fleet, None)
    assert wire.check() == (0, "")
    assert device.document == json.loads(UPLOADED)


def test_a_check_has_an_unknown_status(fleet: Fleet, device: EmulatedScales, wire: Wire) -> None:
    switch(fleet, Fault.UNKNOWN_CHECK_STATUS)
    assert wire.upload(UPLOADED, clear=True) == (7, "")
    assert device.document == json.loads(UPLOADED)


def test_the_disk_is_full(fleet: Fleet, device: EmulatedScales, wire: Wire) -> None:
    switch(fleet, Fault.DISK_FULL)
    assert wire.result(UPLOAD, announcement(UPLOADED)) == 203
    assert wire.result(UPLOAD, portion(UPLOADED)) == 188
    switch(fleet, None)
    assert works(device)


def test_every_upload_is_refused(fleet: Fleet, device: EmulatedScales, wire: Wire) -> None:
    before = device.document
    switch(fleet, Fault.REFUSE_UPLOADS)
    assert wire.upload(UPLOADED) == (2, "Ошибка записи в базу данных")
    assert device.document == before
    switch(fleet, None)
    assert works(device)


def test_uploads_with_a_named_product_are_refused(
    fleet: Fleet, device: EmulatedScales, wire: Wire
) -> None:
    before = device.document
    switch(fleet, "refuse-products:8,50")
    reason = "Товар 50 (ПЛУ 607): ошибка записи в базу данных"
    assert wire.upload(UPLOADED) == (2, reason)
    assert device.document == before
    other = muffin(code=9_000_001, pluNumber=900_001)
    assert wire.upload(file_bytes({"products": [other]})) == (0, "")


def test_uploads_with_all_the_named_products_are_refused(fleet: Fleet, wire: Wire) -> None:
    switch(fleet, ActiveFault(Fault.REFUSE_TOGETHER, codes=frozenset({50, 9_000_001})))
    one = muffin(pluNumber=900_000)
    other = muffin(code=9_000_001, pluNumber=900_001)
    assert wire.upload(file_bytes({"products": [one, other]}))[0] == 2
    assert wire.upload(file_bytes({"products": [one]}))[0] == 0
    assert wire.upload(file_bytes({"products": [other]}))[0] == 0


def test_a_fault_is_one_devices_own() -> None:
    with running_scales(count=2, products=1, pace=AT_ONCE) as fleet:
        switch(fleet, Fault.REFUSE_CONNECTIONS)
        assert works(fleet[1])
        with pytest.raises(KeyError):
            fleet.set_fault(1, Fault.SILENT)
