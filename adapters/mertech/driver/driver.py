"""The maker's driver, made safe.

Its frames, codes and socket are used; its sending and receiving are not: they log whole frames,
passwords included, reconnect in mid-conversation and believe any length. What is used is private
to the driver (`_Scales__…`), which is why its version is pinned.
"""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

import scales

from adapters.json_text import dumps
from adapters.mertech.driver import replies
from adapters.mertech.driver.connecting import connect
from adapters.mertech.driver.received import information, product_file
from adapters.mertech.driver.replies import Check, FileEmptyError, Reply
from adapters.mertech.driver.watch import Watch
from adapters.mertech.driver.wire import Wire
from adapters.mertech.lookup import endpoint_of
from application.ports.scales import (
    Received,
    ScalesBusyError,
    ScalesError,
    ScalesNonsenseError,
    ScalesRefusedError,
    ScalesTimedOutError,
    ScalesWrongPasswordError,
    Target,
    without_bound,
)
from domain.devices.device import Address
from domain.devices.networks import DeviceNetworks
from domain.json_value import Json
from domain.products.product_file import ProductFile

INFORMATION: Final = b"\xff\x17"
"""Device information, which takes no password; the driver does not know it."""

TIME: Final = b"\x2a"
DATE: Final = b"\x2b"
"""The device's own clock, which takes no password; the driver does not know these either."""
CLOCK_TIMEOUT: Final = 1.0
"""Seconds: a device that knows the question has nothing to work out, and another may be silent."""

FIRST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 1.0
"""Seconds between two questions whether the device is ready."""


