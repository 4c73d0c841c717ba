"""Products that keep their dates, over HTTP."""

from typing import Any

import pytest

from adapters.rest.http.problem_types import WHOLE
from tests.harness.over_http import OverHttp, User, kind, problem
from tests.harness.products import bun, muffin

PATH = "/devices/1/renewal-exceptions"
FOR_ALL = "/renewal-exceptions"
CHEESE = {"code": 50, "keep": True, "note": "Сыр: dated by the dairy"}


@pytest.fixture(autouse=True)
def _device(shop: OverHttp, anna: User) -> None:
    shop.plug_in(muffin(), bun(category=3), bun(code=52, pluNumber=609))
    anna.add_device()


@pytest.mark.parametrize("path", [PATH, FOR_ALL])
def test_a_list_is_set_whole_and_shown(anna: User, path: str) -> None:
    assert (anna.get(path).status_code, anna.get(path).json) == (200, [])
    wanted = [CHEESE, {"plu": 608, "keep": True}, {"category": 3, "keep": True, "note": None}]
    listed = [CHEESE, {"plu": 608, "keep": True}, {"category": 3, "keep": True}]
    answer = anna.put(path, json=wanted)
    assert (answer.status_code, answer.json) == (200, listed)
    assert anna.get(path).json == listed
    assert anna.put(path, json=listed[:1]).json == listed[:1]
    assert anna.put(path, json=[]).json == anna.get(path).json == []


def test_the_two_lists_are_apart(anna: User) -> None:
    anna.put(PATH, json=[CHEESE])
    assert anna.get(FOR_ALL).json == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "The body must be a JSON list."),
        (None, "The body must be a JSON list."),
        ([7], "Number 1 of the list: Must be an object with named members."),
        (
            [CHEESE, {"keep": True}],
            "Number 2 of the list: Give exactly one of code, plu and category.",
        ),
        (
            [{**CHEESE, "plu": 7}],
            "Number 1 of the list: Give exactly one of code, plu and category.",
        ),
        ([{"code": 50}], "Number 1 of the list: keep: Is missing."),
        (
            [{"code": 50, "keep": False}],
            "Number 1 of the list: keep: Must be true: what is listed keeps its dates.",
        ),
        ([{"code": 0, "keep": True}], "Number 1 of the list: code: Must be at least 1."),
        ([{"code": 2**63, "keep": True}], "Must be an integer of at most 64 bits."),
        ([{"plu": True, "keep": True}], "Number 1 of the list: plu: Must be a whole number."),
        ([CHEESE, {"code": 50, "keep": True}], "list: Numbers 1 and 2 both name the code 50."),
        ([{**CHEESE, "note": "x" * 201}], "Number 1 of the list: note: Must have at most 200"),
        ([{**CHEESE, "note": "\0"}], "Must not contain the character NUL."),
        (["\0"], "Must not contain the character NUL."),
    ],
)
@pytest.mark.parametrize("path", [PATH, FOR_ALL])
def test_a_list_that_will_not_do_is_refused_readably(
    anna: User, path: str, body: Any, reason: str
) -> None:
    anna.put(path, json=[CHEESE])
    answer = anna.put(path, json=body)
    assert kind(answer) == (422, "invalid-request")
    assert reason in problem(answer)["detail"]
    assert len(problem(answer)["errors"]["json"]) == 1
    assert anna.get(path).json == [CHEESE]


def test_of_many_faults_the_first_member_is_named(anna: User) -> None:
    answer = anna.put(FOR_ALL, json=[CHEESE, {"code": "x", "keep": 1}, {}])
    assert set(problem(answer)["errors"]["json"]) == {WHOLE}
    assert all(
        each.startswith("Number 2 of the list: ")
        for each in problem(answer)["errors"]["json"][WHOLE]
    )


def test_a_list_too_long_is_refused(anna: User) -> None:
    every = [{"code": number + 1, "keep": True} for number in range(5001)]
    assert "at most 5000" in problem(anna.put(FOR_ALL, json=every))["detail"]
    assert anna.put(FOR_ALL, json=every[1:]).status_code == 200


def test_another_owner_sees_and_sets_only_their_own(
    shop: OverHttp, anna: User, boris: User
) -> None:
    anna.put(PATH, json=[CHEESE])
    anna.put(FOR_ALL, json=[CHEESE])
    assert kind(boris.get(PATH)) == (404, "unknown-device")
    assert kind(boris.put(PATH, json=[])) == (404, "unknown-device")
    assert boris.get(FOR_ALL).json == []
    boris.put(FOR_ALL, json=[{"plu": 608, "keep": True}])
    assert anna.get(FOR_ALL).json == anna.get(PATH).json == [CHEESE]
    shop.renew(1)
    cached = anna.get("/devices/1/products/cached").json["products"]["products"]
    assert [each["manufactureDate"] for each in cached] == ["23-07-25", "02-03-26", "02-03-26"]


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("path", [PATH, FOR_ALL])
def test_nobody_sees_any_without_a_token(shop: OverHttp, method: str, path: str) -> None:
    assert kind(shop.nobody.ask(method, path, json=[])) == (401, "not-signed-in")
