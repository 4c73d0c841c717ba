"""What a process that was frozen in the middle of an upload still writes when it wakes.

    python -m benchmarks.frozen

A process uploads one catalogue after the other. Again and again it is frozen (SIGSTOP) at a random
moment; when its lease has run out, another takes the device; then it is woken. Everything that
reaches the device while the other has it is of the one that was frozen, and too late. So is what
changes in the database. The device stands behind a gate that reads slowly, so that portions wait
to be written as they do on a bad network, and that notes each byte with its time.
"""

import argparse
import multiprocessing
import os
import random
import signal
import socket
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet

from adapters.database.backends.engine import make_engine
from adapters.database.schema import upgrade
from adapters.database.storage import SqlStorage
from adapters.mertech.driver.scales import MertechScales
from adapters.security.cipher import FernetCipher
from adapters.security.passwords import BcryptHasher
from adapters.security.tokens import JwtTokens
from adapters.system.clock import SystemClock
from application.conversations.errors import DeviceBusyError, LeaseLostError
from application.conversations.resources import Patience
from application.ports.repositories.leases import Lease
from application.ports.scales import ScalesError
from benchmarks.processes import FailedError, emulated_scales
from domain.accounts.user import UserId
from domain.devices.device import Address, DeviceId
from domain.devices.networks import DeviceNetworks
from domain.renewal.time_zones import TimeZones
from domain.runs.batch import UploadOf
from entrypoints.bootstrap import Options, UseCases, wire

HELD = timedelta(seconds=30)
"""How long the other one's lease lasts: longer than it needs."""
AWAKE = 0.3
"""Seconds after waking in which what is written late is counted."""
SLOWLY = (4096, 0.005)
"""Bytes that the gate reads at most at once, and seconds that it pauses after each time."""
_SPAWNING = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Place:
    """All that a process needs to talk to the device."""

    database: str
    key: str
    lease: float

    def opened(self) -> tuple[UseCases, SqlStorage]:
        """The use cases as they are in service, but for a shorter lease."""
        clock = SystemClock()
        storage = SqlStorage(make_engine(self.database))
        loopback = DeviceNetworks.of(["127.0.0.0/8"])
        cases = wire(
            storage=storage,
            # As much of the lease as in service.
            scales=MertechScales(clock, networks=loopback, undelivered=self.lease * 7 / 15),
            clock=clock,
            hasher=BcryptHasher(),
            cipher=FernetCipher(self.key),
            tokens=JwtTokens("s" * 32, "HS256", HELD),
            options=Options(
                zones=TimeZones(ZoneInfo("UTC")),
                patience=Patience(lease=self.lease),
                networks=loopback,
            ),
        )
        return cases, storage


@dataclass
class Gate:
    """Stands before the device. `arrived` notes when how many bytes came, `left` how many bytes
    the message under way still lacks, where the last one is not whole."""

    port: int
    to: int
    arrived: list[tuple[float, int]] = field(default_factory=list)
    left: int = 0

    def serve(self, listening: socket.socket) -> None:
        """Take connections until the socket closes."""
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                device = socket.create_connection(("127.0.0.1", self.to))
                threading.Thread(target=self._to_device, args=(client, device), daemon=True).start()
                threading.Thread(target=_copied, args=(device, client), daemon=True).start()

    def _to_device(self, client: socket.socket, device: socket.socket) -> None:
        header, self.left = b"", 0
        most, pause = SLOWLY
        with suppress(OSError), client, device:
            while data := client.recv(most):
                self.arrived.append((time.monotonic(), len(data)))
                device.sendall(data)
                while data:
                    if self.left == 0:
                        header, data = header + data[: 4 - len(header)], data[4 - len(header) :]
                        if len(header) == 4:
                            self.left, header = int.from_bytes(header, "little"), b""
                    taken = min(self.left, len(data))
                    self.left, data = self.left - taken, data[taken:]
                time.sleep(pause)
            device.shutdown(socket.SHUT_RDWR)

    def since(self, moment: float) -> list[int]:
        """How many bytes came, each time that some did."""
        return [size for at, size in self.arrived if at >= moment]


