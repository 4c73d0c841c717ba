"""What a conversation with a scale takes, and what a very large catalogue costs.

    python -m benchmarks.conversation

First the adapter beside the maker's driver alone, against the same emulated scale. Then a
catalogue of 20,000 products through a running service: read, edited, uploaded.
"""

import argparse
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from scales import Scales as Driver

from adapters.mertech.driver.scales import MertechScales
from adapters.system.clock import SystemClock
from application.ports.scales import Target
from benchmarks.client import Answer, Client
from benchmarks.processes import (
    cpu_seconds,
    emulated_scales,
    free_port,
    peak_memory,
    settings_in,
    wait_for_port,
    web_scales,
)
from domain.devices.device import Address
from domain.devices.networks import DeviceNetworks

READ_AIM, SEND_AIM = 0.5, 0.3
"""Seconds, for 678 products."""
PASSWORD = "1234"  # noqa: S105 the maker's default


def beside_the_driver(rounds: int) -> None:
    """Print how long reading and sending take, ours and the driver's."""
    with emulated_scales(1) as fleet:
        ours = [ours_once(fleet.ports[0]) for _ in range(rounds)]
        driver = driver_once(fleet.ports[0])
    read, send = (statistics.median(times) for times in zip(*ours, strict=True))
    print("| 678 products | seconds | the driver alone | aim | |")
    print("| --- | ---: | ---: | ---: | --- |")
    for name, own, other, aim in (
        ("read", read, driver[0], READ_AIM),
        ("send", send, driver[1], SEND_AIM),
    ):
        told = "reached" if own <= aim else "MISSED"
        print(f"| {name} | {own:.3f} | {other:.2f} | {aim:g} | {told} |")


def ours_once(port: int) -> tuple[float, float]:
    """Seconds to read, connecting included, and to send."""
    clock = SystemClock()
    line = Target(Address("127.0.0.1", port), PASSWORD)
    started = time.perf_counter()
    with MertechScales(clock, networks=DeviceNetworks.of(["127.0.0.0/8"])).conversation(
        line, deadline=clock.monotonic() + 60, heartbeat=lambda: None
    ) as conversation:
        received = conversation.read()
        read = time.perf_counter()
        conversation.send(received.file, clear=False)
    return read - started, time.perf_counter() - read


def driver_once(port: int) -> tuple[float, float]:
    """The same with the maker's driver."""
    started = time.perf_counter()
    driver = Driver("127.0.0.1", port, PASSWORD)
    document = driver.get_products_json()
    read = time.perf_counter()
    driver.send_json_products(document, False)
    return read - started, time.perf_counter() - read


def large_catalogue(products: int) -> None:
    """Print what each step costs, with a service that does nothing else."""
    port = free_port()
    with tempfile.TemporaryDirectory() as name, emulated_scales(1, products=products) as fleet:
        folder = Path(name)
        with web_scales("serve", folder, settings_in(folder, PORT=str(port))) as server:
            wait_for_port(port, server)
            client = Client.registered(port)
            device_id = client.with_device("Large", fleet.ports[0])
            device = f"/devices/{device_id}"
            print(f"\n| {products:,} products | seconds | CPU seconds | peak memory so far, MB |")
            print("| --- | ---: | ---: | ---: |")
            row("(started)", 0, 0, server)
            live = step(server, "read", lambda: client.call("GET", f"{device}/products"))
            rows = live.body["products"]["products"]
            row_ = next(row for row in rows if "pluNumber" in row and not row["deleted"])
            price = {"fields": {"price": row_["price"] + 1}}
            path = f"{device}/products/{row_['pluNumber']}"
            step(server, "edit one (PATCH)", lambda: client.call("PATCH", path, price))
            step(server, "cached", lambda: client.call("GET", f"{device}/products/cached"))
            step(server, "upload", lambda: client.call("POST", f"{device}/upload"))
            again = step(server, "read again", lambda: client.call("GET", f"{device}/products"))
            assert len(again.body["products"]["products"]) == len(rows) == products
            print(f"\nThe file has {live.size / 1e6:.1f} MB as JSON.")


def step(server: psutil.Popen, name: str, call: Callable[[], Answer]) -> Answer:
    """Do it and print what it cost the server."""
    before = cpu_seconds(server)
    answer = call()
    row(name, answer.seconds, cpu_seconds(server) - before, server)
    return answer


def row(name: str, seconds: float, cpu: float, server: psutil.Popen) -> None:
    """One line of the table."""
    print(f"| {name} | {seconds:.2f} | {cpu:.2f} | {peak_memory(server):.0f} |", flush=True)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="What conversations with scales take.")
    parser.add_argument("--rounds", type=int, default=5, help="of reading and sending (5)")
    parser.add_argument("--products", type=int, default=20_000, help="in the large one (20,000)")
    chosen = parser.parse_args()
    logging.disable()  # the driver talks a lot
    beside_the_driver(chosen.rounds)
    large_catalogue(chosen.products)


if __name__ == "__main__":
    main()
