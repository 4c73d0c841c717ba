"""How many requests per second the API answers, beside bare Flask routes under waitress.

    python -m benchmarks.api

Server, bare server and client are processes of their own. Each route and the bare route that
sends as many bytes are loaded in turn, several times over; what counts is the ratio of two
neighbours, since a machine is never as fast twice.
"""

import argparse
import itertools
import json
import statistics
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.client import Client, Measured, load
from benchmarks.processes import (
    bare_flask,
    emulated_scales,
    free_port,
    peak_memory,
    settings_in,
    wait_for_port,
    web_scales,
)

CONNECTIONS = 8
DEVICES = 20
THREADS = 16
"""The service's default, and then the bare server's."""
WARM_UP = 0.5
"""Seconds for each route, not counted."""
MEMORY_AIM = 100
"""Megabytes."""
PRICES = (11.5, 22.9)
"""Neither is any product's, so that setting them in turn changes something each time."""


@dataclass(frozen=True, slots=True)
class Route:
    """A route under load: `bare` names what the bare server sends beside it.

    `requests` makes, for each connection, what makes its next request.
    """

    name: str
    bare: str
    aim: float
    requests: Callable[[], list[Callable[[], bytes]]]
    status: int = 200
    measured: list[tuple[Measured, Measured]] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Of the bare route's rate: the median over all rounds."""
        return statistics.median(ours.rate / bare.rate for ours, bare in self.measured)

    def row(self) -> dict[str, Any]:
        """The figures, for the table and for JSON."""
        ours, bare = zip(*self.measured, strict=True)
        shares = [own.rate / other.rate for own, other in self.measured]
        return {
            "route": self.name,
            "per second": statistics.median(one.rate for one in ours),
            "beside": self.bare,
            "bare per second": statistics.median(one.rate for one in bare),
            "share": self.share,
            "lowest": min(shares),
            "highest": max(shares),
            "aim": self.aim,
            "client": max(one.client_share for one in (*ours, *bare)),
        }


@dataclass(frozen=True, slots=True)
class Shop:
    """A user with devices, the first of which was read; `plus` are PLUs of its products."""

    client: Client
    device_id: int
    plus: list[int]

    @property
    def device(self) -> str:
        return f"/devices/{self.device_id}"

    @property
    def cached(self) -> str:
        return f"{self.device}/products/cached"

    def routes(self) -> list[Route]:
        """What is loaded."""
        get = self.client.request
        return [
            Route("device", "device", 0.2, lambda: alike(get("GET", self.device))),
            # No aim is set for the list.
            Route("list of 20 devices", "list", 0.0, lambda: alike(get("GET", "/devices"))),
            Route("cached products", "file", 0.3, lambda: alike(get("GET", self.cached))),
            # No aim is set for clients that take gzip either.
            Route(
                "the same by gzip",
                "packed",
                0.0,
                lambda: alike(get("GET", self.cached, takes_gzip=True)),
            ),
            Route("the same, not modified", "device", 0.2, self._known, status=304),
            Route("edit (PATCH) in that file", "device", 0.08, self._edits),
        ]

    def _known(self) -> list[Callable[[], bytes]]:
        etag = self.client.call("GET", self.cached).etag
        assert etag, "the cached products have no ETag"
        return alike(self.client.request("GET", self.cached, known=etag))

    def _edits(self) -> list[Callable[[], bytes]]:
        """Every connection has a product of its own and changes its price with each request."""
        return [self._repricing(plu) for plu in self.plus[:CONNECTIONS]]

    def _repricing(self, plu: int) -> Callable[[], bytes]:
        path = f"{self.device}/products/{plu}"
        asked = itertools.cycle(
            self.client.request("PATCH", path, {"fields": {"price": price}}) for price in PRICES
        )
        return lambda: next(asked)


def alike(request: bytes) -> list[Callable[[], bytes]]:
    """The same request again and again, on every connection."""
    return [lambda: request] * CONNECTIONS


