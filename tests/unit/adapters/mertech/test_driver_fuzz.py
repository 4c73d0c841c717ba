"""Whole conversations with a device that answers anything: only our errors come out, in time."""

import hashlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.mertech.driver import driver
from adapters.mertech.driver.driver import MertechDriver
from adapters.mertech.driver.replies import Reply, parse
from adapters.mertech.driver.watch import Watch
from application.ports.scales import (
    Received,
    ScalesBusyError,
    ScalesError,
    ScalesNonsenseError,
    ScalesRefusedError,
    ScalesTimedOutError,
    ScalesWrongPasswordError,
    Target,
)
from domain.devices.device import Address
from domain.devices.networks import DeviceNetworks
from tests.fakes.clock import FakeClock

DEADLINE = 60.0
LARGEST = 400
FILE = b'{"products":[{"code":50}]}'


class Answers:
    """A wire on which these answers come, the last of them for ever; each takes 10 ms."""

    def __init__(self, answers: list[bytes], clock: FakeClock) -> None:
        self.requests_sent = 0
        self.said: list[bytes] = []
        self._answers = answers
        self._clock = clock

    def ask(self, request: bytes) -> Reply:
        self._clock.sleep(0.01)
        if self._clock.monotonic() >= DEADLINE:
            raise ScalesTimedOutError
        self.requests_sent += 1
        rest = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        self.said.append(rest)
        command = request[6:8]
        frame = b"\x02" + bytes([min(len(rest) + 2, 255)]) + command + rest
        return parse(frame, command)


@contextmanager
def talking(monkeypatch: pytest.MonkeyPatch, answers: list[bytes]) -> Iterator[MertechDriver]:
    clock = FakeClock()
    with monkeypatch.context() as patched:
        patched.setattr(driver, "connect", lambda *_, **__: socket.socket())
        spoken = MertechDriver(
            Target(Address("10.0.0.7", 1111), "1234"),
            Watch(clock, DEADLINE, lambda: None),
            connect_timeout=1.0,
            reply_timeout=1.0,
            networks=DeviceNetworks.of(),
            largest_file=LARGEST,
            undelivered=1.0,
        )
    spoken._wire = Answers(list(answers), clock)  # type: ignore[assignment]
    try:
        yield spoken
    finally:
        spoken.close()
    assert clock.monotonic() < DEADLINE + 1.1


def portions(data: bytes) -> st.SearchStrategy[bytes]:
    return st.builds(
        lambda last, offset, cut: (
            bytes([0, last])
            + offset.to_bytes(4, "little")
            + len(data[offset:cut]).to_bytes(2, "little")
            + data[offset:cut]
        ),
        st.integers(0, 2),
        st.integers(0, len(data)),
        st.integers(0, len(data)),
    )


def informations() -> st.SearchStrategy[bytes]:
    texts = st.sampled_from([b"{}", b"[]", b'{"scaleModel":"M-ER 725"}', b"{"]) | st.binary()
    return texts.map(lambda text: b"\0" + len(text).to_bytes(2, "little") + text)


def checks() -> st.SearchStrategy[bytes]:
    return st.builds(
        lambda status, reason: bytes([0, status]) + len(reason).to_bytes(2, "little") + reason,
        st.integers(0, 3),
        st.binary(max_size=20),
    )


ANSWER = st.one_of(
    st.just(b"\0"),
    st.sampled_from([b"\xac", b"\xc7", b"\xab", b"\x7a", b"\xbc", b"\x80"]),
    st.just(b"\0\0" + hashlib.md5(FILE, usedforsecurity=False).digest()),
    portions(FILE),
    checks(),
    st.binary(min_size=1, max_size=40),
)
ANSWERS = st.lists(ANSWER, min_size=1, max_size=12)
FUZZING = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@FUZZING
@given(ANSWERS | st.lists(ANSWER, min_size=1).map(lambda more: [b"\0", b"\0", b"\0", *more]))
def test_reading_gives_a_file_or_our_error(
    monkeypatch: pytest.MonkeyPatch, answers: list[bytes]
) -> None:
    with talking(monkeypatch, answers) as spoken:
        try:
            received = spoken.get_products_json()
        except ScalesError as error:
            failed = error
        else:
            assert isinstance(received, Received)
            assert received.size <= LARGEST
            return
    assert not failed.maybe_accepted
    assert isinstance(
        failed,
        ScalesBusyError
        | ScalesNonsenseError
        | ScalesRefusedError
        | ScalesTimedOutError
        | ScalesWrongPasswordError,
    )


@FUZZING
@given(ANSWERS | st.lists(ANSWER, min_size=1).map(lambda more: [b"\0", b"\0", *more]))
def test_sending_succeeds_only_when_the_device_says_so(
    monkeypatch: pytest.MonkeyPatch, answers: list[bytes]
) -> None:
    with talking(monkeypatch, answers) as spoken:
        try:
            spoken.send_json_products({"products": []}, False)
        except ScalesError as error:
            failed = error
        else:
            *_, verdict = spoken._wire.said  # type: ignore[attr-defined]
            assert verdict[:2] == b"\0\0"
            return
    if failed.maybe_accepted:
        # The announcement and the only portion went out.
        assert spoken._wire.requests_sent >= 2


@FUZZING
@given(ANSWERS | st.lists(informations(), min_size=1, max_size=2))
def test_asking_what_it_is_gives_an_object_or_our_error(
    monkeypatch: pytest.MonkeyPatch, answers: list[bytes]
) -> None:
    with talking(monkeypatch, answers) as spoken, suppress(ScalesError):
        assert isinstance(spoken.get_information(), dict)
