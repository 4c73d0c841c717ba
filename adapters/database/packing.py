"""Product files as they stand in the tables: compressed, in the one form that any client takes."""

from typing import Final

from isal import isal_zlib

LEVEL: Final = 2
"""The standard library's level 1 makes a larger file and takes four times as long."""
_GZIP: Final = 16 + isal_zlib.MAX_WBITS


def packed(text: bytes) -> bytes:
    """The text as one member of gzip (RFC 1952); the same for the same text."""
    return isal_zlib.compress(text, LEVEL, _GZIP)


def size_of(ending: bytes) -> int:
    """Bytes of the text, by the last four of what it was packed into."""
    return int.from_bytes(ending[-4:], "little")


def unpacked(body: bytes) -> bytes:
    """The text that was packed, by whatever program."""
    # A member ends with the length of its text, so that memory is taken once.
    return isal_zlib.decompress(body, _GZIP, max(size_of(body), 1))
