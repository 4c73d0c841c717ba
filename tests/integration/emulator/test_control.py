"""Faults as text: on a command line, over the control port."""

import socket
from datetime import timedelta

import pytest

from adapters.mertech.emulator import ActiveFault, Fault, parse_fault, running_scales


@pytest.mark.parametrize(
    "text",
    [
        "late:6.5",
        "slow",
        "busy:3",
        "busy",
        "refuse-products:50,51",
        *(f.value for f in list(Fault)[:5]),
    ],
)
def test_a_fault_reads_as_it_is_written(text: str) -> None:
    assert str(parse_fault(text)) == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("lazy", "no fault is called 'lazy'"),
        ("late:soon", "late takes seconds, not 'soon'"),
        ("late:-1", "late takes seconds, not '-1'"),
        ("late:nan", "late takes seconds, not 'nan'"),
        ("busy:0", "busy takes times, not '0'"),
        ("refuse-products", "refuse-products needs product codes: refuse-products:50,51"),
        ("refuse-products:a", "refuse-products takes product codes, not 'a'"),
        ("silent:3", "silent takes nothing after it"),
    ],
)
def test_a_fault_that_is_none_is_said_to_be(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match="^" + problem.replace("(", r"\(") + "$"):
        parse_fault(text)


def test_every_fault_tells_its_meaning() -> None:
    assert all(fault.meaning.endswith(".") for fault in Fault)


def test_the_control_port_switches_faults() -> None:
    with running_scales(count=2, products=1, control_port=0) as fleet:
        one, other = fleet.ports
        control = socket.create_connection(("127.0.0.1", fleet.control_port or 0), timeout=5)
        with control, control.makefile("rw", newline="\n") as lines:

            def say(line: str) -> str:
                lines.write(line + "\n")
                lines.flush()
                return lines.readline().strip()

            assert say(f"{one} late:6") == "ok"
            assert fleet[0].fault == ActiveFault(Fault.LATE, seconds=6)
            assert say("list") == f"{one} late:6"
            assert [lines.readline(), lines.readline()] == [f"{other} none\n", "ok\n"]
            assert say(f"{one} none") == "ok"
            assert fleet[0].fault is None
            assert say("1 silent") == "error: no device has port 1"
            assert say("x silent").startswith("error: ")
            assert say(f"{one} lazy") == "error: no fault is called 'lazy'"
            assert say("") == (
                "error: say PORT FAULT, PORT none, PORT clock SECONDS, list or faults"
            )
            assert say(f"{one} clock -90") == "ok"
            assert fleet[0].clock_ahead == timedelta(seconds=-90)
            assert say(f"{one} clock none") == "ok"
            assert fleet[0].clock_ahead is None
            assert say(f"{one} clock late").startswith("error: 'late' is no number")
            assert say(f"{one} clock nan").startswith("error: 'nan' is no number")
            assert say(f"{one} clock 1e99").startswith("error: '1e99' is no number")
            assert say("1 clock 5") == "error: no device has port 1"
            assert say("faults").startswith("refuse-connections: ")
