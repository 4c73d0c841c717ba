"""The API as a process: starting, ending, and what survives."""

import contextlib
import http.client
import os
import signal
import socket
import sqlite3
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from dotenv import dotenv_values

from adapters.mertech.emulator import running_scales
from tests.e2e.processes import Asked, running, serving

PORT_0 = ("serve", "--port", "0")


def test_serves_from_any_folder_with_settings_in_the_environment_alone(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    secrets = {name: value or "" for name, value in dotenv_values(folder / ".env").items()}
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    with running(*PORT_0, folder=elsewhere, **secrets) as command:
        client = serving(command)
        assert client.call("GET", "/health/live").status == 200
        assert client.call("GET", "/health/ready").status == 200
        assert client.call("GET", "/openapi.json").body["openapi"].startswith("3.1")
        assert client.call("GET", "/devices").status == 401
        assert command.stop(signal.SIGINT) == 0
    assert command.lines[-1].endswith("entrypoints.api.process stopped")


def test_sigterm_finishes_the_request_in_flight_and_lets_nobody_else_in(folder: Path) -> None:
    with running_scales(latency=0.15) as fleet, running(*PORT_0, folder=folder) as command:
        client = serving(command)
        client.sign_in(register=True)
        path = f"/devices/{client.add_device(fleet.ports[0])}/products"
        idle = http.client.HTTPConnection(urlsplit(client.address).netloc)
        idle.request("GET", "/health/live")
        assert idle.getresponse().read()  # and the connection stays open
        asked = Asked(client, "GET", path)
        assert fleet[0].wait_until(lambda seen: seen.connections == 1)
        command.send(signal.SIGTERM)
        assert idle.sock.recv(1) == b""
        with pytest.raises(OSError, match="refused"):
            client.call("GET", "/health/live")
        assert asked.waiting
        answer = asked.answer()
        assert answer
        assert (answer.status, len(answer.body["products"]["products"])) == (200, 678)
        assert command.wait() == 0
        idle.close()


def test_an_answer_without_a_body_leaves_the_connection_open(folder: Path) -> None:
    """The web server by itself would close it after a 304 or a 204."""
    with running(*PORT_0, folder=folder) as serve:
        client = serving(serve)
        client.sign_in(register=True)
        device_id = client.add_device(1111)
        device = f"/devices/{device_id}"
        line = http.client.HTTPConnection(urlsplit(client.address).netloc, timeout=10)
        own = {"Authorization": f"Bearer {client.token}"}
        sockets = []
        for method, path, headers, status in (
            ("GET", f"{device}/products/cached", {}, 200),
            ("GET", f"{device}/products/cached", {"If-None-Match": "*"}, 304),
            ("DELETE", device, {}, 204),
            ("GET", "/devices", {}, 200),
        ):
            line.request(method, path, headers=own | headers)
            answer = line.getresponse()
            answer.read()
            assert answer.status == status
            sockets.append(line.sock)
        assert sockets[0] is not None
        assert len(set(map(id, sockets))) == 1
        line.close()


def test_a_second_signal_does_not_wait(folder: Path) -> None:
    with running_scales() as fleet, running(*PORT_0, folder=folder) as command:
        fleet.set_fault(fleet.ports[0], "silent")
        client = serving(command)
        client.sign_in(register=True)
        path = f"/devices/{client.add_device(fleet.ports[0])}/products"
        asked = Asked(client, "GET", path)
        assert fleet[0].wait_until(lambda seen: seen.connections == 1)
        command.send(signal.SIGTERM)
        with contextlib.suppress(OSError):
            while True:  # the first signal has been heard when nobody is let in any more
                client.call("GET", "/health/live")
        command.send(signal.SIGTERM)
        assert command.wait(3) == 128 + signal.SIGTERM
        assert asked.answer() is None


def test_what_was_answered_survives_kill_9(folder: Path) -> None:
    with running(*PORT_0, folder=folder) as command:
        client = serving(command)
        client.sign_in(register=True)
        device = client.add_device(port=1111)
        assert command.stop(signal.SIGKILL) == -signal.SIGKILL
    with running(*PORT_0, folder=folder) as command:
        client = serving(command)
        client.sign_in()
        assert client.call("GET", f"/devices/{device}").body["name"] == "Bakery counter"


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such modes")
def test_settings_that_others_may_read_are_warned_of(folder: Path) -> None:
    loose = "others may read .env, which holds secrets: `chmod 600 .env` keeps them out"
    for mode, warned in ((0o640, True), (0o600, False)):
        (folder / ".env").chmod(mode)
        with running(*PORT_0, folder=folder) as command:
            serving(command)
            assert command.stop() == 0
        assert (loose in command.text) is warned


def test_a_taken_port_is_a_clear_message(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running("serve", "--port", str(port), folder=folder) as command:
            assert command.wait() == 1
    assert f"Error: Cannot listen on 127.0.0.1:{port}: " in command.text
    assert "Traceback" not in command.text


def test_an_address_of_another_machine_is_a_clear_message(folder: Path) -> None:
    with running(*PORT_0, "--host", "192.0.2.1", folder=folder) as command:
        assert command.wait() == 1
    assert "Error: Cannot listen on 192.0.2.1:0: " in command.text
    assert "Traceback" not in command.text


def test_two_that_start_at_once_on_a_fresh_database_both_serve(folder: Path) -> None:
    with running(*PORT_0, folder=folder) as one, running(*PORT_0, folder=folder) as other:
        first, second = serving(one), serving(other)
        first.sign_in(register=True)
        second.sign_in()
        assert first.call("GET", "/health/ready").status == 200
        assert second.call("GET", "/health/ready").status == 200
        assert (one.stop(), other.stop()) == (0, 0)


def test_what_the_web_server_refuses_by_itself_is_a_problem_too(folder: Path) -> None:
    with running(*PORT_0, folder=folder, MAX_BODY_BYTES="1024") as command:
        address = urlsplit(serving(command).address)
        for request, status in [
            (b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nX: " + b"x" * 300_000 + b"\r\n\r\n", 431),
            (b"POST /devices HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
            (b"POST /devices HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        ]:
            with socket.create_connection((address.hostname or "", address.port or 0)) as line:
                line.sendall(request)
                answer = http.client.HTTPResponse(line)
                answer.begin()
                assert answer.status == status
                assert answer.headers["Content-Type"] == "application/problem+json"
                assert b'"detail"' in answer.read()


@pytest.mark.parametrize("command", [["serve"], ["scheduler"], ["start"], ["db", "upgrade"]])
def test_bad_settings_are_all_named_and_nothing_is_started(
    tmp_path: Path, command: list[str]
) -> None:
    bad = {"JWT_SECRET_KEY": "change-me", "THREADS": "many", "SCHEDULER_TIMEZONE": "Moscow"}
    with running(*command, folder=tmp_path, **bad) as refused:
        assert refused.wait() == 1
    for name in ("JWT_SECRET_KEY", "FERNET_KEY", "THREADS", "SCHEDULER_TIMEZONE"):
        assert f"  {name}: " in refused.text
    assert "web-scales secrets" in refused.text
    assert "Traceback" not in refused.text
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_another_program_is_left_alone(folder: Path) -> None:
    other = folder / "web-scales.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE users (id INTEGER)")
    connection.close()
    before = other.read_bytes()
    for arguments in (PORT_0, ("scheduler",)):
        with running(*arguments, folder=folder) as command:
            assert command.wait() == 1
        assert "Error: The database holds tables that are not of this service" in command.text
    assert other.read_bytes() == before
