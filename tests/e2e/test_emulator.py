"""`web-scales emulator` as a process: scales that misbehave when told to."""

import signal
import socket
from pathlib import Path

from tests.e2e.processes import running
from tests.harness.ports import free_ports


def said(control_port: int, order: str) -> list[str]:
    """The answer, up to the line that ends it."""
    with socket.create_connection(("127.0.0.1", control_port), timeout=10) as line:
        line.sendall(f"{order}\n".encode())
        answer = line.makefile(encoding="utf-8")
        lines: list[str] = []
        while not lines or not lines[-1].startswith(("ok", "error")):
            lines.append(answer.readline().rstrip("\n"))
    return lines


def test_scales_misbehave_from_the_start_and_by_order(tmp_path: Path) -> None:
    first = free_ports(3)
    faults = ("--fault", f"{first}:silent", "--fault", f"{first + 2}:refuse-products:50,51")
    scales = ("--base-port", str(first), "--count", "3", "--products", "3")
    with running("emulator", *scales, *faults, "--control-port", "0", folder=tmp_path) as emulator:
        control = int(emulator.wait_for(r"taking orders at 127\.0\.0\.1:(\d+)")[1])
        assert emulator.lines[1:3] == [
            f"port {first} misbehaves: silent",
            f"port {first + 2} misbehaves: refuse-products:50,51",
        ]
        assert said(control, f"{first} none") == ["ok"]
        assert said(control, f"{first + 1} late:2") == ["ok"]
        assert said(control, "list") == [
            f"{first} none",
            f"{first + 1} late:2",
            f"{first + 2} refuse-products:50,51",
            "ok",
        ]
        assert "silent: Accepts connections, does nothing and never answers." in said(
            control, "faults"
        )
        assert emulator.stop(signal.SIGINT) == 0


def test_scales_that_are_off_from_the_start_refuse_connections(tmp_path: Path) -> None:
    port = free_ports(1)
    fault = ("--fault", f"{port}:refuse-connections")
    with running(
        "emulator", "--base-port", str(port), *fault, "--products", "1", folder=tmp_path
    ) as emulator:
        emulator.wait_for("misbehaves: refuse-connections")
        with socket.socket() as line:
            line.settimeout(10)
            assert line.connect_ex(("127.0.0.1", port)) != 0
        assert emulator.stop(signal.SIGINT) == 0
