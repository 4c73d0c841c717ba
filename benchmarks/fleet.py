"""Renewing the dates of many scales that fall due together.

    python -m benchmarks.fleet --devices 100

The emulated scales, the scheduler and this benchmark are processes of their own. No catalogue was
read before, so in the first round each renewal also stores a file for the first time. In a second
one the scales hold old dates again, and the scheduler knows which of them failed.

With `--workers`, the database is a PostgreSQL, and so many worker processes do the work.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from operator import truediv
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, Self

from sqlalchemy import ColumnElement, Engine, func, select, text

from adapters.database import schema
from adapters.database.backends.engine import make_engine
from adapters.database.tables import auto_updates, runs
from adapters.security.cipher import FernetCipher
from benchmarks.processes import (
    MEGABYTE,
    FailedError,
    cpu_seconds,
    emulated_scales,
    peak_memory,
    postgresql,
    settings_in,
    web_scales,
)
from benchmarks.registering import fall_due, register
from domain.devices.device import Address, DeviceId
from domain.runs.run import Outcome

START_UP = timedelta(seconds=6)
"""From registering the devices to the moment when all fall due; the scheduler starts meanwhile."""
PAUSE = timedelta(seconds=3)
"""From the end of a round to the moment when all fall due again."""
MEGABYTES, KILOBYTES = "peak memory in MB", "database per device in KB"
MAKESPAN, CPU = "makespan in s", "CPU per device in s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What to measure; `dead` and `hanging` in percent of the devices, `latency` in seconds."""

    devices: int
    products: int
    concurrency: int | None
    workers: int
    dead: int
    hanging: int
    latency: float
    rounds: int
    give_up: float

    @property
    def settings(self) -> dict[str, str]:
        """What differs from the defaults."""
        if self.concurrency is None:
            return {}
        name = "WORKER_CONCURRENCY" if self.workers else "SCHEDULER_CONCURRENCY"
        return {name: str(self.concurrency)}

    @property
    def commands(self) -> list[str]:
        """The processes of the service; the first one hands on what is due."""
        return ["scheduler", *["worker"] * self.workers]

    @contextmanager
    def installed(self, folder: Path) -> Iterator[dict[str, str]]:
        """Settings that name an empty database."""
        settings = settings_in(folder, **self.settings)
        if not self.workers:
            yield settings
            return
        with postgresql(folder) as url:
            yield {**settings, "DATABASE_URL": url}

    def split(self) -> tuple[list[int], list[int], list[int]]:
        """Places of the living, the dead and the hanging, mixed evenly."""
        places = range(self.devices)
        # 37 shares no factor with 100, so neighbours fall far apart.
        draw = [place * 37 % 100 for place in places]
        dead = [place for place in places if draw[place] < self.dead]
        hanging = [place for place in places if self.dead <= draw[place] < self.dead + self.hanging]
        return sorted({*places} - {*dead} - {*hanging}), dead, hanging

    def without_the_others(self) -> Self:
        """The living ones alone."""
        return replace(self, devices=len(self.split()[0]), dead=0, hanging=0)


class Usage(NamedTuple):
    """Processor seconds so far, of the scheduler with its workers and of the emulator."""

    service: float
    emulator: float


Row = dict[str, Any]