def _copied(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            to.sendall(data)
        to.shutdown(socket.SHUT_RDWR)


@contextmanager
def gate(to: int) -> Iterator[Gate]:
    """A gate before the device on that port."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        opened = Gate(listening.getsockname()[1], to)
        threading.Thread(target=opened.serve, args=(listening,), daemon=True).start()
        yield opened


class NarrowSocket(socket.socket):
    """Takes little at a time, as over a slow network: on loopback a whole portion fits in."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)


def upload_for_ever(place: Place, owner_id: UserId, device_id: DeviceId) -> None:
    """What the process does that is frozen."""
    socket.socket = NarrowSocket  # type: ignore[misc]  # in this process, which does nothing else
    cases, _ = place.opened()
    while True:
        with suppress(LeaseLostError, DeviceBusyError, ScalesError):
            cases.products.upload.for_user(owner_id, device_id, UploadOf.CACHE)  # no reading first


@dataclass
class Found:
    """Of all freezes: those inside a write to the database (which lets nobody else write, so that
    they are ended at once and count no further), those with the device leased, those in the middle
    of a message, writes and bytes that came late, and changes in the database."""

    freezes: int = 0
    writing: int = 0
    leased: int = 0
    amid: int = 0
    writes: int = 0
    bytes: int = 0
    changes: int = 0


def frozen_once(
    pid: int,
    database: Path,
    storage: SqlStorage,
    device_id: DeviceId,
    opened: Gate,
    found: Found,
) -> None:
    """Freeze it now, and see what it does when it wakes."""
    os.kill(pid, signal.SIGSTOP)
    found.freezes += 1
    try:
        if not _writable(database):
            found.writing += 1
            return
        lease = _taken(storage, device_id)
        found.leased += lease is None
        while lease is None:
            time.sleep(0.005)
            lease = _taken(storage, device_id)
        taken_at = time.monotonic()
        found.amid += opened.left > 0
        before = _remembered(storage, device_id)
        time.sleep(random.uniform(0, 0.1))  # noqa: S311  no secret
    finally:
        os.kill(pid, signal.SIGCONT)
    time.sleep(AWAKE)
    late = opened.since(taken_at)
    found.writes += len(late)
    found.bytes += sum(late)
    found.changes += _remembered(storage, device_id) != before
    with storage.transaction() as tx:
        tx.leases.release(lease)


def _taken(storage: SqlStorage, device_id: DeviceId) -> Lease | None:
    with storage.transaction() as tx:
        return tx.leases.take(device_id, HELD)


def _writable(database: Path) -> bool:
    """Whether nobody holds the database, or soon does no more."""
    with closing(sqlite3.connect(database, timeout=0.1)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
    return True


def _remembered(storage: SqlStorage, device_id: DeviceId) -> object:
    with storage.snapshot() as tx:
        return tx.runs.last(device_id), tx.catalogues.find(device_id)


def measured(freezes: int, lease: float, products: int) -> Found:
    """Freeze an uploading process as often."""
    found = Found()
    with (
        tempfile.TemporaryDirectory() as folder,
        emulated_scales(1, products=products) as fleet,
        gate(fleet.ports[0]) as opened,
    ):
        database = Path(folder) / "frozen.db"
        place = Place(f"sqlite:///{database.as_posix()}", Fernet.generate_key().decode(), lease)
        upgrade(make_engine(place.database))
        cases, storage = place.opened()
        owner_id = cases.accounts.register("anna@example.org", "correct horse").id
        device_id = cases.devices.add(
            owner_id,
            name="Bakery",
            description="",
            address=Address("127.0.0.1", opened.port),
            protocol="TCP",
            password="1234",  # noqa: S106  the maker's default
        ).device.id
        cases.products.read.for_user(owner_id, device_id)
        process = _SPAWNING.Process(
            target=upload_for_ever, args=(place, owner_id, device_id), daemon=True
        )
        process.start()
        try:
            while fleet.uploads_accepted()[0] == 0:
                if not process.is_alive():
                    raise FailedError("the uploading process ended by itself")
                time.sleep(0.1)
            for _ in range(freezes):
                time.sleep(random.uniform(0, 1))  # noqa: S311  no secret
                frozen_once(process.pid or 0, database, storage, device_id, opened, found)
        finally:
            process.kill()
            process.join()
        print(f"{fleet.uploads_accepted()[0]} uploads were accepted meanwhile.")
    return found


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="What a frozen process writes when it wakes.")
    parser.add_argument("--freezes", type=int, default=100, help="of the process (100)")
    parser.add_argument("--lease", type=float, default=0.6, help="in seconds (0.6)")
    parser.add_argument("--products", type=int, default=2000, help="in the catalogue (2000)")
    chosen = parser.parse_args()
    found = measured(chosen.freezes, chosen.lease, chosen.products)
    columns = {
        "freezes": found.freezes,
        "inside a write to the database": found.writing,
        "in a conversation": found.leased,
        "amid a message": found.amid,
        "late writes": found.writes,
        "late bytes": found.bytes,
        "changes in the database": found.changes,
    }
    print("|".join(["", *(f" {name} " for name in columns), ""]))
    print("| ---: " * len(columns) + "|")
    print("|".join(["", *(f" {number} " for number in columns.values()), ""]))


if __name__ == "__main__":
    main()
