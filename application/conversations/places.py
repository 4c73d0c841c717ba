"""Places that owners and devices share, so that none of them keeps the others waiting."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock

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


class SecondTry:
    """The right of one conversation to try again.

    Where a user waits for the answer there is no bound. Elsewhere a try takes one of the `places`,
    which bound how many devices out of reach keep those that are due and well from their turn. One
    that a user asked for (`wanted`) is tried again in any case when its connection breaks.
    """

    def __init__(self, places: BoundedSemaphore | None = None, *, wanted: bool = False) -> None:
        """None of `places` means that a user waits."""
        self._places = places
        self._wanted = wanted
        self._has_place = False

    @property
    def nobody_waits(self) -> bool:
        """Whether no user waits for the answer."""
        return self._places is not None

    def after_silence(self) -> bool:
        """Whether to wait longer for a device that is silent."""
        return self._places is None or self._take_place(self._places)

    def after_break(self) -> bool:
        """Whether to connect anew after the connection broke."""
        return self._wanted or self.after_silence()

    def give_back(self) -> None:
        """The conversation has ended: others may try again in its place."""
        if self._places is not None and self._has_place:
            self._has_place = False
            self._places.release()

    def _take_place(self, places: BoundedSemaphore) -> bool:
        if not self._has_place:
            self._has_place = places.acquire(blocking=False)
        return self._has_place
