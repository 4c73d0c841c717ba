"""Commands of ours as real processes, and the service they make, as its users meet it."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

import psutil

from entrypoints.settings import NAMES

ROOT: Final = Path(__file__).parents[2]
SOON: Final = 30.0
"""Seconds within which whatever is waited for happens, or the test fails."""
LONGEST_REQUEST: Final = 90.0
"""Seconds: a conversation of the default length, and a wait for the device before it."""
EMAIL: Final = "baker@example.com"
PASSWORD: Final = "correct horse"  # noqa: S105

_opener = build_opener(ProxyHandler({}))


class Command:
    """`web-scales …` under way. What it prints is kept, line by line."""

    def __init__(self, *arguments: str, folder: Path, **settings: str) -> None:
        """Settings come from the folder's .env, and from those given here."""
        self.lines: list[str] = []
        self._printed = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "entrypoints.cli.main", *arguments],
            cwd=folder,
            env=environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first line that the pattern is found in, there already or still to come."""
        seen: list[re.Match[str]] = []

        def found() -> bool:
            seen.extend(match for line in self.lines if (match := re.search(pattern, line)))
            return bool(seen) or self._closed

        with self._printed:
            self._printed.wait_for(found, SOON)
        assert seen, f"{pattern!r} is not in:\n{self.text}"
        return seen[0]

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def freeze(self) -> None:
        """SIGSTOP; returns when nothing of it runs any more."""
        self.send(signal.SIGSTOP)
        process = psutil.Process(self._process.pid)
        give_up = time.monotonic() + SOON
        while process.status() != psutil.STATUS_STOPPED:
            assert time.monotonic() < give_up
            time.sleep(0.001)

    def thaw(self) -> None:
        self.send(signal.SIGCONT)

    def wait(self, seconds: float = SOON) -> int:
        """The exit code."""
        code = self._process.wait(seconds)
        self._reader.join(SOON)
        return code

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal, and the exit code."""
        self.send(number)
        return self.wait()

    def children(self) -> list[psutil.Process]:
        """The processes it has started."""
        return psutil.Process(self._process.pid).children(recursive=True)

    def clean_up(self) -> None:
        """Nothing stays behind, whatever the test did."""
        if self._process.poll() is None:
            children = self.children()
            self._process.kill()
            for child in children:
                if child.is_running():
                    child.kill()
        self.wait()
        assert self._process.stdout
        self._process.stdout.close()

    _closed = False

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            with self._printed:
                self.lines.append(line.decode().rstrip("\n"))
                self._printed.notify_all()
        with self._printed:
            self._closed = True
            self._printed.notify_all()


@contextmanager
def running(*arguments: str, folder: Path, **settings: str) -> Iterator[Command]:
    command = Command(*arguments, folder=folder, **settings)
    try:
        yield command
    finally:
        command.clean_up()


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's, without any setting of the service but these."""
    kept = {name: value for name, value in os.environ.items() if name not in NAMES}
    return {**kept, **settings, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


class Answer(NamedTuple):
    status: int
    body: Any
    retry_after: str | None = None


class Client:
    """A user of the API."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.token = ""

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Raises OSError when nobody answers."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(  # noqa: S310
            self.address + path, data, {"Content-Type": "application/json"}, method=method
        )
        if form is not None:
            request.data = urlencode(form).encode()
            request.add_header("Content-Type", "application/x-www-form-urlencoded")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with _opener.open(request, timeout=LONGEST_REQUEST) as answer:
                return Answer(answer.status, json.loads(answer.read() or b"null"))
        except HTTPError as error:
            with error:
                problem = json.loads(error.read())
                return Answer(error.code, problem, error.headers["Retry-After"])

    def sign_in(self, *, register: bool = False) -> None:
        if register:
            user = {"email": EMAIL, "password": PASSWORD}
            assert self.call("POST", "/auth/register", user).status == 201
        form = {"username": EMAIL, "password": PASSWORD}
        self.token = self.call("POST", "/auth/login", form=form).body["access_token"]

    def add_device(self, port: int, name: str = "Bakery counter") -> int:
        device = {"name": name, "ip": "127.0.0.1", "port": port, "password": "1234"}
        answer = self.call("POST", "/devices", device)
        assert answer.status == 201
        device_id: int = answer.body["id"]
        return device_id


class Asked:
    """A request under way, in a thread of its own."""

    def __init__(self, client: Client, method: str, path: str) -> None:
        self._answers: list[Answer] = []
        self._thread = threading.Thread(target=self._ask, args=(client, method, path), daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> bool:
        return self._thread.is_alive()

    def answer(self, seconds: float = SOON) -> Answer | None:
        """What came back; None when the service has gone without an answer."""
        self._thread.join(seconds)
        assert not self.waiting
        return self._answers[0] if self._answers else None

    def _ask(self, client: Client, method: str, path: str) -> None:
        with suppress(OSError, http.client.HTTPException):
            self._answers.append(client.call(method, path))


def serving(command: Command) -> Client:
    """A client of `serve`, once it listens."""
    return Client(command.wait_for(r"serving on (http://\S+)")[1])
