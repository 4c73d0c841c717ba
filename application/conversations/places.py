"""Places that owners share, so that none of them keeps the others from talking to devices."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from application.conversations.errors import TooManyConversationsError
from domain.accounts.user import UserId


class Places:
    """Some places of one process, each for a request that may wait for a device.

    The last quarter of them goes only to owners who hold fewer than are left: however many places
    one owner wants, others find some, and so do those who come after them.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._kept = max(1, places // 4)
        self._held: Counter[UserId] = Counter()
        self._lock = Lock()

    @contextmanager
    def taken(self, owner_id: UserId) -> Iterator[None]:
        """One of them for the length of a block; nobody waits. Raises TooManyConversationsError."""
        with self._lock:
            if self._free <= min(self._held[owner_id], self._kept):
                raise TooManyConversationsError
            self._free -= 1
            self._held[owner_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._free += 1
                self._held[owner_id] -= 1
                if not self._held[owner_id]:
                    del self._held[owner_id]
