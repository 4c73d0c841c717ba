"""Memory for the product files that requests read from devices and send to them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Condition
from typing import Final

from application.conversations.errors import TooManyConversationsError
from domain.products.product_file import LARGEST_FILE

SMALL: Final = 1024 * 1024
"""Bytes; four times a file of usual size. Such files need no reservation."""
LOOK_EVERY: Final = 1.0
"""Seconds between two signs of life of a conversation that waits for memory."""
LOOKS: Final = 20


class FileMemory:
    """Bounds the bytes of the product files that are worked on at once. Each file counts from when
    it was read until all of it is kept.

    What is built of a file takes some ten times as much as its text. The largest file takes all of
    the memory; smaller ones share it.
    """

    def __init__(self, size: int = LARGEST_FILE) -> None:
        self._size = size
        self._free = size
        self._changed = Condition()

    @contextmanager
    def taken(self, size: int, alive: Callable[[], None]) -> Iterator[None]:
        """Memory for a file of so many bytes for the length of a block; `alive` is called while
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


class Reservation:
    """What one conversation has reserved. Without a `memory` it is not bounded."""

    def __init__(self, memory: FileMemory | None, alive: Callable[[], None]) -> None:
        """`alive` is called while it waits."""
        self._memory = memory
        self._alive = alive
        self._taken = ExitStack()
        self._size = 0

    def reserve(self, size: int) -> None:
        """Reserve memory for a file of so many bytes, before anything is built of it.

        Does nothing where as much is reserved already. Raises TooManyConversationsError and what
        `alive` raises.
        """
        if self._memory is not None and size > self._size:
            self.release()
            self._taken.enter_context(self._memory.taken(size, self._alive))
            self._size = size

    def release(self) -> None:
        """Leave it to others."""
        self._taken.close()
        self._size = 0
