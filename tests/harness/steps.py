"""How much work something is: by the lines of code that are run for it, and not by the time."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def steps_of(act: Callable[[], object]) -> int:
    """How many lines are run, those of loops and comprehensions each time."""
    steps = 0

    def count(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal steps
        steps += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        act()
    finally:
        sys.settrace(before)
    return steps


def grows_with(size: int, work: Callable[[int], Callable[[], object]]) -> bool:
    """Whether twice as much is at most little more than twice the work; square is four times."""
    return steps_of(work(2 * size)) < 2.5 * steps_of(work(size))
