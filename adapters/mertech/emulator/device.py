"""One emulated M-ER 725: what it holds, what it does with each command."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Condition

from adapters.mertech.emulator import frames
from adapters.mertech.emulator.counters import Counters
from adapters.mertech.emulator.download import Download
from adapters.mertech.emulator.faults import ActiveFault, Fault
from adapters.mertech.emulator.frames import PASSWORD_BYTES, CheckStatus, Request, Result
from adapters.mertech.emulator.information import information
from adapters.mertech.emulator.intake import Intake
from adapters.mertech.emulator.products.product_file import Document, ProductFile
from adapters.mertech.emulator.refused import RefusedError
from adapters.mertech.emulator.upload import Upload

UNKNOWN_RESULT = 85
UNKNOWN_CHECK_STATUS = 7

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds the device takes for its own work."""

    build: float = 0.03
    hashing: float = 0.03
    check: float = 0.03


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply for the wire; `reset` cuts the connection hard after it."""

    frame: bytes
    reset: bool = False


class EmulatedScales:
    """A device. Safe to use from any thread.

    It knows no sockets: `answer` takes a command and gives the reply. Build, hash and upload
    belong to the device, not to a connection: two clients at once get into each other's way.
    """

    def __init__(
        self,
        file: ProductFile | None,
        *,
        password: str = "1234",  # noqa: S107 the maker's default
        pace: Pace | None = None,
        serial_number: str = "21B06847",
        locks_after: int = 15,
        intake: Intake | None = None,
        now: Callable[[], float] = time.monotonic,
        clock_ahead: timedelta | None = timedelta(),
        local: Callable[[], datetime] = datetime.now,
        newer: bool = False,
    ) -> None:
        """`newer` firmware tells more of itself. `clock_ahead` is how far its clock is set wrong;
        None: it does not know the question. `local` is the right time where it stands."""
        pace = pace or Pace()
        self.host = ""
        self.port = 0
        self.serial_number = serial_number
        self.locks_after = locks_after
        self.clock_ahead = clock_ahead
        self.newer = newer
        self.refusals_in_a_row = 0
        """Wrong passwords since the last right one; from `locks_after` on the device is locked."""
        self._password = password.encode("ascii")
        self._file = file
        self._local = local
        self._updated_at = local()
        self._fault: ActiveFault | None = None
        self._busy_left: int | None = None
        self._counters = Counters()
        self._download = Download(now, build=pace.build, hashing=pace.hashing)
        self._upload = Upload(now, intake or Intake(), check=pace.check)
        self._changed = Condition()

    def __repr__(self) -> str:
        return f"EmulatedScales({self.host}:{self.port})"

    @property
    def file(self) -> ProductFile | None:
        """The product file it holds; set it to put another one there, unchecked."""
        with self._changed:
            self._settle()
            return self._file

    @file.setter
    def file(self, file: ProductFile | None) -> None:
        with self._changed:
            self._settle()
            self._file = file
            self._updated_at = self._local()
            self._changed.notify_all()

    @property
    def document(self) -> Document | None:
        """A copy of the document it holds; set it to put another one there, unchecked."""
        file = self.file
        return file.document if file else None

    @document.setter
    def document(self, document: Document | None) -> None:
        self.file = None if document is None else ProductFile.of(document)

    @property
    def fault(self) -> ActiveFault | None:
        """What it does wrong; `Fleet.set_fault` sets it."""
        return self._fault

    def misbehave(self, fault: ActiveFault | None) -> None:
        """Do this wrong from now on; with None, nothing."""
        with self._changed:
            # What ended under the old fault has ended.
            self._settle()
            self._fault = fault
            self._busy_left = fault.times if fault else None

    @property
    def locked(self) -> bool:
        """Whether it refuses even the right password, after too many wrong ones in a row."""
        return self.refusals_in_a_row >= self.locks_after

    def unlock(self) -> None:
        """Unlock the device, as a technician does."""
        with self._changed:
            self.refusals_in_a_row = 0

    @property
    def counters(self) -> Counters:
        """Returns a copy of the counts."""
        with self._changed:
            self._settle()
            return self._counters.copy()

    def wait_until(self, holds: Callable[[Counters], bool], *, seconds: float = 5) -> bool:
        """Wait until the counts are so. Returns whether that came in time."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not holds(self._counters):
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                # The end of a check is noticed, not announced: look now and then.
                self._changed.wait(min(left, 0.02))
                self._settle()
            return True

    def connected(self, change: int) -> None:
        """Counts a connection that was opened (1) or closed (-1)."""
        with self._changed:
            self._counters.connections_open += change
            self._counters.connections += change > 0
            self._changed.notify_all()

    def sent(self, size: int) -> None:
        """Counts bytes that were sent."""
        with self._changed:
            self._counters.bytes_sent += size

    def answer(self, request: Request, received: int = 0) -> Answer:
        """Do the command. Returns the reply; `received` is its size on the wire."""
        with self._changed:
            self._settle()
            self._counters.commands[request.name] += 1
            self._counters.bytes_received += received
            try:
                answer = self._done(request)
            except RefusedError as refusal:
                answer = Answer(frames.reply(request.command, refusal.result))
            self._changed.notify_all()
            return answer

    def _done(self, request: Request) -> Answer:
        fault = self._fault.kind if self._fault else None
        if fault is Fault.UNKNOWN_RESULT:
            raise RefusedError(UNKNOWN_RESULT)
        match request.command:
            case frames.INFORMATION:
                self._check_busy(fault)
                return Answer(frames.reply(request.command, Result.DONE, self._inform(request)))
            case frames.TIME | frames.DATE if self.clock_ahead is not None:
                self._check_busy(fault)
                _expect_nothing(request.body)
                shown = self._clock(request.command, self.clock_ahead)
                return Answer(frames.reply(request.command, Result.DONE, shown))
            case frames.BUILD | frames.BUILD_STATUS | frames.DOWNLOAD | frames.UPLOAD:
                rest = self._admit(request.body, fault)
            case _:
                raise RefusedError(Result.UNKNOWN_COMMAND)
        self._check_busy(fault)
        body = b""
        match request.command:
            case frames.BUILD:
                _expect_nothing(rest)
                self._expect_idle(fault)
                self._download.build(self._file)
            case frames.BUILD_STATUS:
                _expect_nothing(rest)
                self._download.build_status(fault)
            case frames.DOWNLOAD:
                body = self._hand_out(rest, fault)
            case _:
                return self._take_in(rest, fault)
        answer = frames.reply(request.command, Result.DONE, body)
        if fault is Fault.RESET_IN_DOWNLOAD and body and self._download.past_middle:
            return Answer(answer[: len(answer) // 2], reset=True)
        return Answer(answer)

    def _hand_out(self, rest: bytes, fault: Fault | None) -> bytes:
        step = _step(rest)
        if step not in (frames.START_HASH, frames.HASH_STATUS, frames.NEXT_PORTION):
            raise RefusedError(Result.UNKNOWN_COMMAND)
        _expect_nothing(rest[1:])
        if step == frames.START_HASH:
            self._download.start_hashing(fault)
            return b""
        if step == frames.HASH_STATUS:
            return self._download.hash_status(fault)
        return self._download.portion(fault)

    def _take_in(self, rest: bytes, fault: Fault | None) -> Answer:
        done = Answer(frames.reply(frames.UPLOAD, Result.DONE))
        body = rest[1:]
        match _step(rest):
            case frames.ANNOUNCE:
                self._expect_idle(fault)
                self._upload.announce(body, fault)
            case frames.TAKE_PORTION:
                if fault is Fault.RESET_IN_UPLOAD and self._upload.reaches_middle(body):
                    return Answer(b"", reset=True)
                self._upload.portion(body, self._file, self._fault)
                if fault is Fault.RESET_AFTER_LAST_PORTION and self._upload.checking:
                    return Answer(b"", reset=True)
            case frames.CHECK:
                _expect_nothing(body)
                return self._check_reply(fault)
            case _:
                raise RefusedError(Result.UNKNOWN_COMMAND)
        return done

    def _check_reply(self, fault: Fault | None) -> Answer:
        status, reason = self._upload.check()
        if fault is Fault.LOST_CHECK_REPLY and status is not CheckStatus.CHECKING:
            return Answer(b"", reset=True)
        code = UNKNOWN_CHECK_STATUS if fault is Fault.UNKNOWN_CHECK_STATUS else int(status)
        text = reason.encode()
        body = bytes([code]) + len(text).to_bytes(2, "little") + text
        return Answer(frames.reply(frames.UPLOAD, Result.DONE, body))

    def _inform(self, request: Request) -> bytes:
        _expect_nothing(request.body)
        text = information(
            serial_number=self.serial_number,
            host=self.host,
            newer=self.newer,
            updated_at=self._updated_at,
        )
        return len(text).to_bytes(2, "little") + text

    def _clock(self, command: bytes, ahead: timedelta) -> bytes:
        """The layout is assumed: hour, minute, second; day, month, year of the century."""
        shown = self._local() + ahead
        if command == frames.TIME:
            return bytes([shown.hour, shown.minute, shown.second])
        return bytes([shown.day, shown.month, shown.year % 100])

    def _admit(self, body: bytes, fault: Fault | None) -> bytes:
        """Returns the body after the right password."""
        if len(body) < PASSWORD_BYTES:
            raise RefusedError(Result.BAD_PARAMETER)
        if fault is Fault.WRONG_PASSWORD:
            self._counters.wrong_passwords += 1
            raise RefusedError(Result.WRONG_PASSWORD)
        if self.locked or body[:PASSWORD_BYTES] != self._password:
            self._counters.wrong_passwords += 1
            self.refusals_in_a_row += 1
            raise RefusedError(Result.WRONG_PASSWORD)
        self.refusals_in_a_row = 0
        return body[PASSWORD_BYTES:]

    def _check_busy(self, fault: Fault | None) -> None:
        if fault is not Fault.BUSY:
            return
        if self._busy_left is not None:
            self._busy_left -= 1
            if self._busy_left <= 0:
                self._fault = None
        raise RefusedError(Result.NOT_FINISHED)

    def _expect_idle(self, fault: Fault | None) -> None:
        if self._download.busy(fault) or self._upload.checking:
            raise RefusedError(Result.NOT_FINISHED)

    def _settle(self) -> None:
        """Applies the result of an upload's check."""
        verdict = self._upload.settled(self._fault.kind if self._fault else None)
        if verdict is None:
            return
        if verdict.file is None:
            self._counters.uploads_refused += 1
            _log.info("%s:%d refused an upload: %s", self.host, self.port, verdict.reason)
        else:
            self._file = verdict.file
            self._updated_at = self._local()
            self._counters.uploads_accepted += 1
            _log.info("%s:%d accepted an upload", self.host, self.port)
        self._changed.notify_all()


def _step(rest: bytes) -> int:
    if not rest:
        raise RefusedError(Result.BAD_PARAMETER)
    return rest[0]


def _expect_nothing(rest: bytes) -> None:
    if rest:
        raise RefusedError(Result.BAD_PARAMETER)
