"""Renewing the dates of many scales that fall due together.

    python -m benchmarks.fleet --devices 100

The emulated scales, the scheduler and this benchmark are processes of their own. No catalogue was
read before, so each renewal also stores a file for the first time.
"""

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.database import schema
from adapters.database.engine import make_engine
from adapters.database.storage import SqlStorage
from adapters.security.cipher import FernetCipher
from benchmarks.processes import (
    MEGABYTE,
    EmulatedFleet,
    cpu_seconds,
    emulated_scales,
    peak_memory,
    settings_in,
    web_scales,
)
from domain.auto_update import AutoUpdate
from domain.device import Address, DeviceDetails, DeviceId
from domain.run import Outcome, RunKind

START_UP = timedelta(seconds=6)
"""From registering the devices to the moment when all fall due; the scheduler starts meanwhile."""
INTERVAL = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What to measure; `dead` and `hanging` in percent of the devices."""

    devices: int
    products: int
    concurrency: int | None
    dead: int
    hanging: int
    give_up: float

    @property
    def settings(self) -> dict[str, str]:
        """What differs from the defaults."""
        return {} if self.concurrency is None else {"SCHEDULER_CONCURRENCY": str(self.concurrency)}

    def split(self) -> tuple[list[int], list[int], list[int]]:
        """Places of the living, the dead and the hanging, mixed evenly."""
        places = range(self.devices)
        # 37 shares no factor with 100, so neighbours fall far apart.
        draw = [place * 37 % 100 for place in places]
        dead = [place for place in places if draw[place] < self.dead]
        hanging = [place for place in places if self.dead <= draw[place] < self.dead + self.hanging]
        return sorted({*places} - {*dead} - {*hanging}), dead, hanging


def measure(scene: Scene) -> dict[str, Any]:
    """Let the devices fall due, and wait until every living one is done."""
    living, dead, hanging = scene.split()
    with (
        tempfile.TemporaryDirectory() as name,
        emulated_scales(scene.devices, products=scene.products) as fleet,
    ):
        folder = Path(name)
        fleet.misbehave([fleet.ports[place] for place in dead], "refuse-connections")
        fleet.misbehave([fleet.ports[place] for place in hanging], "silent")
        settings = settings_in(folder, **scene.settings)
        engine = make_engine(settings["DATABASE_URL"])
        schema.upgrade(engine)
        storage = SqlStorage(engine)
        ids, due_at = register(storage, settings, fleet)
        wanted = {ids[place] for place in living}
        with web_scales("scheduler", folder, settings) as scheduler:
            sleep_until(due_at - timedelta(seconds=1))
            idle, idle_fleet = cpu_seconds(scheduler), cpu_seconds(fleet.process)
            wait_for(storage, wanted, due_at, scene)
            cpu = cpu_seconds(scheduler) - idle
            fleet_cpu = cpu_seconds(fleet.process) - idle_fleet
            memory = peak_memory(scheduler)
        ends = ended_well(storage, wanted)
        engine.dispose()
        accepted = fleet.uploads_accepted()
        # The run says so, and the scales hold it.
        done = [place for place in living if ids[place] in ends and accepted[place] == 1]
        size = sum(file.stat().st_size for file in folder.glob("web-scales.db*"))
    return {
        "devices": scene.devices,
        "dead": len(dead),
        "hanging": len(hanging),
        "due": len(living),
        "done": len(done),
        "makespan in s": (max(ends.values()) - due_at).total_seconds() if ends else None,
        "CPU per device in s": cpu / scene.devices,
        "CPU of the emulator in s": fleet_cpu,
        "peak memory in MB": memory,
        "database in MB": size / MEGABYTE,
        "database per device in KB": size / 1024 / scene.devices,
    }


def register(
    storage: SqlStorage, settings: dict[str, str], fleet: EmulatedFleet
) -> tuple[list[DeviceId], datetime]:
    """One user with all devices, and when they fall due."""
    cipher = FernetCipher(settings["FERNET_KEY"])
    password = cipher.encrypt("1234")
    with storage.transaction() as tx:
        user = tx.users.add("bench@example.org", "no password matches")
        devices = [
            tx.devices.add(
                user.id,
                DeviceDetails(
                    name=f"Scale {port}",
                    description="",
                    address=Address("127.0.0.1", port),
                    protocol="TCP",
                    encrypted_password=password,
                ),
            )
            for port in fleet.ports
        ]
        due_at = datetime.now(UTC) + START_UP
        for device in devices:
            schedule = AutoUpdate(
                device_id=device.id, enabled=True, interval=INTERVAL, due_at=due_at
            )
            tx.auto_updates.save(schedule)
    return [device.id for device in devices], due_at


def sleep_until(moment: datetime) -> None:
    """Nothing happens before."""
    time.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))


def wait_for(storage: SqlStorage, wanted: set[DeviceId], due_at: datetime, scene: Scene) -> None:
    """Return when each of these has run, or when it has taken too long."""
    sleep_until(due_at)
    give_up = time.monotonic() + scene.give_up
    # Seldom enough that looking costs the scheduler nothing.
    pause = max(0.25, scene.devices / 2000)
    while time.monotonic() < give_up:
        with storage.snapshot() as tx:
            schedules = tx.auto_updates.enabled()
        if wanted <= {one.device_id for one, _ in schedules if one.last_run_at is not None}:
            return
        time.sleep(pause)


def ended_well(storage: SqlStorage, wanted: set[DeviceId]) -> dict[DeviceId, datetime]:
    """When the run of each ended that ended well."""
    ends: dict[DeviceId, datetime] = {}
    with storage.snapshot() as tx:
        for device_id in wanted:
            run = tx.runs.last(device_id, {RunKind.AUTO_UPDATE}, {Outcome.OK})
            if run and run.ending:
                ends[device_id] = run.ending.at
    return ends


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Renewals of a fleet that falls due together.")
    parser.add_argument("--devices", type=int, nargs="+", default=[100], help="one or more sizes")
    parser.add_argument("--products", type=int, default=678, help="of each device (678)")
    parser.add_argument("--concurrency", type=int, help="conversations at once (the default)")
    parser.add_argument("--dead", type=int, default=0, help="percent that refuse connections (0)")
    parser.add_argument("--hanging", type=int, default=0, help="percent that never answer (0)")
    parser.add_argument("--give-up", type=float, default=300, help="after so many seconds (300)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    chosen = vars(parser.parse_args())
    as_json, sizes = chosen.pop("json"), chosen.pop("devices")
    rows = []
    for devices in sizes:
        rows.append(measure(Scene(devices=devices, **chosen)))
        if not as_json:
            show(rows[-1], header=len(rows) == 1)
    if as_json:
        print(json.dumps(rows, indent=2))


def show(row: dict[str, Any], *, header: bool) -> None:
    """One line of a Markdown table."""
    if header:
        print("| " + " | ".join(row) + " |")
        print("|" + " ---: |" * len(row))
    values = (f"{value:.3g}" if isinstance(value, float) else str(value) for value in row.values())
    print("| " + " | ".join(values) + " |", flush=True)


if __name__ == "__main__":
    main()
