"""How long one user's single scale waits beside another user's silent ones.

    python -m benchmarks.neighbours

One user has five batches of a hundred scales read, all of which accept connections and never
answer. Beside them another user has one scale read, again and again.
"""

import argparse
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import NamedTuple

from adapters.database import schema
from adapters.database.backends.engine import make_engine
from adapters.database.storage import SqlStorage
from adapters.security.cipher import FernetCipher
from adapters.system.clock import SystemClock
from application.runs.batches import BatchProgress, ShowBatch, StartBatch
from benchmarks.fleet import Scene
from benchmarks.processes import EmulatedFleet, FailedError, emulated_scales, web_scales
from benchmarks.registering import register
from domain.accounts.user import UserId
from domain.devices.device import Address
from domain.runs.run import Outcome, RunKind

BATCHES, OF_EACH = 5, 100
AIM = 3.0
"""Seconds until the one scale is talked to."""
PAUSE = 1.3
"""Seconds between two of its batches; no part of what the silent ones wait for."""
GIVE_UP = 60.0


class Waited(NamedTuple):
    """Seconds from asking to the beginning and to the end of the run."""

    begin: float
    end: float


def measure(scene: Scene, rounds: int) -> list[Waited]:
    """Ask for the one scale so often while the others are being tried."""
    with (
        tempfile.TemporaryDirectory() as name,
        emulated_scales(scene.devices, products=scene.products) as fleet,
        scene.installed(Path(name)) as settings,
        ExitStack() as running,
    ):
        *silent, sound = fleet.ports
        fleet.misbehave(silent, "silent")
        engine = make_engine(settings["DATABASE_URL"])
        running.callback(engine.dispose)
        schema.upgrade(engine)
        storage = SqlStorage(engine)
        if scene.workers:
            from adapters.procrastinate.jobs import ProcrastinateJobs

            storage = SqlStorage(engine, jobs=ProcrastinateJobs)
        password = FernetCipher(settings["FERNET_KEY"]).encrypt("1234")
        later = datetime.now(UTC) + timedelta(days=1)
        ids = register(engine, [Address("127.0.0.1", port) for port in silent], password, later)
        [alone] = register(
            engine, [Address("127.0.0.1", sound)], password, later, email="other@example.org"
        )
        with storage.snapshot() as tx:
            owner, other = (tx.devices.get(each).owner_id for each in (ids[0], alone))
        for command in scene.commands:
            running.enter_context(web_scales(command, Path(name), settings))
        start = StartBatch(storage, SystemClock())
        for number in range(BATCHES):
            start(owner, RunKind.READ, ids[number * OF_EACH : (number + 1) * OF_EACH])
        wait_until_full(fleet)
        waited = []
        for _ in range(rounds):
            time.sleep(PAUSE)
            waited.append(wait_for(storage, other, start(other, RunKind.READ, [alone])))
        # Or there was nothing to wait for.
        if sum(fleet.connections()[:-1]) >= BATCHES * OF_EACH:
            raise FailedError("the silent scales were through before the end: fewer rounds")
        return waited


def wait_until_full(fleet: EmulatedFleet) -> None:
    """Until the silent scales hold all places that they may."""
    give_up, seen, before = time.monotonic() + GIVE_UP, 0, -1
    while time.monotonic() < give_up:
        before, seen = seen, sum(fleet.connections())
        if seen == before > 0:
            return
        time.sleep(0.7)
    raise FailedError("the silent scales are not tried")


def wait_for(storage: SqlStorage, owner_id: UserId, begun: BatchProgress) -> Waited:
    """Until it is over, by what is recorded. Raises FailedError when it does not end well."""
    show, give_up = ShowBatch(storage), time.monotonic() + GIVE_UP
    while time.monotonic() < give_up:
        progress = show(owner_id, begun.batch.id)
        if progress.ended:
            [item] = progress.items
            if item.outcome is not Outcome.OK or item.run is None or item.run.ending is None:
                raise FailedError(f"the one scale was not read: {item.cause}")
            asked = begun.batch.created_at
            return Waited(
                (item.run.started_at - asked).total_seconds(),
                (item.run.ending.at - asked).total_seconds(),
            )
        time.sleep(0.05)
    raise FailedError(f"the one scale was not read within {GIVE_UP:g} s")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="One user's scale beside another's silent ones.")
    parser.add_argument("--rounds", type=int, default=15, help="how often it is read (15)")
    parser.add_argument("--concurrency", type=int, help="conversations at once (the default)")
    parser.add_argument(
        "--workers",
        type=int,
        default=0,
        help="on PostgreSQL with so many worker processes (SQLite without)",
    )
    chosen = parser.parse_args()
    scene = Scene(
        devices=BATCHES * OF_EACH + 1,
        products=678,
        concurrency=chosen.concurrency,
        workers=chosen.workers,
        dead=0,
        hanging=0,
        latency=0,
        rounds=1,
        give_up=GIVE_UP,
    )
    waited = measure(scene, chosen.rounds)
    print("| until the one scale's run | median in s | longest in s |")
    print("| --- | ---: | ---: |")
    for what in ("begin", "end"):
        seconds = [getattr(each, what) for each in waited]
        print(f"| {what}s | {median(seconds):.2f} | {max(seconds):.2f} |")
    verdict = "reached" if max(each.begin for each in waited) <= AIM else "MISSED"
    print(f"\nBegins within {AIM:g} s, {len(waited)} times in a row: {verdict}")


if __name__ == "__main__":
    main()
