"""How the C library allocates memory."""

import ctypes
import sys
from contextlib import suppress
from typing import Final

M_ARENA_MAX: Final = -8
"""From glibc's malloc.h."""


def share_one_heap() -> None:
    """Make all threads allocate from one heap.

    glibc gives each thread a heap of its own, and each keeps the space of the product files that it
    once handled. Other C libraries do not, and need no setting.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
