"""What people read of failures, in English."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from adapters.texts.failures import sentence_of
from adapters.texts.languages import ENGLISH
from domain.errors import Cause

Error = TypeVar("Error", bound=Exception)


def in_english(failure: Exception | Cause | None) -> str:
    """The sentence for a failure, or for the cause of one; empty where there is none."""
    if failure is None:
        return ""
    return sentence_of(ENGLISH, failure if isinstance(failure, Cause) else Cause.of(failure))


@contextmanager
def raises(expected: type[Error], *, match: str) -> Iterator[pytest.ExceptionInfo[Error]]:
    """Like pytest's, but the sentence for people is what must match."""
    with pytest.raises(expected) as caught:
        yield caught
    assert re.search(match, in_english(caught.value)), in_english(caught.value)
