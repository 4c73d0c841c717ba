"""Conversations with devices that take long, beside everything else that is asked of the API."""

import time
from pathlib import Path

from adapters.mertech.emulator import running_scales
from tests.e2e.processes import SOON, Asked, running, serving

AT_ONCE = 5.0
"""Seconds: what a busy machine may take, where the conversation would take a minute."""


def test_a_device_can_be_deleted_during_a_conversation(folder: Path) -> None:
    with running_scales() as fleet, running("serve", "--port", "0", folder=folder) as command:
        [scales] = fleet
        fleet.set_fault(scales.port, "never-ready")
        client = serving(command)
        client.sign_in(register=True)
        device = f"/devices/{client.add_device(scales.port)}"
        read = Asked(client, "GET", f"{device}/products")
        assert scales.wait_until(lambda seen: seen.commands["FF 15"] >= 2, seconds=SOON)

        asked_at = time.monotonic()
        answer = client.call("DELETE", device)
        assert answer.status == 204
        assert time.monotonic() - asked_at < AT_ONCE
        assert scales.counters.connections_open == 1

        late = read.answer()
        assert late
        assert (late.status, late.body["instance"]) == (404, f"{device}/products")
        assert scales.wait_until(lambda seen: seen.connections_open == 0)
        assert client.call("GET", "/devices").body == []


def test_silent_devices_take_some_threads_and_no_more(folder: Path) -> None:
    limits = {"LIVE_CONVERSATIONS": "3", "THREADS": "4", "DEFAULT_TIMEOUT": "60", "RETRIES": "0"}
    with (
        running_scales(3) as fleet,
        running("serve", "--port", "0", folder=folder, **limits) as command,
    ):
        client = serving(command)
        client.sign_in(register=True)
        *silent, sound = (
            f"/devices/{client.add_device(port, str(port))}/products" for port in fleet.ports
        )
        for scales in fleet[:2]:
            fleet.set_fault(scales.port, "silent")
        waiting = [Asked(client, "GET", path) for path in silent]
        for scales in fleet[:2]:
            assert scales.wait_until(lambda seen: seen.connections == 1, seconds=SOON)

        for _ in range(5):
            asked_at = time.monotonic()
            refused = client.call("GET", sound)
            assert refused.status == 503
            assert "Too many scales are talked to" in refused.body["detail"]
            assert int(refused.retry_after or 0) >= 1
            assert client.call("GET", "/devices").status == 200
            assert time.monotonic() - asked_at < AT_ONCE
        assert fleet[2].counters.connections == 0
        assert all(request.waiting for request in waiting)

        for scales in fleet[:2]:
            fleet.set_fault(scales.port, "refuse-connections")
        answers = [request.answer() for request in waiting]
        assert [answer.status for answer in answers if answer] == [503, 503]
        assert client.call("GET", sound).status == 200
