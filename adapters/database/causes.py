"""Causes of failures in columns: a code, its facts as JSON, and texts of former times."""

from typing import cast

from adapters.json_text import dumps, loads
from domain.errors import Cause
from domain.json_value import Json


def cause_of(code: str | None, facts: str | None, text: str | None) -> Cause | None:
    """What the columns hold; None where nothing failed."""
    if code is None and text is None:
        return None
    known = {} if facts is None else cast(dict[str, Json], loads(facts.encode()))
    return Cause(code, known, text)


def columns_of(cause: Cause | None) -> tuple[str | None, str | None, str | None]:
    """Code, facts and text; NULL for facts that there are none of."""
    if cause is None:
        return None, None, None
    facts = dumps(dict(cause.facts)).decode() if cause.facts else None
    return cause.code, facts, cause.text
