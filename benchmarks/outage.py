"""How soon a chain's scales are right again after an outage of its whole network.

    python -m benchmarks.outage --devices 300

The outage itself is not waited for: the devices are put in the state that ten silent minutes leave
behind, with the failures and pauses of that time, and all of them answer from the moment on that
is called the network's return.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, update

from adapters.database import schema
from adapters.database.backends.engine import make_engine
from adapters.database.tables import auto_updates, devices
from adapters.security.cipher import FernetCipher
from benchmarks.fleet import Scene, ended_well, show, sleep_until, wait_for
from benchmarks.processes import FailedError, emulated_scales, web_scales
from benchmarks.registering import register
from domain.devices.device import Address, DeviceId
from domain.renewal.schedule import pause_after

OUTAGE = timedelta(minutes=10)
START_UP = timedelta(seconds=8)
"""From registering the devices to the network's return; the processes start meanwhile."""
AIM, AIM_OF = 25.0, 300
"""Seconds for so many devices, from the first try after the network's return; that comes after one
pause at most."""
FIRST, LAST = "first try after the return in s", "all right after the return in s"
TOOK = "from the first try to all right in s"


def measure(scene: Scene) -> dict[str, Any]:
    """Let the network return, and wait until every living device is right."""
    living, dead, hanging = scene.split()
    with (
        tempfile.TemporaryDirectory() as name,
        emulated_scales(scene.devices, products=scene.products, latency=scene.latency) as fleet,
        scene.installed(Path(name)) as settings,
        ExitStack() as running,
    ):
        folder = Path(name)
        fleet.misbehave([fleet.ports[place] for place in dead], "refuse-connections")
        fleet.misbehave([fleet.ports[place] for place in hanging], "silent")
        engine = make_engine(settings["DATABASE_URL"])
        running.callback(engine.dispose)
        schema.upgrade(engine)
        password = FernetCipher(settings["FERNET_KEY"]).encrypt("1234")
        addresses = [Address("127.0.0.1", port) for port in fleet.ports]
        returned = datetime.now(UTC) + START_UP
        ids = register(engine, addresses, password, returned + timedelta(hours=1))
        first_due = min(fail(engine, device_id, returned) for device_id in ids)
        for command in scene.commands:
            running.enter_context(web_scales(command, folder, settings))
        sleep_until(returned)
        wait_for(engine, len(living), returned, scene, auto_updates.c.last_status == "OK")
        ends = ended_well(engine, returned)
        accepted = fleet.uploads_accepted()
        done = [at for at in living if ids[at] in ends and accepted[at] == 1]
    if not ends:
        raise FailedError("not one device was right")
    last = (max(ends.values()) - returned).total_seconds()
    first = (first_due - returned).total_seconds()
    return {
        "devices": scene.devices,
        "workers": scene.workers,
        "dead": len(dead),
        "hanging": len(hanging),
        "due": len(living),
        "done": len(done),
        FIRST: first,
        LAST: last,
        TOOK: last - first,
    }


def fail(engine: Engine, device_id: DeviceId, returned: datetime) -> datetime:
    """Put a device in the state in which the outage leaves it, and answer when it is due."""
    due_at, failures = returned - OUTAGE, 0
    last_run_at = due_at
    while due_at <= returned:
        failures, last_run_at = failures + 1, due_at
        due_at += pause_after(failures, device_id)
    with engine.begin() as connection:
        connection.execute(update(devices).where(devices.c.id == device_id).values(doubtful=True))
        connection.execute(
            update(auto_updates)
            .where(auto_updates.c.device_id == device_id)
            .values(
                due_at=due_at,
                look_at=due_at,
                last_run_at=last_run_at,
                last_status="ERROR",
                last_error="The device did not answer.",
                consecutive_failures=failures,
            )
        )
    return due_at


def scenes(chosen: argparse.Namespace) -> Iterator[Scene]:
    """Every size with every number of workers."""
    for number, workers in product(chosen.devices, chosen.workers):
        yield Scene(
            devices=number,
            products=chosen.products,
            concurrency=chosen.concurrency,
            workers=workers,
            dead=chosen.dead,
            hanging=chosen.hanging,
            latency=chosen.latency,
            rounds=1,
            give_up=chosen.give_up,
        )


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Recovery of a chain after an outage.")
    parser.add_argument("--devices", type=int, nargs="+", default=[300], help="one or more sizes")
    parser.add_argument("--products", type=int, default=678, help="of each device (678)")
    parser.add_argument("--concurrency", type=int, help="conversations at once (the default)")
    parser.add_argument(
        "--workers",
        type=int,
        nargs="+",
        default=[0],
        help="on PostgreSQL with so many worker processes, one or more numbers (SQLite without)",
    )
    parser.add_argument("--dead", type=int, default=0, help="percent that stay out of reach (0)")
    parser.add_argument("--hanging", type=int, default=0, help="percent that never answer (0)")
    parser.add_argument("--latency", type=float, default=0, help="seconds before each reply (0)")
    parser.add_argument("--give-up", type=float, default=400, help="after so many seconds (400)")
    rows = []
    for scene in scenes(parser.parse_args()):
        rows.append(measure(scene))
        show(rows[-1], header=len(rows) == 1)
    for row in rows:
        verdict = "reached" if row[TOOK] <= AIM and row["done"] == row["due"] else "MISSED"
        if row["devices"] == AIM_OF:
            print(f"\n{TOOK}, of {AIM_OF}: {row[TOOK]:.3g} (aim {AIM:g}): {verdict}")


if __name__ == "__main__":
    main()
