"""JSON as it came from a device: bytes in, a product file or a typed error out."""

from typing import Any, Final

from adapters.file_text import file_document
from adapters.json_text import NotJsonError, loads
from application.ports.scales import ScalesNonsenseError
from domain.errors import BadProductFileError, FileTooLargeError
from domain.json_value import Json
from domain.products.product_file import ProductFile

DEEPEST: Final = 100
"""Levels of nesting; a product file has three. Functions that walk a file call themselves."""

_NESTING: Final = frozenset({dict, list})


def product_file(text: bytes) -> ProductFile:
    """Raises ScalesNonsenseError."""
    try:
        document = file_document(text)
        file = ProductFile.of(document).bounded()
    except NotJsonError as error:
        raise ScalesNonsenseError(problem="no_json", where=str(error)) from None
    except FileTooLargeError as error:
        raise _nonsense(error, problem="too_large") from None
    except BadProductFileError as error:
        raise _nonsense(error) from None
    if _deeper_than(DEEPEST, document):
        raise ScalesNonsenseError(problem="too_deep")
    return file


def _nonsense(error: BadProductFileError, **more: Json) -> ScalesNonsenseError:
    """Returns the same failure as one of the device."""
    facts: dict[str, Any] = {**error.facts, **more}
    return ScalesNonsenseError(**facts)


def information(text: bytes) -> dict[str, Json]:
    """What a device tells of itself. Raises ScalesNonsenseError."""
    try:
        document = loads(text)
    except NotJsonError as error:
        raise ScalesNonsenseError(problem="information", where=str(error)) from None
    if not isinstance(document, dict) or _deeper_than(DEEPEST, document):
        raise ScalesNonsenseError(problem="information")
    return document


def _deeper_than(limit: int, document: Json) -> bool:
    level: list[Json] = [document]
    for _ in range(limit):
        deeper: list[Json] = []
        for outer in level:
            values = outer.values() if isinstance(outer, dict) else outer
            # Most objects hold none: this asks all of their members at once.
            if not _NESTING.isdisjoint(map(type, values)):  # type: ignore[arg-type]  # a list
                deeper += [inner for inner in values if type(inner) in _NESTING]  # type: ignore[union-attr]
        if not deeper:
            return False
        level = deeper
    return True
