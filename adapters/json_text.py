"""JSON documents as text in UTF-8, fast, and exact for integers of any size.

orjson reads an integer beyond 64 bits as a float and refuses to write one, so documents that
hold such a number take the standard library's way.
"""

import json
from typing import Final

import orjson

from domain.json_value import Json

_DIGITS_APART: Final = bytes(ord("0") if chr(byte) in "0123456789" else 32 for byte in range(256))
_LONG_NUMBER: Final = b"0" * 19


class NotJsonError(ValueError):
    """No strict JSON in UTF-8: NaN, lone surrogates and endless nesting are none either."""


def loads(text: bytes) -> Json:
    """The value that the text holds. Raises NotJsonError."""
    try:
        value: Json = orjson.loads(text)
        if _LONG_NUMBER in text.translate(_DIGITS_APART):
            value = None  # both would be twice the memory
            value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotJsonError(str(error)) from None
    return value


def dumps(value: Json) -> bytes:
    """The shortest text for the value. Raises NotJsonError for what JSON cannot say."""
    try:
        return orjson.dumps(value)
    except TypeError:
        pass
    try:
        return json.dumps(
            value, ensure_ascii=False, separators=(",", ":"), allow_nan=False
        ).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise NotJsonError(str(error)) from None
