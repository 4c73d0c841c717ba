"""Devices that exist in memory only. As strict as the emulator, whose faults they share."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import Final

from adapters.json_text import dumps, loads
from adapters.mertech.driver.received import product_file
from adapters.mertech.emulator.faults import Fault
from adapters.mertech.emulator.intake import Intake
from adapters.mertech.emulator.products.product_file import Document
from adapters.mertech.emulator.products.product_file import ProductFile as HeldFile
from adapters.mertech.emulator.products.validation import ProductFileError
from application.ports.clock import Clock
from application.ports.scales import (
    Connection,
    ProductsRefusedError,
    Received,
    Scales,
    ScalesBusyError,
    ScalesError,
    ScalesNonsenseError,
    ScalesRefusedError,
    ScalesTimedOutError,
    ScalesUnreachableError,
    ScalesWrongPasswordError,
    Target,
    without_bound,
)
from domain.devices.device import Address
from domain.json_value import Json
from domain.products.product_file import ProductFile

REPLY_TIMEOUT: Final = 5.0
REASON: Final = "Ошибка записи в базу данных"
KNOWN: Final = frozenset(
    {
        Fault.REFUSE_CONNECTIONS,
        Fault.SILENT,
        Fault.WRONG_PASSWORD,
        Fault.BUSY,
        Fault.UNKNOWN_RESULT,
        Fault.NEVER_READY,
        Fault.RESET_IN_DOWNLOAD,
        Fault.NOT_JSON,
        Fault.LIST_FILE,
        Fault.RESET_IN_UPLOAD,
        Fault.RESET_AFTER_LAST_PORTION,
        Fault.CHECK_NEVER_ENDS,
        Fault.LOST_CHECK_REPLY,
        Fault.REFUSE_UPLOADS,
    }
)


class FakeDevice:
    """One device. `counts` has connections, reads, accepted, refused and wrong passwords.

    `during` is called in the middle of a conversation with "reading", "sending" (nothing taken
    yet) or "taken" (the verdict not told yet). `refuses` gives the reason for which it will not
    have an uploaded document, or "". `takes` is how many seconds of the clock a command takes.
    """

    def __init__(self, document: Document | None, password: str) -> None:
        self.password = password
        self.during: Callable[[str], None] = lambda stage: None
        self.refuses: Callable[[Document], str] = lambda document: ""
        self.takes = 0.0
        self.open = 0
        self.information: dict[str, Json] | None = {"scaleModel": "M-ER 725 PM-15.2"}
        self.clock: datetime | None = None
        self.counts: Counter[str] = Counter()
        self._fault: Fault | None = None
        self._lock = Lock()
        self._file = None if document is None else HeldFile.of(document)

    @property
    def document(self) -> Document | None:
        """A copy of what it holds; set it to put something else there, unchecked."""
        file = self._file
        return None if file is None else file.document

    @document.setter
    def document(self, document: Document | None) -> None:
        self._file = None if document is None else HeldFile.of(document)

    @property
    def fault(self) -> Fault | None:
        """What it does wrong; one of KNOWN."""
        return self._fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        if fault is not None and fault not in KNOWN:
            raise ValueError(f"the fake knows nothing of {fault}")
        self._fault = fault

    @property
    def text(self) -> bytes | None:
        """The product file as it goes over the wire."""
        if self._file is None:
            return None
        match self._fault:
            case Fault.NOT_JSON:
                return b"<html>" + self._file.data
            case Fault.LIST_FILE:
                return b"[" + self._file.data + b"]"
        return self._file.data

    def take(self, text: bytes, *, clear: bool) -> str:
        """Take an upload in, or give the reason against it."""
        document = loads(text)
        assert isinstance(document, dict)
        with self._lock:
            reason = self.refuses(document)
            if self._fault is Fault.REFUSE_UPLOADS:
                reason = REASON
            try:
                taken = Intake().take(self._file, HeldFile(text), clear=clear)
            except ProductFileError as error:
                reason = reason or str(error)
            else:
                self._file = self._file if reason else taken
            self.counts["refused" if reason else "accepted"] += 1
            return reason

    def count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1

    def connected(self, change: int) -> None:
        with self._lock:
            self.open += change


class FakeScales(Scales):
    """Devices by address; there is nothing anywhere else. `names` says where host names lead."""

    def __init__(self, clock: Clock, *, reply_timeout: float = REPLY_TIMEOUT) -> None:
        self.devices: dict[Address, FakeDevice] = {}
        self.names: dict[str, tuple[str, ...]] = {}
        self._clock = clock
        self._reply_timeout = reply_timeout

    def plug_in(
        self,
        address: Address,
        document: Document | None = None,
        *,
        password: str = "1234",  # noqa: S107  the maker's default
    ) -> FakeDevice:
        """Put a new device at an address."""
        device = self.devices[address] = FakeDevice(document, password)
        return device

    def endpoints(self, address: Address) -> tuple[Address, ...]:
        hosts = (address.host,) if address.endpoint else self.names.get(address.host, ())
        ends = [Address(host, address.port).endpoint for host in hosts]
        return tuple(end for end in ends if end is not None)

    @contextmanager
    def conversation(
        self,
        target: Target,
        /,
        *,
        deadline: float,
        heartbeat: Callable[[], None],
    ) -> Iterator[Connection]:
        if len(target.password) != 4 or not target.password.isascii():
            raise ScalesWrongPasswordError(problem="form")
        if self._clock.monotonic() >= deadline:
            raise ScalesTimedOutError(problem="no_time", address=str(target.address))
        heartbeat()
        ends = self.endpoints(target.address) if target.endpoints is None else target.endpoints
        there = next((end for end in ends if end in self.devices), None)
        device = None if there is None else self.devices[there]
        if device is None or device.fault is Fault.REFUSE_CONNECTIONS:
            raise ScalesUnreachableError(problem="refused", address=str(target.address))
        device.count("connections")
        device.connected(1)
        connection = _FakeConnection(
            device, target, there, self._clock, deadline, heartbeat, self._reply_timeout
        )
        try:
            yield connection
        finally:
            connection.closed = True
            device.connected(-1)


class _FakeConnection(Connection):
    def __init__(
        self,
        device: FakeDevice,
        target: Target,
        endpoint: Address | None,
        clock: Clock,
        deadline: float,
        heartbeat: Callable[[], None],
        reply_timeout: float,
    ) -> None:
        self.closed = False
        self.heard = False
        self._device = device
        self._target = target
        self._clock = clock
        self._deadline = deadline
        self._heartbeat = heartbeat
        self._reply_timeout = reply_timeout
        self._endpoint = endpoint

    @property
    def endpoint(self) -> Address | None:
        return self._endpoint

    def read(self, reserve: Callable[[int], None] = without_bound) -> Received:
        with self._closed_by_failure():
            device = self._device
            self._command()
            if device.fault is Fault.NEVER_READY:
                self._poll("work")
            for _ in range(3):
                self._command()
            device.during("reading")
            if device.fault is Fault.RESET_IN_DOWNLOAD:
                raise ScalesUnreachableError(
                    problem="broken_off", address=str(self._target.address)
                )
            self._command()
            device.count("reads")
            text = device.text
            if text is None:
                return Received(ProductFile.empty(), 0)
            reserve(len(text))
            return Received(product_file(text), len(text))

    def send(self, file: ProductFile, *, clear: bool) -> int:
        with self._closed_by_failure():
            device = self._device
            text = dumps(file.document)
            self._command()
            device.during("sending")
            if device.fault is Fault.RESET_IN_UPLOAD:
                raise ScalesUnreachableError(
                    problem="broken_off", address=str(self._target.address)
                )
            self._command()
            with self._maybe_accepted():
                if device.fault is Fault.CHECK_NEVER_ENDS:
                    self._poll("check")
                reason = device.take(text, clear=clear)
                device.during("taken")
                self._command()
                if device.fault in (Fault.LOST_CHECK_REPLY, Fault.RESET_AFTER_LAST_PORTION):
                    raise ScalesUnreachableError(
                        problem="broken_off", address=str(self._target.address)
                    )
            if reason:
                raise ProductsRefusedError(reason)
            return len(text)

    def information(self) -> dict[str, Json]:
        with self._closed_by_failure():
            self._command(admitted=True)
            if self._device.information is None:
                raise ScalesRefusedError(result=120)
            return dict(self._device.information)

    def clock(self) -> datetime | None:
        try:
            with self._closed_by_failure():
                self._command(admitted=True)
                return self._device.clock
        except ScalesError:
            return None

    def _command(self, *, admitted: bool = False) -> None:
        """What goes with every command; one that takes no password is `admitted` without."""
        device = self._device
        self._heartbeat()
        self._wait(device.takes)
        self._check_deadline("given_up")
        if device.fault is Fault.SILENT:
            self._wait(self._reply_timeout)
            raise self._timed_out("no_answer")
        self.heard = True
        if device.fault is Fault.UNKNOWN_RESULT:
            raise ScalesRefusedError(result=85)
        refused = device.fault is Fault.WRONG_PASSWORD or self._target.password != device.password
        if refused and not admitted:
            device.count("wrong passwords")
            raise ScalesWrongPasswordError(result=122)
        if device.fault is Fault.BUSY:
            try:
                self._poll("work")
            except ScalesTimedOutError:
                raise ScalesBusyError from None

    def _poll(self, problem: str) -> None:
        """Ask until the deadline, or until the fault is gone."""
        fault = self._device.fault
        while self._device.fault is fault:
            self._check_deadline(problem)
            self._heartbeat()
            self._wait(1.0)

    def _wait(self, seconds: float) -> None:
        until = min(self._clock.monotonic() + seconds, self._deadline)
        while (left := until - self._clock.monotonic()) > 0:
            self._clock.sleep(min(left, 1.0))
            self._heartbeat()

    def _check_deadline(self, problem: str) -> None:
        if self._clock.monotonic() >= self._deadline:
            raise self._timed_out(problem)

    def _unreachable(self, problem: str) -> ScalesUnreachableError:
        return ScalesUnreachableError(problem=problem, address=str(self._target.address))

    def _timed_out(self, problem: str) -> ScalesTimedOutError:
        return ScalesTimedOutError(
            problem=problem, address=str(self._target.address), seconds=self._reply_timeout
        )

    @contextmanager
    def _maybe_accepted(self) -> Iterator[None]:
        try:
            yield
        except (
            ScalesBusyError,
            ScalesNonsenseError,
            ScalesTimedOutError,
            ScalesUnreachableError,
            ScalesWrongPasswordError,
        ) as error:
            error.learn(maybe_accepted=True)
            raise

    @contextmanager
    def _closed_by_failure(self) -> Iterator[None]:
        if self.closed:
            raise self._unreachable("closed")
        try:
            yield
        except ScalesError as error:
            error.learn(heard=self.heard)
            self.closed = self.closed or not isinstance(error, ScalesRefusedError)
            raise
        except BaseException:
            self.closed = True
            raise
