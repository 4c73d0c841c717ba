"""The states by which owners look for devices, and what each of them means."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

LATE_AFTER: Final = timedelta(minutes=5)
"""How long a turn may wait before its device counts as late."""
CLOCK_OFF: Final = timedelta(minutes=5)
"""How far a scale's clock may be ahead or behind before it counts as wrong."""


class DeviceState(Enum):
    """What a device may be looked for by; it can be in several states at once, or in none."""

    FAILING = "failing"
    LATE = "late"
    UNVERIFIED = "unverified"
    REPLACED = "replaced"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - the name of a state
    WRONG_CLOCK = "wrong_clock"
    EDITED = "edited"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """What the states of a device depend on, at one moment.

    `refusals`: how often it refused the password that is set now. `clock_ahead`: how far its own
    clock was ahead when it was last asked, None where it never told. `auto_update`: whether its
    dates are renewed by themselves. `due_at`: when its turn is; None while auto-update is off.
    `clock_was_ahead`: whether the turn was settled, or the labels dated, by a clock that was ahead.
    `unverified`: whether it may hold an upload whose answer was lost. `in_conversation`: whether
    it is being talked to. `replaced`: whether it lacked most of the products that were read
    before, and was not read since. `edited`: whether edits wait to be uploaded.
    """

    refusals: int = 0
    clock_ahead: timedelta | None = None
    auto_update: bool = False
    due_at: datetime | None = None
    clock_was_ahead: bool = False
    consecutive_failures: int = 0
    unverified: bool = False
    in_conversation: bool = False
    replaced: bool = False
    edited: bool = False

    @property
    def next_turn(self) -> datetime | None:
        """When its turn is; None also while it waits for the right password."""
        return None if self.refusals else self.due_at

    def is_due(self, now: datetime) -> bool:
        """Whether its turn has come."""
        turn = self.next_turn
        return turn is not None and (turn <= now or self.clock_was_ahead)


def states_of(facts: DeviceFacts, now: datetime) -> frozenset[DeviceState]:
    """All the states that a device is in now. A database looks for devices by the same rules, in
    its own language."""
    turn = facts.next_turn
    is_in = {
        DeviceState.FAILING: facts.auto_update and facts.consecutive_failures > 0,
        DeviceState.LATE: turn is not None and (turn <= now - LATE_AFTER or facts.clock_was_ahead),
        # The conversation that goes on will tell.
        DeviceState.UNVERIFIED: facts.unverified and not facts.in_conversation,
        DeviceState.REPLACED: facts.replaced,
        DeviceState.WRONG_PASSWORD: facts.refusals > 0,
        DeviceState.WRONG_CLOCK: abs(facts.clock_ahead or timedelta()) > CLOCK_OFF,
        DeviceState.EDITED: facts.edited,
    }
    return frozenset(state for state, holds in is_in.items() if holds)
