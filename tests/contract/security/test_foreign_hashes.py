"""Password hashes that the service used before has left; the known ones are passlib's own."""

import hashlib
from typing import Any, Final

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.security import pbkdf2
from adapters.security.passwords import BcryptHasher
from application.ports.password_hasher import PasswordHasher
from tests.fakes.security import FakeHasher

CHEAP: Final = 4
KNOWN: Final = [
    ("password", "1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ"),
    ("password", "6400$0ZrzXitFSGltTQnBWOsdAw$Y11AchqV4b0sUisdZd0Xr97KWoymNE0LNNrnEgY4H9M"),
    ("password", "6400$.6UI/S.nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44"),
    ("password", "8000$XAuBMIYQQogxRg$tRRlz8hYn63B9LYiCd6PRo6FMiunY9ozmMMI3srxeRE"),
    ("Ιωαννης", "1212$3SABFJGDtyhrQMVt1uABPw$WyaUoqCLgvz97s523nF4iuOqZNbp5Nt8do/cuaa7AiI"),
]
PREFIX: Final = "$pbkdf2-sha256$"
CHECKSUM: Final = "$" + "." * 43


@pytest.mark.parametrize(("password", "known"), KNOWN)
def test_what_passlib_hashed_matches_its_password_alone(password: str, known: str) -> None:
    hasher = BcryptHasher(CHEAP)
    assert hasher.matches(password, PREFIX + known)
    assert not hasher.matches(password + " ", PREFIX + known)
    assert not hasher.matches(password, PREFIX + known[:-2] + "aa")


@pytest.mark.parametrize("kind", ["fake", "real"])
def test_a_foreign_hash_is_recognised_and_outdated_and_our_own_is_not(kind: str) -> None:
    hasher: PasswordHasher = FakeHasher() if kind == "fake" else BcryptHasher(CHEAP)
    foreign = FakeHasher().foreign("password") if kind == "fake" else PREFIX + KNOWN[0][1]
    ours = hasher.hash("password")
    assert (hasher.recognises(foreign), hasher.outdated(foreign)) == (True, True)
    assert (hasher.recognises(ours), hasher.outdated(ours)) == (True, False)
    assert not hasher.recognises("no hash")
    assert hasher.matches("password", foreign)


def test_a_hash_of_another_cost_is_outdated() -> None:
    assert BcryptHasher(5).outdated(BcryptHasher(4).hash("password"))


@pytest.mark.parametrize(
    "hostile",
    [
        "4294967295$abcd" + CHECKSUM,
        "2000001$abcd" + CHECKSUM,
        "0$abcd" + CHECKSUM,
        "-1$abcd" + CHECKSUM,
        "01000$abcd" + CHECKSUM,
        "١٠٠$abcd" + CHECKSUM,
        "1000$a" + CHECKSUM,  # one digit of base64 is no byte
        "1000$a+b=" + CHECKSUM,
        f"1000${'a' * 1367}{CHECKSUM}",
        "1000$abcd$" + "." * 42,
        "1000$abcd$" + "." * 44,
        "1000$abcd" + CHECKSUM + "\n",
        "1000$abcd",
        "",
    ],
)
def test_a_hash_that_nobody_wrote_matches_nothing_and_takes_no_longer(
    hostile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs = watched(monkeypatch)
    hasher = BcryptHasher(CHEAP)
    assert not hasher.matches("password", PREFIX + hostile)
    assert costs == [pbkdf2.USUAL_ROUNDS, b"$2b$04$"]
    assert not hasher.recognises(PREFIX + hostile)


@settings(max_examples=200, deadline=None)
@given(salt=st.binary(max_size=40), password=st.text(max_size=40), rounds=st.integers(1, 50))
def test_every_salt_and_password_can_be_read_back(salt: bytes, password: str, rounds: int) -> None:
    secret = password.encode("utf-8", "surrogatepass")
    checksum = hashlib.pbkdf2_hmac("sha256", secret, salt, rounds)
    written = f"{PREFIX}{rounds}${written_by_passlib(salt)}${written_by_passlib(checksum)}"
    parsed = pbkdf2.parse(written)
    assert parsed == (rounds, salt, checksum)
    assert parsed.matches(password)
    assert not parsed.matches(password + "x")


def written_by_passlib(raw: bytes) -> str:
    """Its base64, from the bits: six at a time, the last filled up with zeros."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./"
    bits = "".join(f"{byte:08b}" for byte in raw)
    bits += "0" * (-len(bits) % 6)
    return "".join(digits[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))


@pytest.mark.parametrize("right", [True, False])
def test_whose_hash_is_of_which_kind_cannot_be_told_by_the_time(
    right: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasher = BcryptHasher(CHEAP)
    password = "password" if right else "pass word"
    salt = b"0123456789abcdef"
    checksum = hashlib.pbkdf2_hmac("sha256", b"password", salt, pbkdf2.USUAL_ROUNDS)
    foreign = (
        f"{PREFIX}{pbkdf2.USUAL_ROUNDS}${written_by_passlib(salt)}${written_by_passlib(checksum)}"
    )
    ours = hasher.hash("password")
    costs = watched(monkeypatch)
    for password_hash in (None, ours, foreign, "no hash"):
        costs.clear()
        assert hasher.matches(password, password_hash) == (
            right and password_hash in (ours, foreign)
        )
        assert costs == [pbkdf2.USUAL_ROUNDS, b"$2b$04$"]


def watched(monkeypatch: pytest.MonkeyPatch) -> list[int | bytes]:
    """What was spent: rounds of PBKDF2, and bcrypt at its cost."""
    costs: list[int | bytes] = []
    derive, check = hashlib.pbkdf2_hmac, bcrypt.checkpw

    def derived(name: str, password: bytes, salt: bytes, rounds: int) -> Any:
        costs.append(rounds)
        return derive(name, password, salt, rounds)

    def checked(password: bytes, against: bytes) -> bool:
        costs.append(against[:7])
        return check(password, against)

    monkeypatch.setattr(hashlib, "pbkdf2_hmac", derived)
    monkeypatch.setattr(bcrypt, "checkpw", checked)
    return costs
