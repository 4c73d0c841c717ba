"""Registering and signing in over HTTP."""

from datetime import timedelta
from unittest.mock import ANY

import pytest

from tests.harness.installation import PASSWORD
from tests.harness.over_http import OverHttp, User, kind, problem

ANNA = {"email": "anna@example.org", "password": PASSWORD}


def test_registering_answers_the_user_without_the_password(shop: OverHttp) -> None:
    answer = shop.nobody.post("/auth/register", json=ANNA)
    assert (answer.status_code, answer.json) == (201, {"id": 1, "email": "anna@example.org"})


def test_an_address_is_taken_whatever_its_case(shop: OverHttp, anna: User) -> None:
    again = shop.nobody.post("/auth/register", json={**ANNA, "email": "ANNA@example.org"})
    assert kind(again) == (409, "email-taken")


@pytest.mark.parametrize("length", [8, 128])
def test_passwords_may_have_8_to_128_characters_of_any_script(shop: OverHttp, length: int) -> None:
    password = "п" * length
    user = {"email": "anna@example.org", "password": password}
    assert shop.nobody.post("/auth/register", json=user).status_code == 201
    form = {"username": "anna@example.org", "password": password}
    assert shop.nobody.post("/auth/login", data=form).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"password": "1234567"}, "password"),
        ({"password": "1" * 129}, "password"),
        ({"password": 12345678}, "password"),
        ({"password": None}, "password"),
        ({"email": "anna"}, "email"),
        ({"email": "anna@example.org\n"}, "email"),
        ({"email": "a@" + "b" * 250 + ".org"}, "email"),
        ({"email": "an na@example.org"}, "email"),
        ({"email": '"an na"@example.org'}, "email"),
        ({"email": "anna\u2028@example.org"}, "email"),
        ({"email": "an\u200bna@example.org"}, "email"),
        ({"email": "anna@exa\u00admple.org"}, "email"),
        ({"email": "an\u202ena@example.org"}, "email"),
        ({"email": "anna\x1b@example.org"}, "email"),
        ({"email": "an..na@example.org"}, "email"),
        ({"email": "Anna <anna@example.org>"}, "email"),
        ({"email": ["anna@example.org"]}, "email"),
    ],
)
def test_a_registration_that_does_not_fit_names_the_field(
    shop: OverHttp, wrong: dict[str, object], field: str
) -> None:
    answer = shop.nobody.post("/auth/register", json={**ANNA, **wrong})
    assert kind(answer) == (422, "invalid-request")
    body = problem(answer)
    assert list(body["errors"]["json"]) == [field]
    assert body["detail"] == f"{field}: {body['errors']['json'][field][0]}"


@pytest.mark.parametrize(
    "email",
    [
        "demo@example.com",
        "anna@shop.local",
        "anna@localhost",
        "anna@scales.test",
        "anna@office.invalid",
        "анна@пример.рф",
        "anna@xn--e1afmkfd.xn--p1ai",
        "o'brien+labels@example.org",
        "anna@[192.168.0.1]",
        "a" * 64 + "@example.org",
    ],
)
def test_addresses_of_any_network_and_script_may_be_registered(shop: OverHttp, email: str) -> None:
    answer = shop.nobody.post("/auth/register", json={"email": email, "password": PASSWORD})
    assert (answer.status_code, answer.json["email"]) == (201, email)
    form = {"username": email.upper(), "password": PASSWORD}
    assert shop.nobody.post("/auth/login", data=form).status_code == 200


def test_an_address_that_could_not_be_registered_today_still_signs_in(shop: OverHttp) -> None:
    shop.cases.accounts.register('"an na"@b_c', PASSWORD)
    form = {"username": '"An Na"@b_c', "password": PASSWORD}
    assert shop.nobody.post("/auth/login", data=form).status_code == 200


def test_signing_in_answers_a_token_that_nobody_may_keep(shop: OverHttp, anna: User) -> None:
    answer = shop.nobody.post("/auth/login", data={"username": "Anna@Example.org", **ANNA})
    assert answer.status_code == 200
    assert answer.json == {"access_token": ANY, "token_type": "bearer"}
    assert answer.headers["Cache-Control"] == "no-store"
    token = answer.json["access_token"]
    assert User(shop.nobody.client, token).get("/devices").status_code == 200


def test_what_swagger_ui_adds_to_the_form_is_ignored(shop: OverHttp, anna: User) -> None:
    answer = shop.nobody.post(
        "/auth/login",
        data={
            "username": "anna@example.org",
            "password": PASSWORD,
            "grant_type": "password",
            "client_id": "",
            "scope": "",
        },
        headers={"Authorization": "Basic Og=="},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("username", "password"),
    [("anna@example.org", "wrong horse"), ("nobody@example.org", PASSWORD), ("", "")],
)
def test_a_refused_sign_in_does_not_tell_what_was_wrong(
    shop: OverHttp, anna: User, username: str, password: str
) -> None:
    answer = shop.nobody.post("/auth/login", data={"username": username, "password": password})
    assert kind(answer) == (401, "sign-in-refused")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert problem(answer)["detail"] == "The email address or the password is wrong."


@pytest.mark.parametrize("form", [{}, {"username": "anna@example.org"}, {"password": PASSWORD}])
def test_a_sign_in_without_name_or_password_names_what_is_missing(
    shop: OverHttp, form: dict[str, str]
) -> None:
    answer = shop.nobody.post("/auth/login", data=form)
    assert answer.status_code == 422
    missing = {"username", "password"} - form.keys()
    assert problem(answer)["errors"]["form"].keys() == missing


def test_a_sign_in_in_another_form_than_a_form_is_not_understood(
    shop: OverHttp, anna: User
) -> None:
    answer = shop.nobody.post("/auth/login", json={"username": ANNA["email"], **ANNA})
    assert kind(answer) == (415, "unsupported-media-type")
    assert "application/x-www-form-urlencoded" in problem(answer)["detail"]


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer forged", "Basic Og==", "bearer:x", "Token {token}"],
)
def test_nothing_but_a_valid_bearer_token_signs_in(shop: OverHttp, anna: User, header: str) -> None:
    headers = {"Authorization": header.format(token=anna.token)} if header else {}
    answer = shop.nobody.get("/devices", headers=headers)
    assert kind(answer) == (401, "not-signed-in")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_scheme_counts_in_any_case(shop: OverHttp, anna: User, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {anna.token}"}
    assert shop.nobody.get("/devices", headers=headers).status_code == 200


def test_a_token_ends(shop: OverHttp, anna: User) -> None:
    shop.clock.advance(timedelta(days=2))
    answer = anna.get("/devices")
    assert kind(answer) == (401, "not-signed-in")
    assert "expired" in problem(answer)["detail"]


def test_the_token_of_a_deleted_user_is_worth_nothing(shop: OverHttp, anna: User) -> None:
    shop.cases.accounts.delete("anna@example.org")
    assert kind(anna.get("/devices")) == (401, "not-signed-in")
