"""Product files that were parsed before."""

import threading
from collections import OrderedDict
from typing import Final

from domain.product_file import ProductFile

BUDGET: Final = 3 * 2**20
"""Bytes of JSON text; a parsed file takes about three times its text."""


class ParsedFiles:
    """Files used last, by the digest of their text: parsing is most of what an edit costs.

    Files are never changed in place, so threads and transactions share them, and one that was
    rolled back does no harm.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._files: OrderedDict[str, tuple[ProductFile, int]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, digest: str) -> ProductFile | None:
        """The file whose text has this digest, if it is still kept."""
        with self._lock:
            if digest not in self._files:
                return None
            self._files.move_to_end(digest)
            return self._files[digest][0]

    def keep(self, digest: str, file: ProductFile, size: int) -> None:
        """Keep a file, whose text has so many bytes, and drop those not used for longest."""
        with self._lock:
            if size > self._budget or digest in self._files:
                return
            self._files[digest] = file, size
            self._size += size
            while self._size > self._budget:
                self._size -= self._files.popitem(last=False)[1][1]
