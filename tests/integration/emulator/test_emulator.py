"""The emulator on the wire: as strict as the device is known to be."""

import json
import time
from collections.abc import Iterator

import pytest

from adapters.mertech.emulator import EmulatedScales, Fleet, Pace, catalogue_file, running_scales
from adapters.mertech.emulator.frames import parse
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
    sum_of,
)

UPLOADED = file_bytes({"products": [muffin()]})


class Clock:
    """Stands still until moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    with running_scales(products=40, pace=AT_ONCE) as fleet:
        yield fleet


@pytest.fixture
def device(fleet: Fleet) -> EmulatedScales:
    return fleet[0]


@pytest.fixture
def wire(device: EmulatedScales) -> Iterator[Wire]:
    with Wire(device.port) as wire:
        yield wire


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def slow(clock: Clock) -> EmulatedScales:
    """A device without a network that takes a second for everything."""
    return EmulatedScales(catalogue_file(40), pace=Pace(1, 1, 1), now=clock)


def ask(device: EmulatedScales, command: bytes, body: bytes = b"") -> bytes:
    """Its reply, from STX on."""
    return device.answer(parse(frame(command + b"1234" + body)[4:])).frame[4:]


def test_a_file_is_read_whole_with_its_sum(wire: Wire, device: EmulatedScales) -> None:
    assert json.loads(wire.read_file()) == device.document


def test_a_file_comes_in_portions_of_60000_bytes() -> None:
    with running_scales(products=678, pace=AT_ONCE) as fleet, Wire(fleet[0].port) as wire:
        wire.begin_reading()
        portions = [wire.next_portion() for _ in range(4)]
    assert [(last, offset) for last, offset, _ in portions] == [
        (False, 0),
        (False, 60_000),
        (False, 120_000),
        (True, 180_000),
    ]


def test_an_unknown_command_is_120(wire: Wire) -> None:
    assert wire.result(b"\xff\x99") == 120
    assert wire.result(DOWNLOAD, b"\x55") == 120
    assert wire.result(UPLOAD, b"\x55") == 120
    wire.socket.sendall(frame(b"\x11" + b"1234"))
    assert wire.reply()[2:] == b"\x11\x78"


@pytest.mark.parametrize(
    ("command", "body"),
    [
        (BUILD, b"\0"),
        (BUILD_STATUS, b"\0"),
        (DOWNLOAD, b""),
        (DOWNLOAD, b"\x06\0"),
        (DOWNLOAD, b"\x07\0"),
        (DOWNLOAD, b"\x03\0"),
        (UPLOAD, b""),
        (UPLOAD, b"\x09\0"),
        (UPLOAD, announcement(UPLOADED)[:-1]),
        (UPLOAD, announcement(UPLOADED) + b"\0"),
    ],
)
def test_a_body_of_another_length_is_124(wire: Wire, command: bytes, body: bytes) -> None:
    assert wire.result(command, body) == 124


@pytest.mark.parametrize(("place", "byte"), [(17, 5), (26, 2), (27, 2)])
def test_an_announcement_with_a_wrong_marker_is_124(wire: Wire, place: int, byte: int) -> None:
    wrong = bytearray(announcement(UPLOADED))
    wrong[place] = byte
    assert wire.result(UPLOAD, bytes(wrong)) == 124


@pytest.mark.parametrize(
    "command",
    [
        (BUILD, b""),
        (BUILD_STATUS, b""),
        (DOWNLOAD, b"\x06"),
        (DOWNLOAD, b"\x07"),
        (DOWNLOAD, b"\x03"),
        (UPLOAD, announcement(UPLOADED)),
        (UPLOAD, portion(UPLOADED)),
        (UPLOAD, b"\x09"),
    ],
)
def test_a_wrong_password_is_122(wire: Wire, command: tuple[bytes, bytes]) -> None:
    wire.password = b"4321"
    assert wire.result(*command) == 122


def test_a_password_is_four_bytes(wire: Wire) -> None:
    wire.password = b"123"
    assert wire.result(BUILD) == 124
    wire.password = b"12345"
    assert wire.result(BUILD) == 124


def test_fifteen_wrong_passwords_in_a_row_lock_the_device(
    wire: Wire, device: EmulatedScales
) -> None:
    for _ in range(2):
        wire.password = b"4321"
        assert {wire.result(BUILD) for _ in range(14)} == {122}
        wire.password = b"1234"
        assert wire.result(BUILD) == 0
    wire.password = b"4321"
    assert {wire.result(BUILD) for _ in range(15)} == {122}
    wire.password = b"1234"
    assert device.locked
    assert wire.result(BUILD) == 122
    device.unlock()
    assert wire.result(BUILD) == 0


@pytest.mark.parametrize(
    "broken",
    [
        b"\x06\0\0\0" + b"\x03\x04\xff\x14\x31\x32",  # no STX
        b"\x08\0\0\0" + b"\x02\x05\xff\x141234",  # a length byte too small
        b"\x08\0\0\0" + b"\x02\xff\xff\x141234",  # 0xFF for less than 255
        b"\x02\0\0\0" + b"\x02\0",  # no command
        b"\x03\0\0\0" + b"\x02\x01\xff",  # half a command
        b"\0\0\0\0",
        (70_000).to_bytes(4, "little"),
        b"\xff\xff\xff\xff",
    ],
)
def test_what_is_no_frame_ends_the_connection(wire: Wire, broken: bytes) -> None:
    wire.socket.sendall(broken)
    with pytest.raises(ConnectionError):
        wire.reply()


def test_frames_may_come_in_pieces_and_together(wire: Wire) -> None:
    twice = frame(BUILD + b"1234") + frame(BUILD_STATUS + b"1234")
    wire.socket.sendall(twice[:3])
    wire.socket.sendall(twice[3:7])
    wire.socket.sendall(twice[7:])
    assert [wire.reply()[3:], wire.reply()[3:]] == [b"\x14\0", b"\x15\0"]


def test_nothing_is_ready_that_was_not_asked_for(wire: Wire) -> None:
    assert wire.result(BUILD_STATUS) == 188
    assert wire.result(DOWNLOAD, b"\x06") == 188
    assert wire.result(DOWNLOAD, b"\x07") == 188
    assert wire.result(DOWNLOAD, b"\x03") == 188
    assert wire.result(BUILD) == 0
    assert wire.result(DOWNLOAD, b"\x07") == 188
    assert wire.result(DOWNLOAD, b"\x03") == 188


def test_after_the_last_portion_there_is_no_next(wire: Wire) -> None:
    wire.read_file()
    assert wire.result(DOWNLOAD, b"\x03") == 188


def test_a_new_build_forgets_the_hash_of_the_last(wire: Wire) -> None:
    wire.begin_reading()
    assert wire.result(BUILD) == 0
    assert wire.result(DOWNLOAD, b"\x03") == 188


def test_building_takes_time(slow: EmulatedScales, clock: Clock) -> None:
    assert ask(slow, BUILD)[4:] == b"\0"
    assert ask(slow, BUILD_STATUS)[4:] == b"\xac"
    assert ask(slow, BUILD)[4:] == b"\xc7"
    assert ask(slow, DOWNLOAD, b"\x06")[4:] == b"\xc7"
    assert ask(slow, UPLOAD, announcement(UPLOADED))[4:] == b"\xc7"
    clock.seconds = 1
    assert ask(slow, BUILD_STATUS)[4:] == b"\0"


def test_hashing_takes_time(slow: EmulatedScales, clock: Clock) -> None:
    ask(slow, BUILD)
    clock.seconds = 1
    assert ask(slow, DOWNLOAD, b"\x06")[4:] == b"\0"
    assert ask(slow, DOWNLOAD, b"\x07")[4:] == b"\xac"
    assert ask(slow, DOWNLOAD, b"\x06")[4:] == b"\xc7"
    assert ask(slow, DOWNLOAD, b"\x03")[4:] == b"\xc7"
    assert ask(slow, BUILD)[4:] == b"\xc7"
    clock.seconds = 2
    assert ask(slow, DOWNLOAD, b"\x07")[4:6] == b"\0\0"


def test_checking_takes_time(slow: EmulatedScales, clock: Clock) -> None:
    ask(slow, UPLOAD, announcement(UPLOADED, clear=True))
    ask(slow, UPLOAD, portion(UPLOADED))
    assert ask(slow, UPLOAD, b"\x09")[4:] == b"\0\x01\0\0"
    assert ask(slow, UPLOAD, announcement(UPLOADED))[4:] == b"\xc7"
    assert ask(slow, BUILD)[4:] == b"\xc7"
    assert slow.document == catalogue_file(40).document
    clock.seconds = 1
    assert ask(slow, UPLOAD, b"\x09")[4:] == b"\0\0\0\0"
    assert slow.document == json.loads(UPLOADED)


def test_a_file_is_taken_in_also_when_nobody_asks(slow: EmulatedScales, clock: Clock) -> None:
    ask(slow, UPLOAD, announcement(UPLOADED, clear=True))
    ask(slow, UPLOAD, portion(UPLOADED))
    clock.seconds = 1
    assert slow.document == json.loads(UPLOADED)
    assert slow.counters.uploads_accepted == 1


def test_what_is_read_is_the_file_as_it_was_built(wire: Wire, device: EmulatedScales) -> None:
    before = device.document
    wire.begin_reading()
    device.document = {"products": []}
    data, last = b"", False
    while not last:
        last, _, more = wire.next_portion()
        data += more
    assert json.loads(data) == before
    assert json.loads(wire.read_file()) == {"products": []}


def test_a_device_without_a_product_file_says_171() -> None:
    with running_scales(products=0, pace=AT_ONCE) as fleet, Wire(fleet[0].port) as wire:
        assert fleet[0].document is None
        assert wire.result(BUILD) == 0
        assert wire.result(BUILD_STATUS) == 0
        assert wire.result(DOWNLOAD, b"\x06") == 171
        assert wire.upload(UPLOADED) == (0, "")
        assert wire.read_file() == UPLOADED


def test_information_needs_no_password(wire: Wire, device: EmulatedScales) -> None:
    wire.socket.sendall(frame(INFORMATION))
    reply = wire.reply()
    assert reply[2:5] == INFORMATION + b"\0"
    assert int.from_bytes(reply[5:7], "little") == len(reply[7:])
    said = json.loads(reply[7:])
    assert (said["scaleModel"], said["serialNumber"]) == ("M-ER 725 PM-15.2", device.serial_number)
    assert {"name", "mac", "used", "ipList"} == set(said["networkInfo"][0])


def test_information_with_a_body_is_124(wire: Wire) -> None:
    wire.socket.sendall(frame(INFORMATION + b"1234"))
    assert wire.reply()[4:] == b"\x7c"


def test_each_reply_waits_for_the_latency() -> None:
    with running_scales(products=1, latency=0.05) as fleet, Wire(fleet[0].port) as wire:
        started = time.monotonic()
        wire.result(BUILD)
        wire.ask(BUILD_STATUS)
        assert time.monotonic() - started >= 0.1


def test_a_client_that_goes_during_the_latency_is_let_go() -> None:
    with running_scales(products=1, latency=30) as fleet:
        with Wire(fleet[0].port) as wire:
            wire.send(BUILD)
            assert fleet[0].wait_until(lambda seen: seen.commands["FF 14"] == 1)
        assert fleet[0].wait_until(lambda seen: seen.connections_open == 0)


def test_the_counts_tell_what_was_seen(wire: Wire, device: EmulatedScales) -> None:
    data = wire.read_file()
    seen = device.counters
    assert (seen.connections, seen.connections_open) == (1, 1)
    assert seen.commands == {"FF 14": 1, "FF 15": 1, "FF 12 06": 1, "FF 12 07": 1, "FF 12 03": 1}
    assert seen.bytes_sent == 3 * 9 + 26 + 16 + len(data)
    assert seen.bytes_received == 2 * 12 + 3 * 13
    wire.socket.close()
    assert device.wait_until(lambda seen: seen.connections_open == 0)


def test_no_log_and_no_repr_shows_a_password(
    wire: Wire, device: EmulatedScales, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        assert wire.upload(UPLOADED)[0] == 0
    assert f"127.0.0.1:{device.port} accepted an upload" in caplog.text
    request = parse(frame(BUILD + b"1234")[4:])
    assert "1234" not in caplog.text.replace(str(device.port), "") + repr(request)


def test_two_clients_get_into_each_others_way(wire: Wire, device: EmulatedScales) -> None:
    with Wire(device.port) as other:
        wire.begin_reading()
        assert other.result(BUILD) == 0
        assert wire.result(DOWNLOAD, b"\x03") == 188


def test_the_sum_is_that_of_the_bytes(wire: Wire, device: EmulatedScales) -> None:
    assert device.file is not None
    assert wire.begin_reading() == sum_of(device.file.data)
