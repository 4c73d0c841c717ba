"""What dead devices cost requests that need none: `GET /devices` while all of 16 devices, that
accept connections and never answer, are being asked, beside the same while nobody asks them.

    python -m benchmarks.dead_devices

Both are measured in turn; what counts is the ratio of two neighbours, since a machine is never as
fast twice. Who asks a device does so again as soon as there is an answer, but pauses after a 503.
"""

import argparse
import http.client
import json
import multiprocessing
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from benchmarks.client import Client, load
from benchmarks.processes import (
    EmulatedFleet,
    FailedError,
    emulated_scales,
    free_port,
    settings_in,
    wait_for_port,
    web_scales,
)

DEVICES = 16
CONNECTIONS = 8
"""That ask for the list of devices."""
LIVE = 6
"""Conversations that one owner may hold at once by default: the rest of the 16 are refused."""
PAUSE = 0.05
"""Seconds, after a 503."""
AIM = 0.8
SETTLED = 10.0
"""Seconds within which the devices have the service's attention, or lost it."""
_SPAWNING = multiprocessing.get_context("spawn")


class Refusals(NamedTuple):
    """How many requests were refused at once with a 503, and how long the slowest took."""

    number: int
    slowest: float


class Crowd:
    """Clients, one for each device, in a process of their own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ask(self) -> None:
        """Begin to ask, again and again."""
        self._connection.send("ask")
        self._connection.recv()

    def rest(self) -> None:
        """Ask no more, when the present answers have come."""
        self._connection.send("rest")
        self._connection.recv()

    def refusals(self) -> Refusals:
        """Since this was asked last."""
        self._connection.send("refusals")
        told: Refusals = self._connection.recv()
        return told


@contextmanager
def crowd(port: int, token: str, paths: Sequence[str], pause: float) -> Iterator[Crowd]:
    """Clients that ask for these paths, at rest; `pause` is in seconds, after a 503."""
    here, there = _SPAWNING.Pipe()
    process = _SPAWNING.Process(
        target=_attend, args=(there, port, token, paths, pause), daemon=True
    )
    process.start()
    there.close()
    try:
        yield Crowd(here)
    finally:
        process.terminate()
        process.join()


def _attend(
    connection: Connection, port: int, token: str, paths: Sequence[str], pause: float
) -> None:
    asking, refused = threading.Event(), list[float]()
    for path in paths:
        arguments = (port, token, path, asking, refused, pause)
        threading.Thread(target=_ask, args=arguments, daemon=True).start()
    with suppress(EOFError):
        while True:
            order = connection.recv()
            if order == "refusals":
                seen = refused[:]
                del refused[: len(seen)]
                connection.send(Refusals(len(seen), max(seen, default=0.0)))
                continue
            if order == "ask":
                asking.set()
            else:
                asking.clear()
            connection.send(None)


def _ask(
    port: int,
    token: str,
    path: str,
    asking: threading.Event,
    refused: list[float],
    pause: float,
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    while asking.wait():
        began = time.perf_counter()
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
        if answer.status == 503:
            refused.append(time.perf_counter() - began)
            time.sleep(pause)


@dataclass(frozen=True, slots=True)
class Round:
    """Answers per second to who asks for the list."""

    undisturbed: float
    disturbed: float
    refusals: Refusals

    @property
    def share(self) -> float:
        return self.disturbed / self.undisturbed


def measure(client: Client, people: Crowd, fleet: EmulatedFleet, seconds: float) -> Round:
    """Both ways, one after the other."""
    undisturbed = rate(client, seconds)
    fleet.misbehave(fleet.ports, "silent")
    people.ask()
    wait_for_conversations(client, LIVE)
    people.refusals()
    disturbed = rate(client, seconds)
    refusals = people.refusals()
    people.rest()
    # So that the conversations end now, and not when the devices have been silent for long enough.
    fleet.misbehave(fleet.ports, "refuse-connections")
    wait_for_conversations(client, 0)
    return Round(undisturbed, disturbed, refusals)


def rate(client: Client, seconds: float) -> float:
    """Lists of devices per second."""
    request = client.request("GET", "/devices")
    return load(client.port, [lambda: request] * CONNECTIONS, status=200, seconds=seconds).rate


def wait_for_conversations(client: Client, number: int) -> None:
    """Return when so many are under way."""
    give_up = time.monotonic() + SETTLED
    while time.monotonic() < give_up:
        runs = client.call("GET", "/runs?outcome=running").body["runs"]
        if len(runs) == number:
            return
        time.sleep(0.1)
    raise FailedError(f"there are not {number} conversations: {runs}")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="What dead devices cost other requests.")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each of both (2)")
    parser.add_argument("--rounds", type=int, default=5, help="of both in turn (5)")
    parser.add_argument(
        "--pause", type=float, default=PAUSE, help="seconds that a refused client waits (0.05)"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    chosen = parser.parse_args()
    port = free_port()
    with tempfile.TemporaryDirectory() as name, emulated_scales(DEVICES, products=1) as fleet:
        folder = Path(name)
        with web_scales("serve", folder, settings_in(folder, PORT=str(port))) as server:
            wait_for_port(port, server)
            client = Client.registered(port)
            ids = [client.with_device(f"Scale {place}", at) for place, at in enumerate(fleet.ports)]
            paths = [f"/devices/{device_id}/products" for device_id in ids]
            rate(client, 0.5)
            with crowd(port, client.token, paths, chosen.pause) as people:
                rounds = [
                    measure(client, people, fleet, chosen.seconds) for _ in range(chosen.rounds)
                ]
    told = figures(rounds)
    print(json.dumps(told, indent=2) if chosen.json else "\n".join(table(told)))


def figures(rounds: Sequence[Round]) -> dict[str, float]:
    """Medians over the rounds."""
    shares = [one.share for one in rounds]
    return {
        "undisturbed per second": statistics.median(one.undisturbed for one in rounds),
        "disturbed per second": statistics.median(one.disturbed for one in rounds),
        "share": statistics.median(shares),
        "lowest": min(shares),
        "highest": max(shares),
        "aim": AIM,
        "refused": sum(one.refusals.number for one in rounds),
        "slowest refusal in seconds": max(one.refusals.slowest for one in rounds),
    }


def table(told: dict[str, float]) -> Iterator[str]:
    """The figures as a Markdown table."""
    reached = "reached" if told["share"] >= AIM else "MISSED"
    yield f"| GET /devices, {DEVICES} dead devices | requests/s |"
    yield "| --- | ---: |"
    yield f"| nobody asks them | {told['undisturbed per second']:.0f} |"
    yield f"| all of them are asked | {told['disturbed per second']:.0f} |"
    yield (
        f"\nShare: {told['share']:.2f} ({told['lowest']:.2f}–{told['highest']:.2f}; aim {AIM:g}: "
        f"{reached}). {told['refused']:.0f} requests for devices were refused at once (503), in "
        f"{told['slowest refusal in seconds'] * 1000:.0f} ms at most."
    )


if __name__ == "__main__":
    main()
