"""A product file as it came from a device: bytes in, the file or a typed error out."""

from typing import Final

from adapters.json_text import NotJsonError, loads
from application.ports.scales import ScalesNonsenseError
from domain.errors import BadProductFileError
from domain.json_value import Json
from domain.product_file import ProductFile

DEEPEST: Final = 100
"""Levels of nesting; a product file has three. Functions that walk a file call themselves."""

_NESTING: Final = frozenset({dict, list})


def product_file(text: bytes) -> ProductFile:
    """Raises ScalesNonsenseError."""
    try:
        document = loads(text)
        file = ProductFile.of(document)
    except NotJsonError as error:
        raise ScalesNonsenseError(
            f"The device's product file is not valid JSON: {error}."
        ) from None
    except BadProductFileError as error:
        raise ScalesNonsenseError(f"The device sent no product file. {error}") from None
    if _deeper_than(DEEPEST, document):
        raise ScalesNonsenseError("The device's product file is nested too deeply.")
    return file


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
