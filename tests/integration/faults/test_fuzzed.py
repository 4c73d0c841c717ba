"""Whole conversations over a socket with a device that answers anything."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.mertech.emulator import frames
from application.ports.scales import Connection, ScalesError
from domain.products.product_file import ProductFile
from tests.harness.left_open import nothing_left_open
from tests.integration.mertech.connections import connected
from tests.integration.mertech.frames import checked, offering, portion, taken
from tests.integration.mertech.scripted_device import ScriptedDevice, scripted

FILE = b'{"products":[{"code":50,"price":24.1}]}'
SENT = ProductFile.of({"products": [{"code": 50}]})
READING = (*offering(FILE), portion(FILE))
SENDING = (taken(), taken(), checked(0))
TELLING = (frames.reply(frames.INFORMATION, 0, b"\x02\0{}"),)
SECONDS = 0.4
"""The deadline of each conversation."""
MARGIN = 10.0

COMMANDS = st.sampled_from(
    [frames.BUILD, frames.BUILD_STATUS, frames.DOWNLOAD, frames.UPLOAD, frames.INFORMATION]
)
FRAME = st.builds(frames.reply, COMMANDS, st.integers(0, 255), st.binary(max_size=60))
ANSWER = st.binary(max_size=80) | FRAME | st.sampled_from([*READING, *SENDING, *TELLING])


@st.composite
def spoiled(draw: st.DrawFn, honest: tuple[bytes, ...]) -> list[bytes]:
    """An honest conversation, one answer of which is cut, flipped, doubled, or another."""
    at = draw(st.integers(0, len(honest) - 1))
    answer = honest[at]
    place = draw(st.integers(0, len(answer) - 1))
    flipped = bytearray(answer)
    flipped[place] ^= draw(st.integers(1, 255))
    wrong = draw(st.sampled_from([answer[:place], bytes(flipped), answer + answer]) | ANSWER)
    return [*honest[:at], wrong, *honest[at + 1 :]]


@dataclass
class Liar:
    """A device on every connection to which these answers come, one to each request."""

    device: ScriptedDevice
    answers: list[bytes] = field(default_factory=list)
    hangs_up: bool = True


@pytest.fixture(scope="module")
def liar() -> Iterator[Liar]:
    liars: list[Liar] = []

    def lie(device: ScriptedDevice, connection: socket.socket) -> None:
        for answer in list(liars[0].answers):
            if device.request(connection) is None:
                return
            connection.sendall(answer)
        # Silent from now on, until the other side has had enough.
        while not liars[0].hangs_up and device.request(connection) is not None:
            pass

    with scripted(lie) as device:
        liars.append(Liar(device))
        yield liars[0]


FUZZING = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def ends_well(
    liar: Liar, answers: list[bytes], hangs_up: bool, say: Callable[[Connection], object]
) -> None:
    liar.answers, liar.hangs_up = answers, hangs_up
    started = time.monotonic()
    with (
        nothing_left_open(),
        suppress(ScalesError),
        connected(liar.device.address, seconds=SECONDS, reply_timeout=0.1) as line,
    ):
        say(line)
    assert time.monotonic() - started < SECONDS + MARGIN


@FUZZING
@given(answers=st.lists(ANSWER, max_size=8) | spoiled(READING), hangs_up=st.booleans())
def test_reading_from_a_liar(liar: Liar, answers: list[bytes], hangs_up: bool) -> None:
    def read(line: Connection) -> None:
        assert isinstance(line.read().file, ProductFile)

    ends_well(liar, answers, hangs_up, read)


@FUZZING
@given(answers=st.lists(ANSWER, max_size=8) | spoiled(SENDING), hangs_up=st.booleans())
def test_sending_to_a_liar(liar: Liar, answers: list[bytes], hangs_up: bool) -> None:
    def send(line: Connection) -> None:
        assert line.send(SENT, clear=False) == len(b'{"products":[{"code":50}]}')
        assert any(answer[:4] == b"\x08\0\0\0" for answer in answers), "a verdict was given"

    ends_well(liar, answers, hangs_up, send)


@FUZZING
@given(answers=st.lists(ANSWER, max_size=3) | spoiled(TELLING), hangs_up=st.booleans())
def test_asking_a_liar_what_it_is(liar: Liar, answers: list[bytes], hangs_up: bool) -> None:
    def ask(line: Connection) -> None:
        assert isinstance(line.information(), dict)

    ends_well(liar, answers, hangs_up, ask)


def test_an_honest_device_is_understood(liar: Liar) -> None:
    for honest, say in (
        (READING, lambda line: line.read()),
        (SENDING, lambda line: line.send(SENT, clear=True)),
        (TELLING, lambda line: line.information()),
    ):
        liar.answers = list(honest)
        with connected(liar.device.address) as line:
            say(line)  # type: ignore[no-untyped-call]
