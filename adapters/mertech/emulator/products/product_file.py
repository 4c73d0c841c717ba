"""A product file as bytes, shared by every device that holds the same one."""

import hashlib
import json
from typing import Any, Self

Document = dict[str, Any]
"""A product file's JSON object."""


class ProductFile:
    """A product file, unchangeable: JSON in UTF-8 and its MD5.

    Only bytes are kept. A fleet of thousands shares one object until an upload gives a device
    another; who wants the document parses a copy of their own.
    """

    __slots__ = ("__weakref__", "data", "md5")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.md5 = hashlib.md5(data, usedforsecurity=False).digest()

    @classmethod
    def of(cls, document: Document) -> Self:
        """The file of a document; raises ValueError for NaN and lone surrogates."""
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return cls(text.encode())

    @property
    def document(self) -> Document:
        """A fresh copy of the document."""
        document: Document = json.loads(self.data)
        return document
