"""Bounds of values that people type."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import Fault
from domain.json_value import Json


@dataclass(frozen=True, slots=True)
class Length:
    """How many characters a text may have."""

    most: int
    least: int = 0

    def fault(self, text: str) -> Fault | None:
        """What is wrong with the length of a text; None where nothing is."""
        if self.least <= len(text) <= self.most:
            return None
        if not self.least:
            return Fault("too_long", {"most": self.most})
        return Fault("length_out_of_range", {"lowest": self.least, "highest": self.most})


@dataclass(frozen=True, slots=True)
class Range:
    """From which whole number to which."""

    lowest: int
    highest: int

    def fault(self, number: int) -> Fault | None:
        """What is wrong with a number; None where nothing is."""
        if self.lowest <= number <= self.highest:
            return None
        return Fault("out_of_range", {"lowest": self.lowest, "highest": self.highest})


def choice_fault(text: str, choices: Sequence[str]) -> Fault | None:
    """What is wrong with a text that is none of these; None where it is one."""
    return None if text in choices else Fault("not_one_of", {"choices": list[Json](choices)})
