"""Room for the product files that are spoken of at once, so that memory stays bounded."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Final

from application.conversations.errors import TooManyConversationsError
from domain.products.product_file import LARGEST_FILE

SMALL: Final = 1024 * 1024
"""Bytes; four times a file of usual size. Such files need no room."""
LOOK_EVERY: Final = 1.0
"""Seconds between two signs of life of somebody who waits for room."""
LOOKS: Final = 20


class FileRoom:
    """So many bytes of product files at once, each from when it was read until all of it is kept.

    What is built of a file takes some ten times as much as its text. The largest file takes all of
    the room; smaller ones share it.
    """

    def __init__(self, size: int = LARGEST_FILE) -> None:
        self._size = size
        self._free = size
        self._changed = Condition()

    @contextmanager
    def taken(self, size: int, alive: Callable[[], None]) -> Iterator[None]:
        """Room for a file of so many bytes for the length of a block; `alive` is called while
        it waits. Raises TooManyConversationsError and what `alive` raises."""
        needed = 0 if size <= SMALL else min(size, self._size)
        for _ in range(LOOKS):
            with self._changed:
                found = self._changed.wait_for(lambda: self._free >= needed, LOOK_EVERY)
                if found:
                    self._free -= needed
                    break
            alive()
        else:
            raise TooManyConversationsError
        try:
            yield
        finally:
            with self._changed:
                self._free += needed
                self._changed.notify_all()
