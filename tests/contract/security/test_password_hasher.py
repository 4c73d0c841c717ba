"""What any password hasher must do; run against the fake and bcrypt."""

import unicodedata
from typing import Final

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.security import pbkdf2
from adapters.security.passwords import BcryptHasher
from application.ports.password_hasher import PasswordHasher
from domain.accounts.rules import LONGEST_PASSWORD
from tests.fakes.security import FakeHasher

CHEAP: Final = 4


@pytest.fixture(params=["fake", "bcrypt"])
def hasher(request: pytest.FixtureRequest) -> PasswordHasher:
    return FakeHasher() if request.param == "fake" else BcryptHasher(CHEAP)


def test_another_password_does_not_match(hasher: PasswordHasher) -> None:
    assert not hasher.matches("correct horse ", hasher.hash("correct horse"))


def test_the_same_password_matches(hasher: PasswordHasher) -> None:
    assert hasher.matches("correct horse", hasher.hash("correct horse"))


def test_each_hash_is_another(hasher: PasswordHasher) -> None:
    assert hasher.hash("correct horse") != hasher.hash("correct horse")


@pytest.mark.parametrize("letter", ["a", "ж", "漢", "👩", "\0", "\n", "\ud800"])
def test_the_last_of_128_characters_counts(hasher: PasswordHasher, letter: str) -> None:
    password = letter * 127
    password_hash = hasher.hash(password + "1")
    assert not hasher.matches(password + "2", password_hash)
    assert hasher.matches(password + "1", password_hash)


def test_what_follows_a_nul_counts(hasher: PasswordHasher) -> None:
    assert not hasher.matches("before\0other", hasher.hash("before\0after"))


def test_keyboards_may_write_a_letter_in_different_ways(hasher: PasswordHasher) -> None:
    composed, apart = (unicodedata.normalize(form, "пароль й é") for form in ("NFC", "NFD"))
    assert composed != apart
    assert hasher.matches(apart, hasher.hash(composed))


@pytest.mark.parametrize(
    "damaged",
    [
        None,
        "",
        "$",
        "no hash",
        "хеш",
        "\ud800",
        "$2b$04$",
        "$2b$04$" + "." * 21,
        "$2b$04$" + "Z" * 53,
        "$2b$04$" + "." * 53 + "\n",
        "$2b$99$" + "." * 53,
        "$2b$31$" + "." * 53,
        "$2y$04$" + "." * 60,
    ],
)
def test_nothing_matches_an_unknown_user_or_a_damaged_hash(
    hasher: PasswordHasher, damaged: str | None
) -> None:
    assert not hasher.matches("correct horse", damaged)


@settings(max_examples=60, deadline=None)
@given(password=st.text(max_size=128), other=st.text(max_size=128))
def test_only_the_same_text_matches(password: str, other: str) -> None:
    hasher = BcryptHasher(CHEAP)
    same = unicodedata.normalize("NFKC", password) == unicodedata.normalize("NFKC", other)
    assert hasher.matches(other, hasher.hash(password)) == same


@settings(max_examples=200, deadline=None)
@given(damaged=st.text() | st.from_regex(r"\$2b\$0[45]\$.{0,60}"))
def test_no_text_in_place_of_a_hash_matches_or_raises(damaged: str) -> None:
    assert not BcryptHasher(CHEAP).matches("correct horse", damaged)


@pytest.mark.parametrize(
    "password_hash", [None, "no hash", "$2b$04$" + "Z" * 53, "$2b$31$" + "." * 53]
)
def test_a_refusal_costs_one_comparison_of_the_usual_price(
    password_hash: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs: list[bytes] = []
    really = bcrypt.checkpw

    def watched(password: bytes, against: bytes) -> bool:
        answer = really(password, against)
        costs.append(against[:7])  # one that bcrypt refuses to look at costs nothing
        return answer

    hasher = BcryptHasher(5)
    monkeypatch.setattr(bcrypt, "checkpw", watched)
    hasher.matches("correct horse", password_hash)
    assert costs == [b"$2b$05$"]


def test_a_hash_of_another_cost_still_matches() -> None:
    assert BcryptHasher(5).matches("correct horse", BcryptHasher(4).hash("correct horse"))


HOSTILE: Final = "a" + "\u0301" * 64_000 + "\u0316" * 64_000
"""Takes seconds to normalise."""


@pytest.mark.parametrize(
    "password", ["x" * (LONGEST_PASSWORD + 1), HOSTILE], ids=["too long", "hostile"]
)
def test_a_password_that_nobody_has_is_not_looked_at(
    hasher: PasswordHasher, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = hasher.hash("correct horse")
    with monkeypatch.context() as patched:
        patched.setattr(unicodedata, "normalize", None)
        patched.setattr(pbkdf2, "_derived", None)
        for password_hash in (good, None):
            assert not hasher.matches(password, password_hash)
        with pytest.raises(ValueError, match="long"):
            hasher.hash(password)


def test_the_longest_password_matches(hasher: PasswordHasher) -> None:
    password = "п" * LONGEST_PASSWORD
    assert hasher.matches(password, hasher.hash(password))
