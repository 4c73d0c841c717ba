"""Sixty sign-ins at once, over sockets: other requests are answered meanwhile."""

import http.client
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlencode, urlsplit

from application.accounts.hashing import AT_ONCE
from entrypoints.api.parsing import Bounds
from entrypoints.api.server import Place, Server
from entrypoints.process.stopping import Stop
from tests.fakes.security import FakeHasher
from tests.harness.over_http import OverHttp

SIGN_INS = 60
WAITING = 4
"""Passwords that may wait by default."""
MIB = 1024 * 1024
PLACE = Place(host="127.0.0.1", port=0, threads=16, connections=1000, connections_per_address=0)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Standing(FakeHasher):
    """Takes until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    def matches(self, password: str, password_hash: str | None) -> bool:
        self.go_on.wait(30)
        return super().matches(password, password_hash)


@contextmanager
def served(shop: OverHttp) -> Iterator[str]:
    """Where the shop answers, by as many threads as there are by default."""
    server, stop = Server(shop.app, PLACE, Bounds(MIB, lambda header: True)), Stop()
    thread = threading.Thread(target=lambda: server.run(stop, patience=10))
    thread.start()
    try:
        yield urlsplit(server.addresses[0]).netloc
    finally:
        stop.ask()
        thread.join(30)


def asked(where: str, method: str, path: str, body: str = "") -> tuple[int, str | None]:
    """Status, and when to come again."""
    line = http.client.HTTPConnection(where, timeout=30)
    try:
        line.request(method, path, body, FORM if body else {})
        answer = line.getresponse()
        answer.read()
        return answer.status, answer.headers["Retry-After"]
    finally:
        line.close()


def test_others_are_answered_while_sixty_sign_in() -> None:
    hasher = Standing()
    shop = OverHttp(hasher=hasher, own_app=True)
    form = urlencode({"username": "nobody@example.org", "password": "correct horse"})
    with served(shop) as where, ThreadPoolExecutor(SIGN_INS) as pool:
        turned_away = threading.Semaphore(0)

        def sign_in() -> tuple[int, str | None]:
            answer = asked(where, "POST", "/auth/login", form)
            if answer[0] == 503:
                turned_away.release()
            return answer

        sign_ins = [pool.submit(sign_in) for _ in range(SIGN_INS)]
        for _ in range(SIGN_INS - AT_ONCE - WAITING):
            assert turned_away.acquire(timeout=30)
        # The others are in the hasher, or wait for it.
        assert not hasher.go_on.is_set()
        assert asked(where, "GET", "/health/live")[0] == 200
        assert asked(where, "GET", "/devices")[0] == 401
        hasher.go_on.set()
        answers = [each.result(30) for each in sign_ins]
    assert answers.count((503, "3")) >= SIGN_INS - AT_ONCE - WAITING
    assert answers.count((401, None)) >= AT_ONCE
    assert len(answers) == answers.count((503, "3")) + answers.count((401, None))
    assert hasher.compared == answers.count((401, None))
