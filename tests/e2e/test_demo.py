"""`web-scales demo` and `web-scales start`: processes that start others."""

import re
import signal
import socket
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import pytest

from tests.e2e.processes import SOON, Client, Command, running
from tests.harness.ports import free_ports, is_free

ADDRESS = r"Try it yourself: (http://127\.0\.0\.1:\d+)/docs"
ENGLISH = {"LANGUAGE": "en"}


@pytest.fixture
def ports() -> Sequence[str]:
    """Options for a demo beside whatever else runs here."""
    first = free_ports(3)
    return ["--port", str(first), "--scales-port", str(first + 1)]


def end(processes: Sequence[psutil.Process], how: Callable[[], object]) -> None:
    """All of these have ended some time after that."""
    assert processes
    how()
    _, alive = psutil.wait_procs(processes, SOON)
    assert not alive


def steps_in(command: Command) -> list[str]:
    return [line.split(". ", 1)[1] for line in command.lines if line[:2].strip().isdigit()]


def untimed(device: dict[str, object]) -> dict[str, object]:
    """What a device is apart from when its dates were renewed, which each start has them."""
    return {name: value for name, value in device.items() if not name.endswith("_run_utc")}


def test_shows_the_main_job_until_ctrl_c_and_a_second_start_goes_on_with_it(
    tmp_path: Path, ports: Sequence[str]
) -> None:
    with running("demo", *ports, folder=tmp_path, **ENGLISH) as demo:
        client = Client(demo.wait_for(ADDRESS)[1])
        signed_in = demo.wait_for(r"Sign in there \(Authorize\) as (\S+) with the password (\S+)")
        form = {"username": signed_in[1], "password": signed_in[2]}
        client.token = client.call("POST", "/auth/login", form=form).body["access_token"]
        devices = client.call("GET", "/devices").body
        assert [device["cached_dirty"] for device in devices] == [False, False]
        for device in devices:
            schedule = client.call("GET", f"/devices/{device['id']}/auto-update").body
            assert (schedule["enabled"], schedule["last_status"]) == (True, "OK")
        steps = steps_in(demo)
        assert [step.rstrip(".") for step in steps] == [
            "A user registers",
            "The user signs in",
            "The scale “Bakery counter” is registered",
            "The scale “Pastry counter” is registered",
            *(step.rstrip(".") for step in steps[4:6]),
            "The edit is sent to the scale",
            "From now on, the dates on “Bakery counter” are renewed by themselves",
            "From now on, the dates on “Pastry counter” are renewed by themselves",
            "The scheduler has renewed those on “Bakery counter”",
            "The scheduler has renewed those on “Pastry counter”",
            *(step.rstrip(".") for step in steps[11:]),
        ]
        assert re.fullmatch(r"678 products are read from it, in \d+(\.\d)? s\.", steps[4])
        price = re.search(r"is to cost (\d+(\.\d+)?) in place of", steps[5])
        assert price is not None
        held = r"“{} counter” itself holds \d+ products with the date 20\d\d-\d\d-\d\d\."
        assert re.fullmatch(held.format("Bakery"), steps[11])
        assert steps[12] == f"“Bakery counter” itself holds the price {price[1]}."
        assert re.fullmatch(held.format("Pastry"), steps[13])
        assert len(steps) == 14
        assert "POST /auth/register: 201 " in demo.text
        end(demo.children(), lambda: demo.send(signal.SIGINT))
        assert demo.wait() == 0
    secrets = tmp_path / "demo-data" / ".env"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    kept = secrets.read_bytes()

    with running("demo", *ports, folder=tmp_path, **ENGLISH) as demo:
        assert demo.wait_for(ADDRESS)[1] == client.address
        again = client.call("GET", "/devices").body
        assert [untimed(device) for device in again] == [untimed(device) for device in devices]
        assert steps_in(demo)[2].startswith(
            "The scale “Bakery counter” is there from the demo before"
        )
        api, scheduler = demo.children()
        end([api], scheduler.kill)
        assert demo.wait() == 1
    assert secrets.read_bytes() == kept
    assert "Error: The scheduler process has ended. The end of its log:" in demo.text


def test_a_taken_port_is_a_clear_message_and_nothing_is_left_running(tmp_path: Path) -> None:
    first = free_ports(3)
    for taken in (first, first + 2):
        with (
            socket.create_server(("127.0.0.1", taken)),
            running(
                *("demo", "--port", str(first), "--scales-port", str(first + 1)), folder=tmp_path
            ) as demo,
        ):
            assert demo.wait() == 1
        assert f"127.0.0.1:{taken}: Address already in use" in demo.text
        assert "Traceback" not in demo.text
    assert list(tmp_path.iterdir()) == []
    assert all(map(is_free, range(first, first + 3)))


def test_kill_9_takes_the_others_along(tmp_path: Path, ports: Sequence[str]) -> None:
    with running("demo", *ports, folder=tmp_path, LC_ALL="ru_RU.UTF-8") as demo:
        demo.wait_for("1. Пользователь регистрируется.")
        children = demo.children()
        assert len(children) == 2
        end(children, lambda: demo.send(signal.SIGKILL))


def test_start_runs_both_until_told_to_stop(folder: Path) -> None:
    with running("start", folder=folder, PORT="0") as start:
        client = Client(start.wait_for(r"serving on (http://\S+)")[1])
        start.wait_for("renewing up to 32 devices at once")
        assert client.call("GET", "/health/ready").status == 200
        end(start.children(), lambda: start.send(signal.SIGTERM))
        assert start.wait() == 0
    assert start.text.count(" stopped") == 2


def test_start_stops_the_other_when_one_dies_and_says_so(folder: Path) -> None:
    with running("start", folder=folder, PORT="0") as start:
        start.wait_for(r"serving on (http://\S+)")
        start.wait_for("renewing up to 32 devices at once")
        api, scheduler = start.children()
        end([scheduler], api.kill)
        assert start.wait() == 1
    assert "Error: web-scales serve ended by itself (-9); the rest was stopped." in start.text
