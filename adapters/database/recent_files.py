"""Product files that were parsed or asked for before."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

from domain.products.product_file import ProductFile

PARSED: Final = 3 * 2**20
"""Bytes of JSON text; a parsed file takes about three times its text."""
RENDERED: Final = 2 * 2**20
"""Bytes, of text or of gzip: nine files of usual size as text."""
SIZES: Final = 1000
"""Of how many files the size is known."""

Thing = TypeVar("Thing")


class Recent(Generic[Thing]):
    """Things used last, by a key that names just one content.

    They are never changed in place, so threads and transactions may share them, and a transaction
    that is rolled back does no harm.
    """

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._things: OrderedDict[Hashable, tuple[Thing, int]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Thing | None:
        """The thing with this key, if it is still kept."""
        with self._lock:
            if key not in self._things:
                return None
            self._things.move_to_end(key)
            return self._things[key][0]

    def keep(self, key: Hashable, thing: Thing, size: int) -> None:
        """Keep a thing, which counts for so many bytes, and drop those not used for longest."""
        with self._lock:
            if size > self._budget or key in self._things:
                return
            self._things[key] = thing, size
            self._size += size
            while self._size > self._budget:
                self._size -= self._things.popitem(last=False)[1][1]


class WhileInUse(Generic[Thing]):
    """What was worked out of product files, for as long as these are in use anywhere."""

    def __init__(self) -> None:
        self._things: dict[int, tuple[weakref.ref[ProductFile], Thing]] = {}

    def get(self, file: ProductFile) -> Thing | None:
        """What was kept of this very file."""
        kept = self._things.get(id(file))
        return kept[1] if kept and kept[0]() is file else None

    def keep(self, file: ProductFile, thing: Thing) -> None:
        """Keep it until the file is gone."""
        own = id(file)
        gone = weakref.ref(file, lambda _: self._things.pop(own, None))
        self._things[own] = gone, thing


class RecentFiles:
    """What one process remembers of the database's files. The database alone says which of them
    are current.

    Parsing is most of what an edit costs, and fetching and unpacking of what showing a file does.
    """

    def __init__(self) -> None:
        self.parsed = Recent[ProductFile](PARSED)
        """By their digest."""
        self.in_use: weakref.WeakValueDictionary[str, ProductFile] = weakref.WeakValueDictionary()
        """By their digest: a file that is in use is not parsed again, however large it is."""
        self.kept = WhileInUse[tuple[int, bytes]]()
        """Sizes and bodies of files that are about to become former ones."""
        self.sizes = Recent[int](SIZES)
        """Bytes of text, by the tag."""
        self.digests = WhileInUse[str]()
        """Of files that are in the tables."""
        self.rendered = Recent[bytes](RENDERED)
        """By their tag and whether they are gzip's."""