def measure(scene: Scene) -> Iterator[Row]:
    """Let the devices fall due, and wait until every living one is done; a row for each round."""
    living, dead, hanging = scene.split()
    with (
        tempfile.TemporaryDirectory() as name,
        emulated_scales(scene.devices, products=scene.products, latency=scene.latency) as fleet,
        scene.installed(Path(name)) as settings,
    ):
        folder = Path(name)
        fleet.misbehave([fleet.ports[place] for place in dead], "refuse-connections")
        fleet.misbehave([fleet.ports[place] for place in hanging], "silent")
        engine = make_engine(settings["DATABASE_URL"])
        schema.upgrade(engine)
        password = FernetCipher(settings["FERNET_KEY"]).encrypt("1234")
        addresses = [Address("127.0.0.1", port) for port in fleet.ports]
        due_at = datetime.now(UTC) + START_UP
        ids = register(engine, addresses, password, due_at)
        with ExitStack() as running:
            processes = [
                running.enter_context(web_scales(command, folder, settings))
                for command in scene.commands
            ]

            def usage() -> Usage:
                return Usage(sum(map(cpu_seconds, processes)), cpu_seconds(fleet.process))

            for turn in range(1, scene.rounds + 1):
                if turn > 1:
                    wait_for(engine, len(ids), due_at, scene)
                    fleet.put_back()
                    due_at = datetime.now(UTC) + PAUSE
                    fall_due(engine, due_at)
                sleep_until(due_at - timedelta(seconds=1))
                before = usage()
                wait_for(engine, len(living), due_at, scene, auto_updates.c.last_status == "OK")
                after = usage()
                ends = ended_well(engine, due_at)
                accepted = fleet.uploads_accepted()
                size = size_of(engine)
                # The run says so, and the scales hold it.
                done = [at for at in living if ids[at] in ends and accepted[at] == turn]
                yield {
                    "devices": scene.devices,
                    **({"workers": scene.workers} if scene.workers else {}),
                    "dead": len(dead),
                    "hanging": len(hanging),
                    "round": turn,
                    "due": len(living),
                    "done": len(done),
                    MAKESPAN: (max(ends.values()) - due_at).total_seconds() if ends else None,
                    CPU: (after.service - before.service) / scene.devices,
                    "CPU of the emulator in s": after.emulator - before.emulator,
                    MEGABYTES: max(map(peak_memory, processes)),
                    "database in MB": size / MEGABYTE,
                    KILOBYTES: size / 1024 / scene.devices,
                }
        engine.dispose()


def sleep_until(moment: datetime) -> None:
    """Nothing happens before."""
    time.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))


def wait_for(
    engine: Engine, many: int, since: datetime, scene: Scene, *like: ColumnElement[bool]
) -> None:
    """Return when so many devices have run since then and ended like this, or when it has taken too
    long."""
    sleep_until(since)
    give_up = time.monotonic() + scene.give_up
    ran = select(func.count()).where(auto_updates.c.last_run_at >= since, *like)
    # Seldom enough that looking costs the scheduler nothing.
    pause = max(0.25, scene.devices / 5000)
    while time.monotonic() < give_up:
        with engine.connect().execution_options(snapshot=True) as connection:
            if connection.execute(ran).scalar_one() >= many:
                return
        time.sleep(pause)


def ended_well(engine: Engine, since: datetime) -> dict[DeviceId, datetime]:
    """When the run of each ended that began since then and ended well."""
    well = select(runs.c.device_id, runs.c.ended_at).where(
        runs.c.started_at >= since, runs.c.outcome == Outcome.OK.value
    )
    with engine.connect().execution_options(snapshot=True) as connection:
        return {DeviceId(device_id): at for device_id, at in connection.execute(well)}


