"""How the C library gives out memory."""

import ctypes
import sys
from contextlib import suppress
from typing import Final

M_ARENA_MAX: Final = -8
"""From glibc's malloc.h."""


def share_one_heap() -> None:
    """Have all threads take memory from one heap.

    glibc gives each thread one of its own, and each keeps the space of the product files that
    once passed through it. Other C libraries do not, and have nothing to be told.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
