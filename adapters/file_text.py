"""Product files as text: how much they hold is counted before anything is built of them.

A parsed value takes many times its text: 66 MB of `{}` become 2.2 GB. How deep they nest needs no
look of its own, since each level is counted and parsers give up after some hundred.
"""

from collections.abc import Iterator
from typing import Final

from adapters.json_text import loads
from domain.errors import FileTooLargeError
from domain.json_value import Json
from domain.products.product_file import LARGEST_FILE, MOST_PRODUCTS

MOST_OBJECTS: Final = 5 * MOST_PRODUCTS
"""Objects and lists; a product is one object and holds hardly any."""
MOST_VALUES: Final = 30 * MOST_PRODUCTS
"""Values of any kind; a product has some 14, and 25 at most that are known."""
FEW: Final = 256 * 1024
"""Bytes in which not enough can be held to be counted."""
PIECE: Final = 256 * 1024


def file_document(text: bytes) -> Json:
    """The document that the text holds. Raises FileTooLargeError and NotJsonError."""
    require_bounded(text)
    return loads(text)


def require_bounded(text: bytes) -> None:
    """Raises FileTooLargeError where the text is too long, or holds too many values."""
    if len(text) > LARGEST_FILE:
        raise FileTooLargeError("bytes", len(text), LARGEST_FILE)
    if len(text) <= FEW or not _excess(*_counted(text)):
        return
    # Names and messages may hold the same characters.
    objects, values = 0, 0
    for piece in _outside_of_strings(text):
        more_objects, more_values = _counted(piece)
        objects, values = objects + more_objects, values + more_values
    if too_large := _excess(objects, values):
        raise too_large


def _counted(text: bytes) -> tuple[int, int]:
    """No fewer objects and lists, and no fewer values, than there are."""
    objects = text.count(b"{") + text.count(b"[")
    return objects, objects + text.count(b",")


def _excess(objects: int, values: int) -> FileTooLargeError | None:
    if objects > MOST_OBJECTS:
        return FileTooLargeError("objects", objects, MOST_OBJECTS)
    return FileTooLargeError("values", values, MOST_VALUES) if values > MOST_VALUES else None


def _outside_of_strings(text: bytes) -> Iterator[bytes]:
    """What stands between the strings, piece by piece."""
    text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    inside = 0
    for start in range(0, len(text), PIECE):
        parts = text[start : start + PIECE].split(b'"')
        yield b"".join(parts[inside::2])
        inside = (inside + len(parts) - 1) % 2
