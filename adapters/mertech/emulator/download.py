"""The device's side of reading its product file: build, hash, portions."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from adapters.mertech.emulator.faults import Fault
from adapters.mertech.emulator.frames import PORTION_LIMIT, Result
from adapters.mertech.emulator.products.product_file import ProductFile
from adapters.mertech.emulator.refused import RefusedError

HUGE_BYTES = 200_000_000
_BLOCK = 1 << 20


@dataclass(frozen=True)
class OfferedFile:
    """The bytes a device offers: `data` with `padding` spaces before its last byte.

    The padding is never built as a whole, so that a huge file costs the emulator nothing.
    """

    data: bytes
    padding: int = 0

    @property
    def size(self) -> int:
        return len(self.data) + self.padding

    @cached_property
    def md5(self) -> bytes:
        digest = hashlib.md5(usedforsecurity=False)
        for offset in range(0, self.size, _BLOCK):
            digest.update(self.part(offset, _BLOCK))
        return digest.digest()

    def part(self, offset: int, limit: int) -> bytes:
        """At most `limit` bytes from the offset on."""
        if not self.padding:
            return self.data[offset : offset + limit]
        end = min(offset + limit, self.size)
        head = self.data[:-1][offset:end]
        tail = self.data[-1:] if end == self.size else b""
        return head + b" " * (end - offset - len(head) - len(tail)) + tail


class Download:
    """One device's product file on its way out; every step raises RefusedError."""

    def __init__(self, now: Callable[[], float], *, build: float, hashing: float) -> None:
        self._now = now
        self._build_seconds = build
        self._hash_seconds = hashing
        self._file: ProductFile | None = None
        self._built_at: float | None = None
        self._hashed_at: float | None = None
        self._offered: OfferedFile | None = None
        self._offset = 0
        self._finished = False

    def busy(self, fault: Fault | None) -> bool:
        """Whether a build or hashing is under way."""
        return self._building(fault) or self._hashing(fault)

    def build(self, file: ProductFile | None) -> None:
        """Begin a new download, of the file as it is now."""
        self._file = file
        self._built_at = self._now() + self._build_seconds
        self._hashed_at = self._offered = None

    def build_status(self, fault: Fault | None) -> None:
        if self._built_at is None:
            raise RefusedError(Result.NOT_INITIALISED)
        if self._building(fault):
            raise RefusedError(Result.IN_PROGRESS)

    def start_hashing(self, fault: Fault | None) -> None:
        if self._built_at is None:
            raise RefusedError(Result.NOT_INITIALISED)
        if self.busy(fault):
            raise RefusedError(Result.NOT_FINISHED)
        if self._file is None:
            raise RefusedError(Result.FILE_EMPTY)
        self._offered = offered_file(self._file, fault)
        self._offset, self._finished = 0, False
        self._hashed_at = self._now() + self._hash_seconds

    def hash_status(self, fault: Fault | None) -> bytes:
        """A flag byte (0) and the MD5."""
        if self._offered is None:
            raise RefusedError(Result.NOT_INITIALISED)
        if self._hashing(fault):
            raise RefusedError(Result.IN_PROGRESS)
        if fault is Fault.HASH_ERROR:
            raise RefusedError(Result.NOT_INITIALISED)
        md5 = self._offered.md5
        return b"\0" + (md5[::-1] if fault is Fault.HASH_MISMATCH else md5)

    def portion(self, fault: Fault | None) -> bytes:
        """Last flag, offset, size and data of the next portion."""
        if self._offered is None or self._finished:
            raise RefusedError(Result.NOT_INITIALISED)
        if self._hashing(fault):
            raise RefusedError(Result.NOT_FINISHED)
        endless = fault is Fault.ENDLESS_PORTIONS
        size = self._offered.size
        start = self._offset % size if endless else self._offset
        data = self._offered.part(start, PORTION_LIMIT)
        head = (self._offset % 2**32).to_bytes(4, "little") + len(data).to_bytes(2, "little")
        self._offset += len(data)
        self._finished = self._offset >= size and not endless
        return bytes([self._finished]) + head + data

    @property
    def past_middle(self) -> bool:
        """Whether half of the file has been asked for."""
        return self._offered is not None and self._offset * 2 >= self._offered.size

    def _building(self, fault: Fault | None) -> bool:
        if self._built_at is None or self._offered is not None:
            return False
        return fault is Fault.NEVER_READY or self._now() < self._built_at

    def _hashing(self, fault: Fault | None) -> bool:
        # What was hashed and fetched to its end is not begun again by a fault.
        if self._hashed_at is None or self._finished:
            return False
        return fault is Fault.HASH_NEVER_READY or self._now() < self._hashed_at


def offered_file(file: ProductFile, fault: Fault | None) -> OfferedFile:
    """What the device offers as its product file under this fault."""
    data = file.data
    match fault:
        case Fault.HUGE_FILE:
            return OfferedFile(data, padding=HUGE_BYTES - len(data))
        case Fault.TRUNCATED_FILE:
            data = data[: len(data) // 2]
        case Fault.BROKEN_UTF8:
            data = data[:-1] + b',"broken":"\xff\xfe\xd0"}'
        case Fault.NOT_JSON:
            data = b"<html>" + data
        case Fault.NAN:
            data = b'{"products":[{"code":50,"pluNumber":607,"name":"NaN","price":NaN}]}'
        case Fault.LIST_FILE:
            data = b"[" + data + b"]"
        case Fault.NO_PRODUCTS:
            data = b'{"categories":[]}'
        case Fault.PRODUCTS_NULL:
            data = b'{"products":null}'
        case Fault.NESTED_FILE:
            data = b"[" * 100_000
        case _:
            pass
    return _shared(file) if data is file.data else OfferedFile(data)


def _shared(file: ProductFile) -> OfferedFile:
    offered = OfferedFile(file.data)
    # Known already: cached_property looks here first.
    offered.__dict__["md5"] = file.md5
    return offered
