"""Replies of a device: bytes in, checked values or typed errors out. Knows no socket.

On the wire a 4-byte little-endian length comes first; a frame here is what follows it: STX, one
byte with the length of the rest (0xFF when over 255), the command code (one byte, or two of which
the first is 0xFF), the result byte, the body.
"""

from datetime import date, time
from typing import Final, NamedTuple, TypeAlias

from scales import Scales as Driver

from application.ports.scales import (
    ProductsRefusedError,
    ScalesError,
    ScalesNonsenseError,
    ScalesRefusedError,
    ScalesWrongPasswordError,
    WebServerError,
)

Bytes: TypeAlias = bytes | memoryview

LENGTH_BYTES: Final = 4
HTTP: Final = b"HTTP"
"""What the answer of a web server begins with. As a length it is impossible."""
SHORTEST_FRAME: Final = 4
"""STX, length byte, one byte of command code, result byte."""
LONGEST_FRAME: Final = 12 + 0xFFFF
"""A portion whose size field is at its maximum; no other reply can honestly be longer."""
MD5_BYTES: Final = 16

_STX: Final = Driver.Codes.Global.STX[0]
_UNLIMITED: Final = Driver.Codes.Global.UNLIMITED_PACKET_SIZE_CODE[0]

DONE: Final[int] = Driver.Codes.ResponseCodes.SUCCESS
IN_PROGRESS: Final[int] = Driver.Codes.ResponseCodes.IN_PROGRESS
NOT_FINISHED: Final = 199
FILE_EMPTY: Final = 171
DISK_FULL: Final = 203
WRONG_PASSWORD: Final = 122
ABOUT_PRODUCTS: Final = frozenset({17, 128, 130, 140, 196})
"""Codes about what was sent, and not about the command."""

_CHECK_DONE: Final[int] = Driver.Codes.ResponseCodes.SUCCESS
_CHECKING: Final[int] = Driver.Codes.ResponseCodes.IN_PROGRESS_FILE
_CHECK_REFUSED: Final[int] = Driver.Codes.ResponseCodes.ERROR_FILE


class FileEmptyError(ScalesRefusedError):
    """The device holds no product file (result code 171)."""

    code = "FileEmpty"


class Reply(NamedTuple):
    """A valid frame. The body begins after the result byte."""

    result: int
    body: Bytes


class Portion(NamedTuple):
    """A part of the product file on its way out."""

    last: bool
    offset: int
    data: Bytes


class Check(NamedTuple):
    """The state of the check of an upload: whether it has ended, and why nothing was taken."""

    over: bool
    refusal: ScalesRefusedError | None = None


def frame_length(prefix: Bytes) -> int:
    """Returns the length of the frame that follows. Raises ScalesNonsenseError when no frame is
    that long."""
    if bytes(prefix) == HTTP:
        raise WebServerError
    length = int.from_bytes(prefix, "little")
    if not SHORTEST_FRAME <= length <= LONGEST_FRAME:
        # The length is left out: those four bytes may be the beginning of something secret.
        raise ScalesNonsenseError(problem="length")
    return length


def parse(frame: Bytes, command: bytes) -> Reply:
    """Returns the reply to this command in a frame. Raises ScalesNonsenseError."""
    head = 2 + len(command) + 1
    if len(frame) < head or frame[0] != _STX:
        raise ScalesNonsenseError(problem="no_frame")
    if frame[1] != min(len(frame) - 2, _UNLIMITED):
        raise ScalesNonsenseError(problem="two_lengths")
    if frame[2 : head - 1] != command:
        raise ScalesNonsenseError(problem="other_command")
    return Reply(frame[head - 1], frame[head:])


def refusal(result: int) -> ScalesError:
    """Returns the error for a result code other than "done"."""
    if result == WRONG_PASSWORD:
        return ScalesWrongPasswordError(result=result)
    if result == FILE_EMPTY:
        return FileEmptyError(result=result)
    return ScalesRefusedError(result=result)


def done(reply: Reply) -> Bytes:
    """Returns the body of a reply that says "done". Raises the error of `refusal`."""
    if reply.result != DONE:
        raise refusal(reply.result)
    return reply.body


def nothing(reply: Reply) -> None:
    """Checks a reply that is only a result. Raises ScalesError."""
    if len(done(reply)):
        raise ScalesNonsenseError(problem="too_much")


def md5(reply: Reply) -> bytes:
    """Returns the MD5 of the product file, after one byte of stage. Raises ScalesError."""
    body = done(reply)
    if len(body) != 1 + MD5_BYTES:
        raise ScalesNonsenseError(problem="no_checksum")
    return bytes(body[1:])


def portion(reply: Reply) -> Portion:
    """Returns a portion: last flag, offset (4), size (2) and data. Raises ScalesError."""
    body = done(reply)
    if len(body) < 7 or body[0] > 1 or int.from_bytes(body[5:7], "little") != len(body) - 7:
        raise ScalesNonsenseError(problem="portion")
    return Portion(body[0] == 1, int.from_bytes(body[1:5], "little"), body[7:])


def check(reply: Reply) -> Check:
    """Returns the check: status, length of the message (2), and the message.

    A result code about the products is a verdict like status 02. So is a full disk, although it is
    not about the products. Raises ScalesError.
    """
    if reply.result in ABOUT_PRODUCTS:
        return Check(True, ProductsRefusedError(reply.result))
    if reply.result == DISK_FULL:
        return Check(True, ScalesRefusedError(result=reply.result))
    body = done(reply)
    if len(body) < 3 or int.from_bytes(body[1:3], "little") != len(body) - 3:
        raise ScalesNonsenseError(problem="check")
    status = body[0]
    if status == _CHECKING:
        return Check(False)
    if status == _CHECK_DONE:
        return Check(True)
    if status == _CHECK_REFUSED:
        # No database stores NUL in a text.
        reason = bytes(body[3:]).decode(errors="replace").replace("\0", "�").strip()
        return Check(True, ProductsRefusedError(reason))
    raise ScalesNonsenseError(problem="check_status", status=status)


def information(reply: Reply) -> bytes:
    """Returns the JSON of the device's information, after its length (2). Raises ScalesError."""
    body = done(reply)
    if len(body) < 2 or int.from_bytes(body[:2], "little") != len(body) - 2:
        raise ScalesNonsenseError(problem="information")
    return bytes(body[2:])


def clock_time(reply: Reply) -> time:
    """Returns hour, minute and second, a byte each: see `clock_date`. Raises ScalesError."""
    try:
        return time(*_three(reply))
    except ValueError:
        raise ScalesNonsenseError(problem="clock") from None


def clock_date(reply: Reply) -> date:
    """Day, month and year of this century, a byte each. Raises ScalesError.

    The maker's guide names the commands 2A (time) and 2B (date) and says that they take no
    password, but not how they are answered; neither the driver nor the other implementation that
    is known uses them. This is an assumption, after the order in which product files write dates
    and times. A device that answers otherwise is taken not to tell its clock.
    """
    day, month, year = _three(reply)
    try:
        return date(2000 + year, month, day)
    except ValueError:
        raise ScalesNonsenseError(problem="clock") from None


def _three(reply: Reply) -> tuple[int, int, int]:
    body = bytes(done(reply))
    if len(body) != 3:
        raise ScalesNonsenseError(problem="clock")
    return body[0], body[1], body[2]