def shop(port: int) -> Shop:
    """A user with 20 devices; the first holds 678 products, and its scale is gone by now."""
    client = Client.registered(port)
    with emulated_scales(1) as fleet:
        ids = [client.with_device(f"Scale {place}", fleet.ports[0]) for place in range(DEVICES)]
        products = client.call("GET", f"/devices/{ids[0]}/products").body["products"]["products"]
    live = [row for row in products if "pluNumber" in row and not row["deleted"]]
    assert not {row["price"] for row in live} & set(PRICES), "prices must change with each edit"
    return Shop(client, ids[0], [row["pluNumber"] for row in live])


def measure(routes: list[Route], port: int, bare_port: int, rounds: int, seconds: float) -> None:
    """Load each route and its bare one for so many seconds in all, spread over the rounds."""
    bare = Client(bare_port)
    for number in range(rounds + 1):
        for route in routes:
            slice_ = seconds / rounds if number else WARM_UP
            sides = [
                (port, route.requests(), route.status),
                (bare_port, alike(bare.request("GET", f"/{route.bare}")), 200),
            ]
            # Whoever comes second may find a busier machine: they take turns.
            order = (0, 1) if number % 2 else (1, 0)
            found = {
                side: load(at, asked, status=status, seconds=slice_)
                for side in order
                for at, asked, status in [sides[side]]
            }
            if number:
                route.measured.append((found[0], found[1]))


def table(rows: list[dict[str, Any]]) -> Iterator[str]:
    """The figures as a Markdown table."""
    yield "| route | requests/s | bare, requests/s | share (lowest–highest) | aim | |"
    yield "| --- | ---: | ---: | ---: | ---: | --- |"
    for row in rows:
        told = "" if not row["aim"] else "reached" if row["share"] >= row["aim"] else "MISSED"
        aim = f"{row['aim']:g}" if row["aim"] else "–"
        yield (
            f"| {row['route']} | {row['per second']:.0f} "
            f"| {row['bare per second']:.0f} ({row['beside']}) "
            f"| {row['share']:.3f} ({row['lowest']:.3f}–{row['highest']:.3f}) | {aim} | {told} |"
        )


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Requests per second of the API.")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each route (5)")
    parser.add_argument("--rounds", type=int, default=25, help="over which they are spread (25)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    chosen = parser.parse_args()
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = settings_in(folder, PORT=str(port))
        with web_scales("serve", folder, settings) as server:
            wait_for_port(port, server)
            shopping = shop(port)
            get = shopping.client.call
            sizes = {
                "device": get("GET", shopping.device).size,
                "list": get("GET", "/devices").size,
                "file": get("GET", shopping.cached).size,
                "packed": get("GET", shopping.cached, takes_gzip=True).size,
            }
            bodies = {name: b"x" * size for name, size in sizes.items()}
            routes = shopping.routes()
            with bare_flask(bodies, threads=THREADS) as bare_port:
                measure(routes, port, bare_port, chosen.rounds, chosen.seconds)
            check_edits(shopping)
            memory = peak_memory(server)
    rows = [route.row() for route in routes]
    if chosen.json:
        print(json.dumps({"routes": rows, "peak memory in MB": memory}, indent=2))
        return
    print("\n".join(table(rows)))
    told = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
    print(f"\nBytes in a body: {told}. {CONNECTIONS} connections, no errors.")
    reached = "reached" if memory < MEMORY_AIM else "MISSED"
    print(f"Peak memory of the API process: {memory:.1f} MB (aim: under {MEMORY_AIM}; {reached}).")
    print(f"The client took {max(row['client'] for row in rows):.0%} of one processor at most.")


def check_edits(shopping: Shop) -> None:
    """Every product that was edited has one of the prices, and none of the edits got lost."""
    products = shopping.client.call("GET", shopping.cached).body["products"]["products"]
    prices = {row.get("pluNumber"): row["price"] for row in products}
    assert all(prices[plu] in PRICES for plu in shopping.plus[:CONNECTIONS])
    assert prices[shopping.plus[CONNECTIONS]] not in PRICES


if __name__ == "__main__":
    main()
