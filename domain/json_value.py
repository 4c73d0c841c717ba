"""JSON as plain Python values: what a device's product file is made of."""

from enum import Enum
from typing import Final, Literal, TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


class Absent(Enum):
    """A member that an object does not have, which is not the same as null."""

    ABSENT = "absent"


ABSENT: Final[Literal[Absent.ABSENT]] = Absent.ABSENT
MaybeJson: TypeAlias = Json | Literal[Absent.ABSENT]


def same(one: MaybeJson, other: MaybeJson) -> bool:
    """Whether both are the same JSON value: 24 is 24.0, but true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other
