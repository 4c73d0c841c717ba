"""What one tick of the scheduler costs, by how many devices there are.

    python -m benchmarks.tick

A tick looks whether any device is due, and hands on those that are: it claims them and defers a job
for each in the same transactions. The devices are generated rows without files, and no scheduler
runs beside. `--url` names a database to measure on in place of a fresh SQLite file; it must hold no
users but this benchmark's, whose devices are deleted.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Engine, delete, inspect, select, text

from adapters.database import schema
from adapters.database.backends.engine import make_engine
from adapters.database.tables import users
from benchmarks.processes import FailedError, settings_in
from benchmarks.registering import EMAIL, fall_due, register
from domain.devices.device import Address
from entrypoints.bootstrap import bootstrap
from entrypoints.settings import NAMES, read_settings

LATER = timedelta(hours=1)
IDLE_TICKS = 200
IDLE_AIM, FLAT_AIM = 5.0, 1.5
"""Milliseconds; and the time at the largest size by that at the one before it: in a small table the
due ones stand close together, so that is no measure for a large one."""
WAITING = ("jobs", "procrastinate_jobs")
"""Where deferred jobs may stand, by engine."""


def measure(url: str, secrets: dict[str, str], *, devices: int, due: int, rounds: int) -> Any:
    """Milliseconds of a tick when nothing is due, and of one that hands on `due` devices."""
    os.environ.update(secrets | {"DATABASE_URL": url})
    engine = make_engine(url)
    schema.upgrade(engine)
    forget(engine)
    addresses = [Address("127.0.0.1", 1111)] * devices
    ids = register(engine, addresses, "no password", datetime.now(UTC) + LATER)
    if engine.dialect.name == "postgresql":
        # So many rows at once; it does so by itself within a minute.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
    tick = bootstrap(read_settings()).runs.defer_due_devices
    expect(tick() == 0)
    idle = median(milliseconds(tick) for _ in range(IDLE_TICKS))
    busy = []
    for _ in range(rounds):
        chosen = ids[:: max(1, devices // due)][:due]
        fall_due(engine, datetime.now(UTC), chosen)
        handed_on: list[int] = []
        busy.append(milliseconds(lambda into=handed_on: into.append(tick())))  # type: ignore[misc]
        expect(handed_on == [len(chosen)])
        fall_due(engine, datetime.now(UTC) + LATER, chosen)
        empty(engine)
    forget(engine)
    engine.dispose()
    return {
        "devices": devices,
        "due": len(chosen),
        "nothing due, in ms": idle,
        "handing on, in ms": median(busy),
        "lowest": min(busy),
        "highest": max(busy),
    }


def milliseconds(act: Callable[[], object]) -> float:
    """How long this takes."""
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1000


def expect(holds: bool) -> None:
    """Raises FailedError."""
    if not holds:
        raise FailedError("a tick handed on other devices than were due")


def forget(engine: Engine) -> None:
    """Leave no device and no job. Raises FailedError where there are other users."""
    with engine.begin() as connection:
        if connection.execute(select(users.c.id).where(users.c.email_key != EMAIL)).first():
            raise FailedError("this database is in use: name an empty one")
        connection.execute(delete(users))
    empty(engine)


def empty(engine: Engine) -> None:
    """Forget the jobs that wait."""
    present = inspect(engine).get_table_names()
    with engine.begin() as connection:
        for table in WAITING:
            if table in present:
                connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 one of the above


@contextmanager
def database(url: str | None) -> Iterator[str]:
    """This one, or a fresh file."""
    if url is not None:
        yield url
        return
    with tempfile.TemporaryDirectory() as name:
        yield f"sqlite:///{(Path(name) / 'web-scales.db').as_posix()}"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="What one tick of the scheduler costs.")
    parser.add_argument(
        "--devices", type=int, nargs="+", default=[1_000, 10_000, 100_000, 500_000], help="sizes"
    )
    parser.add_argument("--due", type=int, default=1_000, help="of them (1000)")
    parser.add_argument("--rounds", type=int, default=9, help="at each size (9)")
    parser.add_argument("--url", help="a database to measure on (a fresh SQLite file)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    chosen = parser.parse_args()
    for name in NAMES:
        os.environ.pop(name, None)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        secrets = settings_in(Path(folder))
        for devices in chosen.devices:
            with database(chosen.url) as url:
                rows.append(
                    measure(url, secrets, devices=devices, due=chosen.due, rounds=chosen.rounds)
                )
    print(json.dumps(rows, indent=2) if chosen.json else "\n".join(table(rows)))


def table(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """As Markdown, and the aims."""
    yield "| devices | due | nothing due, in ms | handing on, in ms (lowest–highest) |"
    yield "| ---: | ---: | ---: | ---: |"
    for row in rows:
        yield (
            f"| {row['devices']:,} | {row['due']:,} | {row['nothing due, in ms']:.2f} "
            f"| {row['handing on, in ms']:.1f} ({row['lowest']:.1f}–{row['highest']:.1f}) |"
        )
    yield ""
    marks = [("Nothing due, in ms", max(row["nothing due, in ms"] for row in rows), IDLE_AIM)]
    for before, last in pairwise(rows[-2:]):
        what = f"Handing on at {last['devices']:,} by that at {before['devices']:,}"
        marks.append((what, last["handing on, in ms"] / before["handing on, in ms"], FLAT_AIM))
    for what, measured, most in marks:
        verdict = "reached" if measured <= most else "MISSED"
        yield f"{what}: {measured:.2f} (at most {most:g}; {verdict})."


if __name__ == "__main__":
    main()
