"""What the application asks of a scale, and how a scale can fail it."""

from abc import abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from domain.devices.device import Address
from domain.devices.device_text import cut
from domain.errors import ConversationError
from domain.json_value import Json
from domain.products.product_file import ProductFile
from domain.products.refused import Reason

UNDELIVERED: Final = 7.0
"""Seconds after which what was written and does not reach the device is dropped, even when this
process stands still: less than half a lease, since whoever writes trusts it for the first half."""


class ScalesError(ConversationError):
    """A conversation failed. The facts quote the device where it gave a reason.

    `maybe_accepted` is true when the device had everything it was to be sent before the failure,
    so that it may hold the new products or may not. `heard` is true when something on this
    connection had answered as a device does.
    """

    def __init__(self, *, maybe_accepted: bool = False, heard: bool = False, **facts: Json) -> None:
        super().__init__(**facts)
        self.maybe_accepted = maybe_accepted
        self.heard = heard

    def learn(self, *, maybe_accepted: bool = False, heard: bool = False) -> None:
        """Add what is known where the error passes by; what it knows already stays."""
        self.maybe_accepted = self.maybe_accepted or maybe_accepted
        self.heard = self.heard or heard


class ScalesUnreachableError(ScalesError):
    """No connection could be made, or the connection broke. Without facts, why is not told."""

    code = "ScalesUnreachable"


class ScalesBusyError(ScalesError):
    """The device answered for as long as was waited that it is busy."""

    code = "ScalesBusy"


class ScalesTimedOutError(ScalesError):
    """No answer, or not all of it, in the time given."""

    code = "ScalesTimedOut"


class ScalesWrongPasswordError(ScalesError):
    """The device refused its password (result code 122)."""

    code = "ScalesWrongPassword"


class ScalesRefusedError(ScalesError):
    """The device refused, by a result code (`result`) or with a reason of its own (`reason`)."""

    code = "ScalesRefused"


class ProductsRefusedError(ScalesRefusedError):
    """The device judged the products and will not take them; the connection stays. A text is cut
    where it is long."""

    code = "ProductsRefused"

    def __init__(self, reason: Reason) -> None:
        self.reason = cut(reason) if isinstance(reason, str) else reason
        super().__init__(reason=self.reason)


class ScalesNonsenseError(ScalesError):
    """The device answered what the protocol or a product file does not allow."""

    code = "ScalesNonsense"


class WebServerError(ScalesNonsenseError):
    """HTTP answered where a device should."""

    code = "WebServer"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a device is, and the password that it wants.

    `endpoints` are those that its address may be connected to; None has it looked up anew.
    """

    address: Address
    password: str = field(repr=False)
    endpoints: tuple[Address, ...] | None = None


class Received(NamedTuple):
    """A product file read from a device, and its size in bytes on the wire."""

    file: ProductFile
    size: int


def without_bound(size: int) -> None:
    """Reserves nothing: memory is not bounded."""


class Connection(Protocol):
    """An open connection to one device."""

    @property
    @abstractmethod
    def endpoint(self) -> Address | None:
        """Where it leads; None where that cannot be told any more."""

    @abstractmethod
    def read(self, reserve: Callable[[int], None] = without_bound) -> Received:
        """The product file it holds; an empty one where it holds none.

        `reserve` is called with its size in bytes before anything is built of it; what it raises
        ends the connection. Raises ScalesError.
        """

    @abstractmethod
    def send(self, file: ProductFile, *, clear: bool) -> int:
        """Have the device take these products, and answer the size in bytes.

        Merges them into what it holds, or first clears its database. The device takes all or
        nothing. Raises ScalesError; after ProductsRefusedError the connection stays.
        """

    @abstractmethod
    def information(self) -> dict[str, Json]:
        """What the device tells of itself (command FF 17).

        Raises ScalesError; ScalesRefusedError where the firmware does not know the question.
        """

    @abstractmethod
    def clock(self) -> datetime | None:
        """What the device's own clock shows, in no zone; None where it does not tell.

        Not telling is no failure, whatever the reason; the connection may be of no use afterwards.
        """


class Scales(Protocol):
    """Connections to devices; safe to share between threads."""

    @abstractmethod
    def endpoints(self, address: Address) -> tuple[Address, ...]:
        """Where an address leads to, each in its one form; none where its host name is unknown.

        Takes a few seconds at most: no transaction may be open meanwhile.
        """

    @abstractmethod
    def conversation(
        self,
        target: Target,
        /,
        *,
        deadline: float,
        heartbeat: Callable[[], None],
    ) -> AbstractContextManager[Connection]:
        """Connect for the length of a block; nothing is retried and nothing is left open.

        Whatever the device does, the block's calls end by `deadline`, a moment of the clock's
        `monotonic`. `heartbeat` is called before connecting, immediately before each write, and
        every two seconds at least while waiting; what it raises ends the conversation. Raises
        ScalesError.
        """