def size_of(engine: Engine) -> int:
    """Bytes of the database, without the journal, which takes some 4 MB at any size."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            asked = text("SELECT pg_database_size(current_database())")
            return int(connection.execute(asked).scalar_one())
    with engine.connect().execution_options(snapshot=True) as connection:
        pages, size = (
            connection.exec_driver_sql(f"PRAGMA {what}").scalar_one()
            for what in ("page_count", "page_size")
        )
    return int(pages * size)


class Mark(NamedTuple):
    """What was measured beside what it is to be at most."""

    what: str
    measured: float
    most: float


def marks(rows: Sequence[Row]) -> Iterator[Mark]:
    """The aims that these rows say something about."""
    yield Mark("living devices not done", sum(row["due"] - row["done"] for row in rows), 0)
    thousands = [row[MAKESPAN] for row in rows if row["devices"] == 1000]
    if thousands:
        yield Mark("makespan of 1,000 devices in s", max(thousands), 60)
    yield Mark(MEGABYTES, max(row[MEGABYTES] for row in rows), 250)
    yield Mark(KILOBYTES, max(row[KILOBYTES] for row in rows), 60)
    alone = [row for row in rows if row["due"] == row["devices"]]
    for turn in sorted({row["round"] for row in rows}):
        for due in sorted({row["due"] for row in rows} - {0}):
            of_round = [row for row in rows if (row["round"], row["due"]) == (turn, due)]
            before = [row[MAKESPAN] for row in of_round if row in alone]
            after = [row[MAKESPAN] for row in of_round if row not in alone]
            if before and len(before) == len(after):
                ratio = median(map(truediv, after, before))
                yield Mark(f"makespan of {due:,} beside dead and hanging, round {turn}", ratio, 1.2)
    cost = {row["devices"]: row[CPU] for row in alone if row["round"] == 1}
    if len(cost) > 1:
        small, large = min(cost), max(cost)
        ratio = cost[large] / cost[small]
        yield Mark(f"CPU per device at {large:,} by that at {small:,}", ratio, 1.2)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Renewals of a fleet that falls due together.")
    parser.add_argument("--devices", type=int, nargs="+", default=[100], help="one or more sizes")
    parser.add_argument("--products", type=int, default=678, help="of each device (678)")
    parser.add_argument("--concurrency", type=int, help="conversations at once (the default)")
    parser.add_argument(
        "--workers",
        type=int,
        nargs="+",
        default=[0],
        help="on PostgreSQL with so many worker processes, one or more numbers (SQLite without)",
    )
    parser.add_argument("--dead", type=int, default=0, help="percent that refuse connections (0)")
    parser.add_argument("--hanging", type=int, default=0, help="percent that never answer (0)")
    parser.add_argument("--latency", type=float, default=0, help="seconds before each reply (0)")
    parser.add_argument("--rounds", type=int, default=1, help="how often all fall due (1)")
    parser.add_argument(
        "--compare",
        type=int,
        default=0,
        metavar="TIMES",
        help="measure the living devices alone and beside the others, in turn, so many times",
    )
    parser.add_argument("--give-up", type=float, default=300, help="after so many seconds (300)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    chosen = vars(parser.parse_args())
    as_json, sizes, numbers, times = (
        chosen.pop(name) for name in ("json", "devices", "workers", "compare")
    )
    if times and not chosen["dead"] + chosen["hanging"]:
        parser.error("--compare needs some that are dead or hanging: --dead 10 --hanging 5")
    rows: list[Row] = []
    for devices, workers in product(sizes, numbers):
        scene = Scene(devices=devices, workers=workers, **chosen)
        for one in [scene.without_the_others(), scene] * times or [scene]:
            for row in measure(one):
                rows.append(row)
                if not as_json:
                    show(row, header=len(rows) == 1)
    if as_json:
        print(json.dumps(rows, indent=2))
    else:
        judge(rows)


def show(row: Row, *, header: bool) -> None:
    """One line of a Markdown table."""
    if header:
        print("| " + " | ".join(row) + " |")
        print("|" + " ---: |" * len(row))
    values = (f"{value:.3g}" if isinstance(value, float) else str(value) for value in row.values())
    print("| " + " | ".join(values) + " |", flush=True)


def judge(rows: Sequence[Row]) -> None:
    """The aims, as another table."""
    if any(row[MAKESPAN] is None for row in rows):
        raise FailedError("not one device was done")
    print("\n| | measured | at most | |\n| --- | ---: | ---: | --- |")
    for what, measured, most in marks(rows):
        verdict = "reached" if measured <= most else "MISSED"
        print(f"| {what} | {measured:.3g} | {most:g} | {verdict} |")


if __name__ == "__main__":
    main()
