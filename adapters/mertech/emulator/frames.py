"""The wire format: frames, command codes and result codes of an M-ER 725.

A frame, both ways: 4-byte little-endian length of what follows, then STX, one byte with the length
of the rest (0xFF when over 255), the command code (1 or 2 bytes) and the body. A reply's body
starts with one result byte.
"""

from asyncio import StreamReader
from dataclasses import dataclass
from enum import IntEnum

STX = 0x02
PASSWORD_BYTES = 4
PORTION_LIMIT = 60_000
"""Most bytes of a file in one portion, both ways."""

FRAME_LIMIT = 2 + 2 + PASSWORD_BYTES + 1 + 1 + 4 + 2 + 0xFFFF
"""The longest frame a request can honestly be: a portion whose size field is at its maximum."""

BUILD = b"\xff\x14"
BUILD_STATUS = b"\xff\x15"
DOWNLOAD = b"\xff\x12"
UPLOAD = b"\xff\x13"
INFORMATION = b"\xff\x17"
TIME = b"\x2a"
DATE = b"\x2b"

START_HASH = 0x06
HASH_STATUS = 0x07
NEXT_PORTION = 0x03

ANNOUNCE = 0x02
TAKE_PORTION = 0x03
CHECK = 0x09


class Result(IntEnum):
    """First byte of every reply's body, as far as the emulator gives it."""

    DONE = 0
    UNKNOWN_COMMAND = 120
    WRONG_PASSWORD = 122
    BAD_PARAMETER = 124
    FILE_EMPTY = 171
    IN_PROGRESS = 172
    NOT_INITIALISED = 188
    NOT_FINISHED = 199
    DISK_FULL = 203


class CheckStatus(IntEnum):
    """How the check of an uploaded file stands."""

    DONE = 0
    CHECKING = 1
    REFUSED = 2


class FrameError(Exception):
    """These bytes are no frame: there is no command in them to answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """One command as it came; the body starts with the password."""

    command: bytes
    body: bytes

    def __repr__(self) -> str:
        """Without the body: the password is in it."""
        return f"Request({self.command.hex(' ')}, {len(self.body)} bytes)"

    @property
    def name(self) -> str:
        """The command as the page writes it: "FF 14", "FF 12 06"."""
        code = self.command
        if code in (DOWNLOAD, UPLOAD) and len(self.body) > PASSWORD_BYTES:
            code += self.body[PASSWORD_BYTES : PASSWORD_BYTES + 1]
        return code.hex(" ").upper()


async def read_frame(reader: StreamReader) -> bytes:
    """The next frame, from STX on.

    Raises FrameError when it is longer than any request, asyncio.IncompleteReadError at the end.
    """
    length = int.from_bytes(await reader.readexactly(4), "little")
    if length > FRAME_LIMIT:
        raise FrameError(f"a frame of {length} bytes")
    return await reader.readexactly(length)


def parse(frame: bytes) -> Request:
    """The command in a frame (from STX on); raises FrameError."""
    if len(frame) < 3 or frame[0] != STX:
        raise FrameError("no STX and command")
    rest = frame[2:]
    if frame[1] != min(len(rest), 0xFF):
        raise FrameError("the length byte does not match")
    code_bytes = 2 if rest[0] == 0xFF else 1
    if len(rest) < code_bytes:
        raise FrameError("half a command code")
    return Request(command=rest[:code_bytes], body=rest[code_bytes:])


def reply(command: bytes, result: int, body: bytes = b"") -> bytes:
    """A whole reply, its 4-byte length included."""
    rest = command + bytes([result]) + body
    frame = bytes([STX, min(len(rest), 0xFF)]) + rest
    return len(frame).to_bytes(4, "little") + frame
