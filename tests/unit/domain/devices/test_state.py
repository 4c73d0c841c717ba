"""What the states of a device mean."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.devices.state import DeviceFacts, DeviceState, states_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WELL = DeviceFacts(auto_update=True, due_at=NOON + MINUTE)


@pytest.mark.parametrize("facts", [DeviceFacts(), WELL])
def test_a_device_that_is_well_is_in_no_state(facts: DeviceFacts) -> None:
    assert states_of(facts, NOON) == frozenset()


@pytest.mark.parametrize(
    ("facts", "states"),
    [
        (replace(WELL, consecutive_failures=1), {DeviceState.FAILING}),
        (DeviceFacts(consecutive_failures=1), set()),
        (replace(WELL, due_at=NOON - 5 * MINUTE), {DeviceState.LATE}),
        (replace(WELL, due_at=NOON - 4 * MINUTE), set()),
        (replace(WELL, clock_was_ahead=True), {DeviceState.LATE}),
        (replace(WELL, due_at=NOON - 5 * MINUTE, refusals=1), {DeviceState.WRONG_PASSWORD}),
        (replace(WELL, clock_was_ahead=True, refusals=1), {DeviceState.WRONG_PASSWORD}),
        (DeviceFacts(clock_was_ahead=True), set()),
        (DeviceFacts(unverified=True), {DeviceState.UNVERIFIED}),
        (DeviceFacts(unverified=True, in_conversation=True), set()),
        (DeviceFacts(replaced=True, edited=True), {DeviceState.REPLACED, DeviceState.EDITED}),
        (DeviceFacts(clock_ahead=5 * MINUTE), set()),
        (DeviceFacts(clock_ahead=6 * MINUTE), {DeviceState.WRONG_CLOCK}),
        (DeviceFacts(clock_ahead=-6 * MINUTE), {DeviceState.WRONG_CLOCK}),
    ],
)
def test_what_puts_a_device_into_a_state(facts: DeviceFacts, states: set[DeviceState]) -> None:
    assert states_of(facts, NOON) == states


@pytest.mark.parametrize(
    ("facts", "due"),
    [
        (WELL, False),
        (replace(WELL, due_at=NOON), True),
        (replace(WELL, clock_was_ahead=True), True),
        (replace(WELL, due_at=NOON, refusals=1), False),
        (DeviceFacts(), False),
    ],
)
def test_when_a_turn_has_come(facts: DeviceFacts, due: bool) -> None:
    assert facts.is_due(NOON) is due
