"""Signing in with a password that was hashed in a former way."""

import pytest

from application.accounts.registration import SetPassword
from application.accounts.signing_in import SignIn
from application.ports.storage import StorageNotReadyError
from domain.accounts.user import User, UserId
from domain.errors import SignInRefusedError
from tests.fakes.clock import FakeClock
from tests.fakes.security import FakeHasher, FakeTokens
from tests.fakes.storage import InMemoryStorage

ANNA = UserId(7)


class Hall:
    """A storage with one user of the former service, and how she signs in."""

    def __init__(self, hasher: FakeHasher | None = None) -> None:
        self.hasher = hasher or FakeHasher()
        self.storage = InMemoryStorage(FakeClock())
        self.former = self.hasher.foreign("correct horse")
        with self.storage.transaction() as tx:
            tx.users.adopt(User(id=ANNA, email="anna@example.org", password_hash=self.former))
        self.sign_in = SignIn(self.storage, self.hasher, FakeTokens())

    @property
    def kept(self) -> str:
        with self.storage.snapshot() as tx:
            return tx.users.get(ANNA).password_hash


def test_the_first_sign_in_hashes_the_password_anew() -> None:
    hall = Hall()
    hall.sign_in("anna@example.org", "correct horse")
    hashed_anew = hall.kept
    assert not hall.hasher.outdated(hashed_anew)
    hall.sign_in("anna@example.org", "correct horse")
    assert hall.kept == hashed_anew


def test_a_wrong_password_leaves_the_former_hash() -> None:
    hall = Hall()
    with pytest.raises(SignInRefusedError):
        hall.sign_in("anna@example.org", "wrong horse")
    assert hall.kept == hall.former


def test_a_password_that_is_set_meanwhile_stays() -> None:
    hall = Hall(SettingMeanwhile())
    assert isinstance(hall.hasher, SettingMeanwhile)
    hall.hasher.set_password = SetPassword(hall.storage, FakeHasher())
    hall.sign_in("anna@example.org", "correct horse")
    assert hall.hasher.matches("new horse", hall.kept)


class SettingMeanwhile(FakeHasher):
    """Somebody sets a password while the old one is being hashed."""

    set_password: SetPassword

    def hash(self, password: str) -> str:
        self.set_password("anna@example.org", "new horse")
        return super().hash(password)


def test_a_user_who_is_deleted_meanwhile_stays_deleted() -> None:
    hall = Hall(DeletingMeanwhile())
    assert isinstance(hall.hasher, DeletingMeanwhile)
    hall.hasher.storage = hall.storage
    hall.sign_in("anna@example.org", "correct horse")
    with hall.storage.snapshot() as tx:
        assert tx.users.all() == []


class DeletingMeanwhile(FakeHasher):
    """Somebody deletes the user while the password is being hashed."""

    storage: InMemoryStorage

    def hash(self, password: str) -> str:
        with self.storage.transaction() as tx:
            tx.users.delete(ANNA)
        return super().hash(password)


def test_a_database_that_is_busy_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall()

    def busy() -> None:
        raise StorageNotReadyError("Other writers keep it busy.")

    monkeypatch.setattr(hall.storage, "transaction", busy)
    assert hall.sign_in("anna@example.org", "correct horse")
    assert hall.kept == hall.former


def test_an_unknown_address_costs_a_comparison_too() -> None:
    hasher = FakeHasher()
    with pytest.raises(SignInRefusedError):
        SignIn(InMemoryStorage(FakeClock()), hasher, FakeTokens())("nobody@example.org", "horse")
    assert hasher.compared == 1
