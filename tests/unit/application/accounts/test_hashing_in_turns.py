"""How many passwords are hashed at once, and what becomes of the others."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from application.accounts.hashing import AT_ONCE, HashingInTurns
from application.accounts.registration import RegisterUser, SetPassword
from application.accounts.signing_in import SignIn
from application.ports.password_hasher import HashingBusyError
from domain.errors import SignInRefusedError
from tests.fakes.clock import FakeClock
from tests.fakes.security import FakeHasher, FakeTokens
from tests.fakes.storage import InMemoryStorage


class Slow(FakeHasher):
    """Takes until it is told to go on; counts who is in it."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.begun = threading.Semaphore(0)
        self.inside = self.most_inside = 0
        self._count = threading.Lock()

    def hash(self, password: str) -> str:
        with self._working():
            return super().hash(password)

    def matches(self, password: str, password_hash: str | None) -> bool:
        with self._working():
            return super().matches(password, password_hash)

    @contextmanager
    def _working(self) -> Iterator[None]:
        with self._count:
            self.inside += 1
            self.most_inside = max(self.most_inside, self.inside)
        self.begun.release()
        self.go_on.wait(20)
        yield
        with self._count:
            self.inside -= 1


class Hall:
    """Where people sign in, with a hasher that stands still."""

    def __init__(self, *, waiting: int, longest_wait: float) -> None:
        self.slow = Slow()
        self.storage = InMemoryStorage(FakeClock())
        hasher = HashingInTurns(self.slow, waiting=waiting, longest_wait=longest_wait)
        self.sign_in = SignIn(self.storage, hasher, FakeTokens())
        self.register = RegisterUser(self.storage, hasher)
        self.set_password = SetPassword(self.storage, hasher)

    @contextmanager
    def full(self) -> Iterator[None]:
        """As many unknown addresses as may be are being compared."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            held = [pool.submit(self.nobody) for _ in range(AT_ONCE)]
            for _ in held:
                assert self.slow.begun.acquire(timeout=20)
            try:
                yield
            finally:
                self.slow.go_on.set()
            for each in held:
                each.result()

    def nobody(self) -> None:
        with pytest.raises(SignInRefusedError):
            self.sign_in("nobody@example.org", "correct horse")


@pytest.mark.parametrize(
    "ask",
    [
        lambda hall: hall.sign_in("nobody@example.org", "correct horse"),
        lambda hall: hall.register("anna@example.org", "correct horse"),
        lambda hall: hall.set_password("anna@example.org", "correct horse"),
    ],
    ids=["sign in", "register", "set password"],
)
@pytest.mark.parametrize(("waiting", "longest_wait"), [(0, 60.0), (1, 0.01)])
def test_whoever_finds_no_place_or_no_turn_in_time_is_turned_away_unhashed(
    ask: Callable[[Hall], object], waiting: int, longest_wait: float
) -> None:
    hall = Hall(waiting=waiting, longest_wait=longest_wait)
    with hall.full(), pytest.raises(HashingBusyError):
        ask(hall)
    assert hall.slow.compared == AT_ONCE
    with hall.storage.snapshot() as tx:
        assert tx.users.all() == []


def test_others_wait_for_their_turn_and_get_it() -> None:
    hall = Hall(waiting=6, longest_wait=60.0)
    with ThreadPoolExecutor(6) as pool:
        with hall.full():
            waiting: list[Future[None]] = [pool.submit(hall.nobody) for _ in range(6)]
            assert not any(each.done() for each in waiting)
        for each in waiting:
            each.result(20)
    assert hall.slow.compared == AT_ONCE + 6
    assert hall.slow.most_inside == AT_ONCE


def test_a_place_is_free_again_after_a_refusal_and_after_a_failure() -> None:
    hall = Hall(waiting=0, longest_wait=0.01)
    with hall.full(), pytest.raises(HashingBusyError):
        hall.nobody()
    for _ in range(AT_ONCE + 1):
        with pytest.raises(ValueError, match="too long"):
            hall.register("anna@example.org", "x" * 1025)
    hall.nobody()


def test_a_sign_in_succeeds_although_there_is_no_turn_to_hash_the_password_anew() -> None:
    hasher = FakeHasher()
    storage = InMemoryStorage(FakeClock())
    former = hasher.foreign("correct horse")
    with storage.transaction() as tx:
        anna = tx.users.add("anna@example.org", former)

    class Crowded(HashingInTurns):
        def hash(self, password: str) -> str:
            raise HashingBusyError

    sign_in = SignIn(storage, Crowded(hasher, waiting=1), FakeTokens())
    assert sign_in("anna@example.org", "correct horse")
    with storage.snapshot() as seen:
        assert seen.users.get(anna.id).password_hash == former
