"""A client of the HTTP API, such as a script would have."""

import json
import time
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

from entrypoints.process.failures import CommandFailedError

TIMEOUT: Final = 120.0
"""Seconds, more than a conversation with a scale may take."""
ATTEMPTS: Final = 6


class Answer(NamedTuple):
    """The answer: JSON as Python values, None without a body."""

    status: int
    body: Any
    retry_after: int | None = None


class Api:
    """Calls to a service on this machine; signed in once it has a token."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.token: str | None = None
        # A proxy from the environment would not reach the services of this machine.
        self._opener = build_opener(ProxyHandler({}))

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        form: bool = False,
        also: int | None = None,
    ) -> Answer:
        """Send a request; wait and try again while a device is busy.

        Raises CommandFailedError for an answer that is neither a success nor the status `also`.
        """
        for attempt in range(1, ATTEMPTS + 1):
            answer = self._send(method, path, body, form)
            if answer.retry_after is None or attempt == ATTEMPTS:
                break
            time.sleep(answer.retry_after)
        if answer.status >= 400 and answer.status != also:
            raise CommandFailedError(f"{method} {path}: {answer.status} {reason_in(answer.body)}")
        return answer

    def ready(self) -> bool:
        """Whether the service is ready."""
        try:
            return self._send("GET", "/health/ready", None, False).status == 200
        except CommandFailedError:
            return False

    def _send(
        self, method: str, path: str, body: Mapping[str, object] | None, form: bool
    ) -> Answer:
        data, kind = None, "application/json"
        if body is not None and form:
            data, kind = urlencode(body).encode(), "application/x-www-form-urlencoded"
        elif body is not None:
            data = json.dumps(body).encode()
        request = Request(  # noqa: S310 - the address is ours
            self.address + path, data, {"Content-Type": kind}, method=method
        )
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                text = answer.read()
                return Answer(answer.status, json.loads(text) if text else None)
        except HTTPError as error:
            with error:
                wait = error.headers.get("Retry-After")
                problem = json.loads(error.read() or b"null")
            return Answer(error.code, problem, int(wait) if wait else None)
        except (URLError, OSError) as error:
            raise CommandFailedError(f"{method} {path}: {error}") from error


def reason_in(body: Any) -> str:
    """Returns the text of a problem, or the beginning of any other body."""
    if isinstance(body, dict) and "detail" in body:
        return str(body["detail"])
    text = json.dumps(body, ensure_ascii=False)
    return text if len(text) <= 150 else f"{text[:149]}…"