class MertechDriver(scales.Scales):
    """A connection to one M-ER 725, from its making until `close`."""

    def __init__(
        self,
        target: Target,
        watch: Watch,
        *,
        connect_timeout: float,
        reply_timeout: float,
        networks: DeviceNetworks,
        largest_file: int,
        undelivered: float,
    ) -> None:
        """Connects, inside the networks only. Timeouts are in seconds. Raises ScalesError."""
        if len(target.password) != 4 or not target.password.isascii():
            raise ScalesWrongPasswordError(problem="form")
        self._watch = watch
        self._target = target
        self._connect_timeout = connect_timeout
        self._networks = networks
        self._largest_file = largest_file
        self._undelivered = undelivered
        self._reply_timeout = reply_timeout
        address = target.address
        super().__init__(address.host, address.port, target.password, retries=0)
        self._wire = Wire(self._Scales__socket, address, watch, reply_timeout)

    @property
    def heard(self) -> bool:
        """Whether something has answered as a device does."""
        return self._wire.heard

    def close(self) -> None:
        """Close the connection. It does no harm to repeat it."""
        self._Scales__socket.close()

    @property
    def endpoint(self) -> Address | None:
        """The address to which it is connected; None if the other side has closed already."""
        try:
            return endpoint_of(self._Scales__socket.getpeername())
        except OSError:
            return None

    def get_products_json(self, reserve: Callable[[int], None] = without_bound) -> Received:
        """Returns the product file of the device, with its MD5 checked.

        `reserve` is called with its size in bytes before anything is built of it. Raises
        ScalesError and what `reserve` raises.
        """
        try:
            text = self._read()
        except FileEmptyError:
            return Received(ProductFile.empty(), 0)
        reserve(len(text))
        return Received(product_file(text), len(text))

    def send_json_products(self, data: dict[str, Json], clear_database: bool) -> int:
        """Send the document to the device. Returns its size in bytes. Raises ScalesError."""
        text = dumps(data)
        announcement = self._Scales__initial_file_transfer_request_gen(
            text, clear_database=clear_database
        )
        replies.nothing(self._ask(announcement))
        *portions, last = self._Scales__file_transfer_commands_gen(text)
        for portion in portions:
            replies.nothing(self._ask(portion))
        self._send_last(last)
        check = self._checked()
        if check.refusal is not None:
            raise check.refusal
        return len(text)

    def get_information(self) -> dict[str, Json]:
        """Returns the device's information about itself. Raises ScalesError."""
        return information(replies.information(self._ask(self._bare(INFORMATION))))

    def get_clock(self) -> datetime:
        """Returns what the device's own clock shows, in no zone. Raises ScalesError."""
        day = replies.clock_date(self._tell(DATE))
        # At most twice: at midnight the time could be of either day.
        for _ in range(2):
            shown, before = replies.clock_time(self._tell(TIME)), day
            day = replies.clock_date(self._tell(DATE))
            if day == before:
                return datetime.combine(day, shown)
        raise ScalesNonsenseError(problem="clock")

    def _tell(self, command: bytes) -> Reply:
        return self._wire.ask(self._bare(command), min(CLOCK_TIMEOUT, self._reply_timeout))

    def _bare(self, command: bytes) -> bytes:
        """Returns a request that is only a command."""
        package: bytes = self._Scales__packet_header_gen(command) + command
        length: bytes = self._Scales__tcp_command_len_generator(package, self.command_len_bytes)
        return length + package

    def _Scales__get_socket(self) -> None:  # noqa: N802  the driver's own name for its connecting
        self._Scales__socket = connect(
            self._target.address,
            self._watch,
            self._connect_timeout,
            self._networks,
            endpoints=self._target.endpoints,
            undelivered=self._undelivered,
        )

    def _read(self) -> bytes:
        replies.nothing(self._ask(self._Scales__file_creation_request_gen()))
        replies.nothing(self._ask(self._Scales__file_creation_status_request_gen()))
        replies.nothing(self._ask(self._Scales__hash_calculating_request_gen()))
        announced = replies.md5(self._ask(self._Scales__hash_calculating_status_request_gen()))
        text = self._portions()
        if hashlib.md5(text, usedforsecurity=False).digest() != announced:
            raise ScalesNonsenseError(problem="checksum")
        return text

    def _portions(self) -> bytes:
        request = self._Scales__file_transfer_init_request_gen()
        text, last = bytearray(), False
        while not last:
            last, offset, data = replies.portion(self._ask(request))
            if offset != len(text) or not (data or last):
                raise ScalesNonsenseError(problem="portions")
            text += data
            if len(text) > self._largest_file:
                raise ScalesNonsenseError(problem="too_long", most=self._largest_file)
        return bytes(text)

    def _send_last(self, portion: bytes) -> None:
        sent_before = self._wire.requests_sent
        try:
            replies.nothing(self._ask(portion))
        except (ScalesRefusedError, ScalesWrongPasswordError):
            raise
        except ScalesError as error:
            error.learn(maybe_accepted=self._wire.requests_sent > sent_before)
            raise

    def _checked(self) -> Check:
        """Wait for the device's verdict on the file. Without one it stays unknown whether it took
        it."""
        question = self._Scales__transfered_file_check_command_gen()
        try:
            for pause in _pauses():
                check = replies.check(self._ask(question))
                if check.over:
                    return check
                if not self._watch.pause(pause):
                    break
            raise ScalesTimedOutError(problem="check")
        except ScalesError as error:
            error.learn(maybe_accepted=True)
            raise

    def _ask(self, request: bytes) -> Reply:
        """Returns the reply to a request, which is repeated while the device is busy. Raises
        ScalesError."""
        busy: ScalesError | None = None
        pauses = _pauses()
        while True:
            try:
                reply = self._wire.ask(request)
            except ScalesTimedOutError:
                if busy and self._watch.over:
                    raise busy from None
                raise
            if reply.result == replies.NOT_FINISHED:
                busy = ScalesBusyError()
            elif reply.result == replies.IN_PROGRESS:
                busy = ScalesTimedOutError(problem="work")
            else:
                return reply
            self._watch.pause(next(pauses))


def _pauses() -> Iterator[float]:
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 1.5, LONGEST_PAUSE)
