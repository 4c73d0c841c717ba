"""Workers as processes, on a real PostgreSQL: they share the work, die, and lose the database."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import pytest

from adapters.mertech.emulator import EmulatedScales, running_scales
from tests.e2e.processes import SOON, Client, Command, running, serving
from tests.harness.postgresql import Server

SERVE: Final = ("serve", "--port", "0")
RESCUED: Final = 30.0
"""Seconds within which another worker does what a killed one was doing."""
DEVICES: Final = 12


@pytest.fixture
def database(postgresql: Server, folder: Path) -> Iterator[str]:
    """The folder's settings name an empty database."""
    with postgresql.database() as name:
        settings = folder / ".env"
        settings.write_text(f"{settings.read_text()}DATABASE_URL={postgresql.url(name)}\n")
        yield name


@contextmanager
def workers(folder: Path, count: int, **settings: str) -> Iterator[list[Command]]:
    with ExitStack() as all_of_them:
        commands = [
            all_of_them.enter_context(running("worker", folder=folder, **settings))
            for _ in range(count)
        ]
        for command in commands:
            command.wait_for("doing up to ")
        yield commands


def signed_in(api: Command) -> Client:
    client = serving(api)
    client.sign_in(register=True)
    return client


def scheduled(client: Client, scales: EmulatedScales, name: str = "Bakery counter") -> str:
    """The path of a new device whose dates are due."""
    path = f"/devices/{client.add_device(scales.port, name)}"
    schedule = {"enabled": True, "interval_minutes": 720}
    assert client.call("PUT", f"{path}/auto-update", schedule).status == 200
    return path


def status(client: Client, path: str) -> str | None:
    found: str | None = client.call("GET", f"{path}/auto-update").body["last_status"]
    return found


def wait_until(happened: Callable[[], bool], seconds: float = SOON) -> None:
    give_up = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < give_up
        time.sleep(0.1)


@pytest.mark.usefixtures("database")
def test_two_schedulers_and_two_workers_renew_each_device_once(folder: Path) -> None:
    with (
        running_scales(DEVICES, products=20, latency=0.05) as fleet,
        running(*SERVE, folder=folder) as api,
        running("scheduler", folder=folder) as one,
        running("scheduler", folder=folder) as other,
        workers(folder, 2, WORKER_CONCURRENCY="4") as both,
    ):
        for scheduler in (one, other):
            scheduler.wait_for("handing on what falls due to the workers")
        client = signed_in(api)
        paths = [scheduled(client, scales, f"No {at}") for at, scales in enumerate(fleet)]
        wait_until(lambda: all(status(client, path) == "OK" for path in paths))
        assert [command.stop() for command in (one, other, *both, api)] == [0] * 5
        assert [scales.counters.uploads_accepted for scales in fleet] == [1] * DEVICES
        assert [scales.counters.connections for scales in fleet] == [1] * DEVICES
        assert all("dates renewed" in worker.text for worker in both)


@pytest.mark.usefixtures("database")
def test_what_users_ask_for_is_done_by_workers(folder: Path) -> None:
    with (
        running_scales(2, products=20) as fleet,
        running(*SERVE, folder=folder) as api,
        workers(folder, 1),
    ):
        client = signed_in(api)
        for at, scales in enumerate(fleet):
            client.add_device(scales.port, f"No {at}")
        fleet.set_fault(fleet[1].port, "not-json")
        batch = client.call("POST", "/runs", {"kind": "read", "all": True})
        assert batch.status == 202
        path = f"/runs/batches/{batch.body['id']}"
        wait_until(lambda: client.call("GET", path).body["done"])
        seen = client.call("GET", path).body
        assert [device["state"] for device in seen["devices"]] == ["ok", "failed"]
        fleet.set_fault(fleet[1].port, None)
        assert client.call("POST", f"{path}/retry").status == 202
        wait_until(lambda: client.call("GET", path).body["done"])
        seen = client.call("GET", path).body
        assert [device["state"] for device in seen["devices"]] == ["ok", "ok"]
        assert fleet[0].counters.connections == 1


