"""What any Scales promises of the heartbeat."""

from itertools import pairwise

import pytest

from adapters.mertech.emulator import Fault
from application.ports.scales import (
    ScalesTimedOutError,
    ScalesUnreachableError,
)
from tests.harness.contract_device import BREAD, CLOCK, ContractDevice, connected, file_of


class LostError(Exception):
    """What a heartbeat raises in these tests."""


def test_the_heart_beats_before_each_command(tested: ContractDevice) -> None:
    beats: list[float] = []
    with connected(tested, heartbeat=lambda: beats.append(CLOCK.monotonic())) as line:
        line.read()
        after_reading = len(beats)
        line.send(file_of(BREAD), clear=False)
    assert after_reading >= 5
    assert len(beats) >= after_reading + 3


@pytest.mark.parametrize("beats", range(2, 10))
def test_what_the_heartbeat_raises_ends_the_conversation(
    tested: ContractDevice, beats: int
) -> None:
    left = beats

    def heartbeat() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise LostError

    with connected(tested, heartbeat=heartbeat) as line:
        with pytest.raises(LostError):
            for _ in range(3):
                line.read()
                line.send(file_of(BREAD), clear=False)
        with pytest.raises(ScalesUnreachableError):
            line.read()
    assert tested.lines_open == 0


def test_nothing_is_connected_to_when_the_heartbeat_raises(tested: ContractDevice) -> None:
    def heartbeat() -> None:
        raise LostError

    with pytest.raises(LostError), connected(tested, heartbeat=heartbeat):
        pass
    assert tested.connections == 0


def test_the_heart_beats_while_the_device_is_silent(tested: ContractDevice) -> None:
    tested.break_by(Fault.SILENT)
    beats = [CLOCK.monotonic()]
    with (
        connected(
            tested,
            seconds=2.5,
            heartbeat=lambda: beats.append(CLOCK.monotonic()),
        ) as line,
        pytest.raises(ScalesTimedOutError),
    ):
        line.read()
    beats.append(CLOCK.monotonic())
    assert all(later - one < 2 for one, later in pairwise(beats))
    assert len(beats) >= 4
