"""What a device answers, as bytes: the whole frame with its 4-byte length."""

import hashlib

from adapters.mertech.emulator import frames

BUSY, WAIT = 199, 172


def built(result: int = 0) -> bytes:
    return frames.reply(frames.BUILD, result)


def build_status(result: int = 0) -> bytes:
    return frames.reply(frames.BUILD_STATUS, result)


def hashing(result: int = 0) -> bytes:
    return frames.reply(frames.DOWNLOAD, result)


def hashed(file: bytes) -> bytes:
    sum_ = hashlib.md5(file, usedforsecurity=False).digest()
    return frames.reply(frames.DOWNLOAD, 0, b"\0" + sum_)


def portion(data: bytes, *, offset: int = 0, last: int = 1, size: int | None = None) -> bytes:
    size = len(data) if size is None else size
    head = bytes([last]) + offset.to_bytes(4, "little") + size.to_bytes(2, "little")
    return frames.reply(frames.DOWNLOAD, 0, head + data)


def taken(result: int = 0) -> bytes:
    """The answer to an announcement or a portion of an upload."""
    return frames.reply(frames.UPLOAD, result)


def checked(status: int, reason: bytes = b"", *, length: int | None = None) -> bytes:
    length = len(reason) if length is None else length
    return frames.reply(frames.UPLOAD, 0, bytes([status]) + length.to_bytes(2, "little") + reason)


def offering(file: bytes) -> tuple[bytes, ...]:
    """Everything that is answered before the portions of this file."""
    return built(), build_status(), hashing(), hashed(file)
