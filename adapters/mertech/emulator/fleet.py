"""Many emulated devices in one process."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import overload

from adapters.mertech.emulator.control import Control
from adapters.mertech.emulator.device import EmulatedScales, Pace
from adapters.mertech.emulator.faults import ActiveFault, Fault, parse_fault
from adapters.mertech.emulator.intake import Intake
from adapters.mertech.emulator.products.catalogue import DEFAULT_PRODUCTS, catalogue_file
from adapters.mertech.emulator.server import DeviceServer
from domain.devices.rules import password_fault


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatorOptions:
    """What to emulate. Raises ValueError for what cannot be.

    `base_port` 0 gives each device a free port; `products` 0 leaves devices without a product file;
    `latency` is in seconds per reply; `faults`, by port, are there from the start; `control_port`
    None opens none. `clock_ahead` is how many seconds their clocks are set wrong.
    """

    host: str = "127.0.0.1"
    base_port: int = 1111
    count: int = 1
    password: str = field(default="1234", repr=False)
    products: int = DEFAULT_PRODUCTS
    seed: int = 1
    string_values: bool = False
    latency: float = 0.0
    pace: Pace = field(default_factory=Pace)
    locks_after: int = 15
    faults: Mapping[int, ActiveFault] = field(default_factory=dict)
    control_port: int | None = None
    clock_ahead: float = 0.0
    newer_firmware: bool = False

    def __post_init__(self) -> None:
        if self.count < 1 or self.products < 0 or self.latency < 0:
            raise ValueError("count must be at least 1, products and latency at least 0")
        if self.base_port and not 1 <= self.base_port <= 65_536 - self.count:
            raise ValueError(f"no {self.count} ports from {self.base_port} on")
        if password_fault(self.password):
            raise ValueError("a device's password is 4 printable ASCII characters")
        for port in self.faults:
            if not self.base_port <= port < self.base_port + self.count:
                raise ValueError(f"no device has port {port}")


class Fleet(Sequence[EmulatedScales]):
    """The devices of one running emulator, in order of their ports."""

    def __init__(self, options: EmulatorOptions) -> None:
        self._options = options
        file = None
        if options.products:
            file = catalogue_file(
                options.products, seed=options.seed, string_values=options.string_values
            )
        intake = Intake()
        self._servers = [
            DeviceServer(
                EmulatedScales(
                    file,
                    password=options.password,
                    pace=options.pace,
                    serial_number=f"21B{6847 + place:05d}",
                    locks_after=options.locks_after,
                    intake=intake,
                    clock_ahead=timedelta(seconds=options.clock_ahead),
                    newer=options.newer_firmware,
                ),
                latency=options.latency,
            )
            for place in range(options.count)
        ]
        self._by_port: dict[int, DeviceServer] = {}
        self._control = Control(self)
        self._loop: asyncio.AbstractEventLoop | None = None

    @overload
    def __getitem__(self, index: int) -> EmulatedScales: ...
    @overload
    def __getitem__(self, index: slice) -> list[EmulatedScales]: ...
    def __getitem__(self, index: int | slice) -> EmulatedScales | list[EmulatedScales]:
        if isinstance(index, slice):
            return [server.device for server in self._servers[index]]
        return self._servers[index].device

    def __len__(self) -> int:
        return len(self._servers)

    def __iter__(self) -> Iterator[EmulatedScales]:
        return (server.device for server in self._servers)

    @property
    def ports(self) -> list[int]:
        """Each device's port."""
        return [device.port for device in self]

    @property
    def control_port(self) -> int | None:
        """Where the control port listens, if it does."""
        return self._control.port or None

    def set_fault(self, port: int, fault: ActiveFault | Fault | str | None) -> None:
        """Switch a fault on, or off with None; in force on return. Not for the fleet's own thread.

        Text is read by `parse_fault`. Raises KeyError for an unknown port, ValueError for a text
        that is no fault.
        """
        if isinstance(fault, Fault):
            fault = ActiveFault(fault)
        elif isinstance(fault, str):
            fault = parse_fault(fault)
        if self._loop is None:
            raise RuntimeError("the emulator is not running")
        asyncio.run_coroutine_threadsafe(self.misbehave(port, fault), self._loop).result(10)

    async def misbehave(self, port: int, fault: ActiveFault | None) -> None:
        """The same from the fleet's own event loop."""
        await self._by_port[port].misbehave(fault)

    async def open(self) -> None:
        """Listen on every port; raises OSError when one is taken, and then wants closing."""
        _allow_files(3 * len(self._servers) + 64)
        self._loop = asyncio.get_running_loop()
        for place, server in enumerate(self._servers):
            port = self._options.base_port and self._options.base_port + place
            await server.listen(self._options.host, port)
            self._by_port[server.device.port] = server
            await server.misbehave(self._options.faults.get(port))
        if self._options.control_port is not None:
            await self._control.listen(self._options.control_port)

    async def close(self) -> None:
        """Stop listening, cut every connection."""
        await self._control.close()
        await asyncio.gather(*(server.close() for server in self._servers))
        # The loop lets go of a closed transport's socket in its next round.
        await asyncio.sleep(0)


def _allow_files(wanted: int) -> None:
    """Raise the limit of open files as far as the system lets us."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
