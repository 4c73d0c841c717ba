"""What any tokens must do; run against the fake and JWT."""

import base64
import contextlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.security import tokens as adapter
from adapters.security.tokens import JwtTokens
from application.ports.tokens import InvalidTokenError, Tokens
from domain.accounts.user import UserId
from tests.fakes.security import FakeTokens

SECRET = "s" * 64
DAY = timedelta(days=1)
MakeTokens = Callable[[timedelta], Tokens]


@pytest.fixture(params=["fake", "HS256", "HS384", "HS512"])
def make_tokens(request: pytest.FixtureRequest) -> MakeTokens:
    if request.param == "fake":
        return FakeTokens
    return lambda lifetime: JwtTokens(SECRET, request.param, lifetime)


def test_an_expired_token_is_refused_and_says_so(make_tokens: MakeTokens) -> None:
    tokens = make_tokens(-timedelta(seconds=1))
    with pytest.raises(InvalidTokenError, match="expired"):
        tokens.identify(tokens.issue(UserId(7)))


@pytest.mark.parametrize(
    "text",
    ["", " ", "a", "a.b.c", "..", "\0", "\ud800", "токен", "Bearer x", "a." * 5000, "[" * 3000],
)
def test_what_was_never_issued_is_refused_in_plain_words(
    make_tokens: MakeTokens, text: str
) -> None:
    with pytest.raises(InvalidTokenError, match="problem='invalid'"):
        make_tokens(DAY).identify(text)


def test_a_changed_token_is_refused(make_tokens: MakeTokens) -> None:
    tokens = make_tokens(DAY)
    token = tokens.issue(UserId(7))
    middle = len(token) // 2
    changed = token[:middle] + ("a" if token[middle] != "a" else "b") + token[middle + 1 :]
    with pytest.raises(InvalidTokenError):
        tokens.identify(changed)


@pytest.mark.parametrize("user_id", [1, 7, 2**53])
def test_tells_whose_token_it_is(make_tokens: MakeTokens, user_id: int) -> None:
    tokens = make_tokens(DAY)
    assert tokens.identify(tokens.issue(UserId(user_id))) == user_id


def signed(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    now = datetime.now(UTC)
    usual = {"sub": "7", "type": "access", "iat": now, "exp": now + DAY}
    return jwt.encode({**usual, **claims}, secret, algorithm)


@pytest.fixture
def tokens() -> JwtTokens:
    return JwtTokens(SECRET, "HS256", DAY)


def test_the_forgeries_below_start_from_a_good_token(tokens: JwtTokens) -> None:
    assert tokens.identify(signed()) == 7


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_refused_though_the_secret_is_ours(
    tokens: JwtTokens, algorithm: str
) -> None:
    with pytest.raises(InvalidTokenError):
        tokens.identify(signed(algorithm=algorithm))


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "RS256", "", None, 7, [], {}])
def test_an_unsigned_token_is_refused(tokens: JwtTokens, algorithm: Any) -> None:
    claims = {"sub": "7", "type": "access"}
    for signature in ("", "AAAA"):
        with pytest.raises(InvalidTokenError):
            tokens.identify(f"{part({'alg': algorithm})}.{part(claims)}.{signature}")


def test_another_secret_is_refused(tokens: JwtTokens) -> None:
    with pytest.raises(InvalidTokenError):
        tokens.identify(signed("t" * 64))


@pytest.mark.parametrize(
    "claims",
    [
        {"type": "refresh"},
        {"type": None},
        {"type": ["access"]},
        {"sub": ""},
        {"sub": "seven"},
        {"sub": "-7"},
        {"sub": " 7"},
        {"sub": "7\0"},
        {"sub": "٧"},
        {"sub": "9" * 19},
        {"sub": 7},
        {"sub": None},
        {"sub": ["7"]},
        {"exp": "tomorrow"},
        {"exp": [1]},
        {"exp": float("inf")},
        {"nbf": datetime.now(UTC) + DAY},
        {"iat": datetime.now(UTC) + DAY},
    ],
)
def test_a_token_of_ours_that_says_something_else_is_refused(
    tokens: JwtTokens, claims: dict[str, Any]
) -> None:
    with pytest.raises(InvalidTokenError, match="problem='invalid'"):
        tokens.identify(signed(**claims))


@pytest.mark.parametrize(
    "end", [None, True, "9999999999", "", [], {}], ids=lambda end: str(end)[:12]
)
def test_a_token_without_an_end_is_refused(tokens: JwtTokens, end: Any) -> None:
    claims = {"sub": "7", "type": "access", "exp": end}
    for each in (claims, {name: claims[name] for name in ("sub", "type")}):
        with pytest.raises(InvalidTokenError, match=r"problem='(invalid|expired)'"):
            tokens.identify(jwt.encode(each, SECRET, "HS256"))


def test_a_header_nested_without_end_is_refused(tokens: JwtTokens) -> None:
    deep = base64.urlsafe_b64encode(b"[" * 2900).decode().rstrip("=")
    with pytest.raises(InvalidTokenError):
        tokens.identify(f"{deep}.e30.AAAA")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
NAMES = st.sampled_from(["alg", "typ", "b64", "crit", "kid"])


@settings(max_examples=300, deadline=None)
@given(token=st.text() | st.builds("{}.{}.{}".format, st.text(), st.text(), st.text()))
def test_no_text_raises_anything_else(token: str) -> None:
    with pytest.raises(InvalidTokenError):
        JwtTokens(SECRET, "HS256", DAY).identify(token)


@settings(max_examples=100, deadline=None)
@given(header=st.dictionaries(NAMES, JSON | st.just("HS256")) | JSON, claims=JSON)
def test_no_header_raises_anything_else(header: Any, claims: Any) -> None:
    with pytest.raises(InvalidTokenError):
        JwtTokens(SECRET, "HS256", DAY).identify(f"{part(header)}.{part(claims)}.AAAA")


@settings(max_examples=100, deadline=None)
@given(
    claims=st.dictionaries(
        st.sampled_from(["sub", "type", "exp", "iat", "nbf", "iss", "aud", "jti"]), JSON
    )
)
def test_no_claims_of_ours_raise_anything_else(claims: dict[str, Any]) -> None:
    text = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}"
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        text.encode(), SECRET.encode()
    )
    token = f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
    with contextlib.suppress(InvalidTokenError):
        assert JwtTokens(SECRET, "HS256", DAY).identify(token) == int(claims["sub"])


def test_a_token_is_decoded_once(tokens: JwtTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[str] = []
    really = jwt.decode

    def watched(token: str, *rest: Any, **options: Any) -> Any:
        decoded.append(token)
        return really(token, *rest, **options)

    token = tokens.issue(UserId(7))
    monkeypatch.setattr(jwt, "decode", watched)
    tokens.identify(token)
    assert decoded == [token]


@pytest.mark.parametrize("algorithm", ["none", "RS256", "HS1", ""])
def test_only_three_algorithms_can_be_chosen(algorithm: str) -> None:
    assert algorithm not in adapter.ALGORITHMS
    with pytest.raises(ValueError, match="HS256"):
        JwtTokens(SECRET, algorithm, DAY)
