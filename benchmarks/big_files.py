"""What calls on the largest product files cost in memory, three at once.

    python -m benchmarks.big_files

The files are put into the database beforehand; then a fresh API process is asked to compare two,
to restore one, and to edit a product of a third device, all at the same moment, again and again.
A call that found no place in time (503) is asked again, and counted.
"""

import argparse
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil

from adapters.database.backends.engine import make_engine
from adapters.database.storage import SqlStorage
from adapters.json_text import dumps
from benchmarks.client import Client
from benchmarks.processes import free_port, peak_memory, settings_in, wait_for_port, web_scales
from domain.devices.device import DeviceId
from domain.json_value import Json
from domain.products.catalogue import Catalogue
from domain.products.product import Product
from domain.products.product_file import LARGEST_FILE, MOST_PRODUCTS, ProductFile

AIM = 400.0
"""Megabytes."""
RESTORED = 9_000
"""Fields that differ in the file that is restored: hardly fewer than edits may wait."""
BUSY = "503"


def product(number: int) -> Product:
    """As a device holds it: 14 fields, in as many bytes as there are for each of so many."""
    return {
        "code": number,
        "deleted": False,
        "id": 10_000 + number,
        "manufactureDate": "23-11-26",
        "name": f"Маффин с черникой {number}",
        "pieceWeight": 0.0,
        "pluNumber": number,
        "price": 76.5,
        "productType": "PIECE",
        "sellByDate": "30-11-26",
        "shelfLife": 7,
        "shelfLifeInDays": 7,
        "shelfLifeType": "DAYS",
        "tare": number / 1000,
    }


def file_of(rows: list[Product]) -> ProductFile:
    """With messages that fill it up to the largest size, but for some edits."""
    products: Json = [*rows]
    file = ProductFile.of({"products": products})
    room = LARGEST_FILE - len(dumps(file.document)) - 64 * 1024
    messages: Json = [{"id": 1, "value": "m" * room}]
    return ProductFile.of({"products": products, "messages": messages}).bounded()


def fill(settings: dict[str, str], device_id: int) -> int:
    """Put the device's file there and two former ones; answer their size in bytes."""
    engine = make_engine(settings["DATABASE_URL"])
    now = datetime.now(UTC)
    rows = [product(number) for number in range(1, MOST_PRODUCTS + 1)]
    held = file_of(rows)
    other = file_of([{**row, "price": 80.5, "name": "Other"} for row in rows])
    few = file_of([*({**row, "price": 80.5} for row in rows[:RESTORED]), *rows[RESTORED:]])
    with SqlStorage(engine).transaction() as tx:
        tx.catalogues.save(
            Catalogue(device_id=DeviceId(device_id), file=held, read_at=now, moves=0)
        )
        for former in (other, few):
            tx.former_files.keep(DeviceId(device_id), former, read_at=now, at=now, most=10)
    engine.dispose()
    return len(dumps(held.document))


@contextmanager
def api(folder: Path, settings: dict[str, str], port: int) -> Iterator[psutil.Popen]:
    """A fresh process."""
    with web_scales("serve", folder, settings) as server:
        wait_for_port(port, server)
        yield server


def at_once(client: Client, devices: list[int], rounds: int) -> Counter[str]:
    """Ask for all three at the same moment, in each round; how often each answer came."""
    counted: Counter[str] = Counter()
    one, two, three = (f"/devices/{device_id}" for device_id in devices)
    fields = {f"odd{number}": number for number in range(200)}
    calls = [
        ("compare", "GET", f"{one}/files/1/diff", None),
        ("restore", "POST", f"{two}/files/2/restore", None),
        ("edit", "PATCH", f"{three}/products/607", {"fields": fields}),
    ]
    for _ in range(rounds):
        together = threading.Barrier(len(calls))

        def ask(name: str, method: str, path: str, body: dict[str, object] | None) -> None:
            together.wait()  # noqa: B023  all are over before the next round
            while True:
                try:
                    answer = client.call(method, path, body)
                except AssertionError as error:
                    if BUSY not in str(error):
                        raise
                    counted[f"{name}: no place"] += 1
                    continue
                counted[f"{name}: done"] += 1
                counted[f"{name}: longest, ms"] = max(
                    counted[f"{name}: longest, ms"], round(1000 * answer.seconds)
                )
                return

        threads = [threading.Thread(target=ask, args=call) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return counted


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="What calls on the largest files cost.")
    parser.add_argument("--rounds", type=int, default=5, help="of three calls at once (5)")
    rounds = parser.parse_args().rounds
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = settings_in(folder, PORT=str(port))
        with api(folder, settings, port):
            client = Client.registered(port)
            devices = [client.with_device(f"Large {number}", 1) for number in range(3)]
        sizes = [fill(settings, device_id) for device_id in devices]
        with api(folder, settings, port) as server:
            client.call("GET", "/devices")
            before = peak_memory(server)
            counted = at_once(client, devices, rounds)
            peak = peak_memory(server)
    print(f"Files of {MOST_PRODUCTS:,} products, {sizes[0]:,} bytes; {rounds} rounds.\n")
    print("| | measured | at most | |\n| --- | ---: | ---: | --- |")
    told = "reached" if peak < AIM else "MISSED"
    print(f"| peak memory of the API, MB (started: {before:.0f}) | {peak:.0f} | {AIM:g} | {told} |")
    for what, count in sorted(counted.items()):
        print(f"| {what} | {count:,} | | |")


if __name__ == "__main__":
    main()