@pytest.mark.usefixtures("database")
def test_what_a_killed_worker_was_doing_is_done_by_another_and_never_by_two_at_once(
    folder: Path,
) -> None:
    with (
        running_scales(products=20) as fleet,
        running(*SERVE, folder=folder) as api,
        running("scheduler", folder=folder),
        workers(folder, 1) as [first],
    ):
        [scales] = fleet
        fleet.set_fault(scales.port, "never-ready")
        client = signed_in(api)
        path = scheduled(client, scales)
        assert scales.wait_until(lambda seen: seen.commands["FF 15"] >= 2, seconds=SOON)
        with workers(folder, 1) as [second]:
            first.stop(signal.SIGKILL)
            killed_at = time.monotonic()
            assert scales.wait_until(lambda seen: seen.connections_open == 0, seconds=SOON)
            fleet.set_fault(scales.port, None)
            wait_until(lambda: status(client, path) == "OK", RESCUED)
            assert time.monotonic() - killed_at < RESCUED
            second.wait_for("dates renewed: ok")
        assert scales.counters.connections == 2
        runs = client.call("GET", f"{path}/runs").body["runs"]
        assert [run["outcome"] for run in runs] == ["ok", "interrupted"]


@pytest.mark.usefixtures("database")
def test_a_worker_frozen_past_its_lease_leaves_the_device_to_another(folder: Path) -> None:
    with (
        running_scales(products=20) as fleet,
        running(*SERVE, folder=folder) as api,
        running("scheduler", folder=folder),
        workers(folder, 1) as [frozen],
    ):
        [scales] = fleet
        fleet.set_fault(scales.port, "never-ready")
        client = signed_in(api)
        path = scheduled(client, scales)
        assert scales.wait_until(lambda seen: seen.commands["FF 15"] >= 2, seconds=SOON)
        frozen.freeze()
        fleet.set_fault(scales.port, None)
        with workers(folder, 1):
            wait_until(lambda: status(client, path) == "OK", RESCUED)
            frozen.thaw()
            frozen.wait_for("dates not renewed: .* held up for too long")
            assert frozen.stop() == 0
        assert scales.counters.uploads_accepted == 1


def test_a_restarted_database_is_found_again_by_all(folder: Path) -> None:
    with Server() as server, server.database() as name, running_scales(2, products=20) as fleet:
        settings = folder / ".env"
        settings.write_text(f"{settings.read_text()}DATABASE_URL={server.url(name)}\n")
        with (
            running(*SERVE, folder=folder) as api,
            running("scheduler", folder=folder) as scheduler,
            workers(folder, 1) as [worker],
        ):
            client = signed_in(api)
            path = scheduled(client, fleet[0], "Before")
            wait_until(lambda: status(client, path) == "OK")
            server.stop()
            refused = client.call("GET", "/devices")
            assert (refused.status, refused.body["type"]) == (503, "/problems/not-ready")
            worker.wait_for("the database is gone")
            server.start()
            wait_until(lambda: client.call("GET", "/devices").status == 200)
            path = scheduled(client, fleet[1], "After")
            wait_until(lambda: status(client, path) == "OK")
            assert [command.stop() for command in (worker, scheduler, api)] == [0] * 3


@pytest.mark.usefixtures("database")
def test_all_of_it_starts_with_one_command(folder: Path) -> None:
    with (
        running_scales(products=20) as fleet,
        running("start", folder=folder, PORT="0") as everything,
    ):
        everything.wait_for("doing up to 32 jobs at once")
        everything.wait_for("handing on what falls due to the workers")
        client = signed_in(everything)
        path = scheduled(client, fleet[0])
        wait_until(lambda: status(client, path) == "OK")
        assert everything.stop() == 0


def test_on_sqlite_there_is_nothing_for_a_worker_to_do(folder: Path) -> None:
    with running("worker", folder=folder) as worker:
        assert worker.wait() == 1
        assert "Workers need PostgreSQL" in worker.text
