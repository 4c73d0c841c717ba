"""What clients should be told beside an answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.json_value import Json


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a shop should look at. The sentence is made of code and facts elsewhere."""

    code: str
    facts: Mapping[str, Json] = field(default_factory=dict)
