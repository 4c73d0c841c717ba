"""How many values one statement takes."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeVar

ValueT = TypeVar("ValueT")
MOST_VALUES: Final = 500
"""In one statement, so that each database takes it."""


def parts(values: Iterable[ValueT]) -> Iterator[Sequence[ValueT]]:
    """All of the values, as many at a time as one statement takes."""
    left = list(values)
    for start in range(0, len(left), MOST_VALUES):
        yield left[start : start + MOST_VALUES]
