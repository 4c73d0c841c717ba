"""What people read of failures, in English."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from adapters.texts.failures import told
from adapters.texts.languages import ENGLISH
from domain.errors import Cause

Error = TypeVar("Error", bound=Exception)


def said(failure: Exception | Cause | None) -> str:
    """The sentence for a failure, or for the cause of one; empty where there is none."""
    if failure is None:
        return ""
    return told(ENGLISH, failure if isinstance(failure, Cause) else Cause.of(failure))


@contextmanager
def raises(expected: type[Error], *, match: str) -> Iterator[pytest.ExceptionInfo[Error]]:
    """Like pytest's, but the sentence for people is what must match."""
    with pytest.raises(expected) as caught:
        yield caught
    assert re.search(match, said(caught.value)), said(caught.value)
