"""What is too long is refused before anybody normalises, matches or looks for it."""

import re
import unicodedata
from typing import Any

import pytest
from flask.testing import FlaskClient

from adapters.rest.http.parsing import LONGEST_QUERY
from adapters.rest.http.requests import LONGEST_HEADER
from domain.accounts.rules import LONGEST_EMAIL, LONGEST_PASSWORD
from domain.devices import rules
from tests.harness.installation import PASSWORD
from tests.harness.over_http import Answer, OverHttp, User, kind, problem

HOSTILE = "a" + "\u0301" * 64_000 + "\u0316" * 64_000
"""Takes seconds to normalise."""


@pytest.fixture
def longest_normalised(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How long the texts were that somebody normalised."""
    lengths: list[int] = []
    really = unicodedata.normalize

    def watched(form: str, text: str) -> str:
        lengths.append(len(text))
        return really(form, text)  # type: ignore[arg-type]  # one of the four

    monkeypatch.setattr(unicodedata, "normalize", watched)
    return lengths


@pytest.mark.parametrize("field", ["username", "password"])
@pytest.mark.parametrize("text", [HOSTILE, "x" * 1025], ids=["hostile", "too long"])
def test_a_hostile_sign_in_is_refused_unread(
    shop: OverHttp, anna: User, longest_normalised: list[int], field: str, text: str
) -> None:
    form = {"username": "anna@example.org", "password": PASSWORD, field: text}
    answer = shop.nobody.post("/auth/login", data=form)
    assert kind(answer) == (422, "invalid-request")
    assert list(problem(answer)["errors"]["form"]) == [field]
    assert max(longest_normalised, default=0) <= 128


@pytest.mark.parametrize("field", ["email", "password"])
def test_a_hostile_registration_is_refused_unread(
    shop: OverHttp, longest_normalised: list[int], field: str
) -> None:
    user = {"email": "anna@example.org", "password": PASSWORD, field: HOSTILE}
    answer = shop.nobody.post("/auth/register", json=user)
    assert list(problem(answer)["errors"]["json"]) == [field]
    assert max(longest_normalised, default=0) <= 254


def test_the_longest_that_is_looked_at_is_a_sign_in_like_another(
    shop: OverHttp, anna: User
) -> None:
    for form in (
        {"username": "anna@example.org", "password": "x" * LONGEST_PASSWORD},
        {"username": "x" * LONGEST_EMAIL, "password": PASSWORD},
    ):
        assert kind(shop.nobody.post("/auth/login", data=form)) == (401, "sign-in-refused")


@pytest.mark.parametrize("field", ["name", "description", "ip", "time_zone"])
def test_no_member_of_a_device_is_matched_at_full_length(
    shop: OverHttp, anna: User, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    looked_at: list[int] = []
    really = re.fullmatch

    def watched(pattern: str, text: str, flags: int = 0) -> re.Match[str] | None:
        looked_at.append(len(text))
        return really(pattern, text, flags)

    def no_address(text: str) -> bool:
        looked_at.append(len(text))
        return False

    monkeypatch.setattr(re, "fullmatch", watched)
    monkeypatch.setattr(rules, "_is_address", no_address)
    device = {"name": "Bakery", "ip": "scales.shop", "password": "1234", "time_zone": ""}
    answer = anna.post("/devices", json={**device, field: "1." * 100_000})
    assert list(problem(answer)["errors"]["json"]) == [field]
    assert max(looked_at) <= 64


def plain(shop: OverHttp, path: str, **request: Any) -> Answer:
    """Without the document: errors of HTTP itself are not in it."""
    return FlaskClient(shop.app, Answer).get(path, **request)  # type: ignore[return-value]


@pytest.mark.parametrize("name", ["If-None-Match", "Accept-Encoding", "Prefer", "X-Unknown"])
def test_a_header_of_unusual_length_is_refused_before_anybody_reads_it(
    name: str,
) -> None:
    shop = OverHttp(own_app=True)
    signed_in = {"Authorization": f"Bearer {shop.sign_in('anna@example.org').token}"}
    answer = plain(shop, "/devices", headers={**signed_in, name: ";" * (LONGEST_HEADER + 1)})
    assert answer.status_code == 431
    assert name in problem(answer)["detail"]
    assert plain(shop, "/devices", headers={**signed_in, name: "x" * LONGEST_HEADER}).status == (
        "200 OK"
    )


def test_a_query_of_unusual_length_is_refused_before_anybody_reads_it(anna: User) -> None:
    answer = anna.get("/runs?limit=1&x=" + "a" * LONGEST_QUERY)
    assert kind(answer) == (422, "invalid-request")
    assert "8192 bytes" in problem(answer)["detail"]


def test_an_instant_of_unusual_length_is_none(anna: User) -> None:
    answer = anna.get("/runs?since=" + "2" * 5000)
    assert list(problem(answer)["errors"]["query"]) == ["since"]
