"""Every fault of a device, as a client over HTTP is told of it; served by waitress."""

import json
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from waitress.server import TcpWSGIServer, create_server

from adapters.rest.app import RestSettings
from adapters.rest.http.problem_types import problem_type_of
from domain.runs.run import RunKind
from entrypoints.api.app import create_app
from tests.harness.emulated import Emulated, emulated
from tests.harness.failures import in_english
from tests.harness.faults import Ending
from tests.integration.faults.test_end_well import reading, sending, struck

Ask = Callable[[str, str], tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def port(apps: list[Any]) -> Iterator[int]:
    server = create_server(
        lambda environ, start: apps[-1](environ, start), host="127.0.0.1", port=0, threads=4
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    assert isinstance(server, TcpWSGIServer)
    assert server.socket is not None
    yield server.socket.getsockname()[1]
    server.close()
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def apps() -> list[Any]:
    """The last one is served."""
    return []


@pytest.fixture
def shop(tmp_path: Path, port: int) -> Iterator[Emulated]:
    with emulated(tmp_path) as shop:
        yield shop


@pytest.fixture
def ask(shop: Emulated, port: int, apps: list[Any]) -> Ask:
    def ask(method: str, path: str) -> tuple[int, dict[str, Any]]:
        """Asks the shop as it is wired now."""
        apps.append(create_app(shop.cases, RestSettings(docs=False)))
        token = shop.cases.accounts.sign_in("anna@example.org", "correct horse")
        line = HTTPConnection("127.0.0.1", port, timeout=90)
        try:
            headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
            line.request(method, f"/devices/{shop.id}{path}", headers=headers)
            answer = line.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            line.close()

    return ask


def answered_as(shop: Emulated, ending: Ending, answer: tuple[int, dict[str, Any]]) -> None:
    status, problem = answer
    kind = problem_type_of(ending.error)
    assert (status, problem["type"]) == (kind.status, kind.type)
    assert ending.text in problem["detail"]
    assert shop.run.ending is not None
    assert problem["detail"] == in_english(shop.run.ending.cause)


@reading
def test_reading(shop: Emulated, ask: Ask, ending: Ending) -> None:
    with struck(shop, ending, RunKind.READ):
        answered_as(shop, ending, ask("GET", "/products"))


@sending
def test_uploading(shop: Emulated, ask: Ask, ending: Ending) -> None:
    with struck(shop, ending, RunKind.UPLOAD):
        answered_as(shop, ending, ask("POST", "/upload"))
