"""Clients that would rather not wait (RFC 7240) say so in the header Prefer."""

import pytest

from adapters.rest.app import RestSettings
from tests.fakes.scales import FakeDevice
from tests.harness.over_http import Answer, OverHttp, User, kind, problem
from tests.harness.work import all_taken, do_all

READ = ("GET", "/devices/1/products")
UPLOAD = ("POST", "/devices/1/upload")
ASYNC = {"Prefer": "respond-async"}


@pytest.fixture(autouse=True)
def device(shop: OverHttp, anna: User) -> FakeDevice:
    """One that was never read."""
    anna.add_device()
    return shop.plug_in()


def edited(user: User) -> None:
    user.get("/devices/1/products")
    user.patch("/devices/1/products/607", json={"fields": {"price": 79.5}})


def put_off(answer: Answer) -> bool:
    """Whether this tells where to look, and not what came of it."""
    if answer.status_code == 200:
        assert not {"Location", "Preference-Applied"} & set(answer.headers.keys())
        return False
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/runs/batches/{answer.json['id']}"
    assert answer.headers["Preference-Applied"] == "respond-async"
    return True


def test_a_read_is_done_later(shop: OverHttp, anna: User, device: FakeDevice) -> None:
    answer = anna.ask(*READ, headers=ASYNC)
    assert put_off(answer)
    assert (answer.json["kind"], answer.json["counts"]["waiting"]) == ("read", 1)
    assert device.counts["connections"] == 0
    do_all(shop.cases)
    [read] = anna.get(answer.headers["Location"]).json["devices"]
    assert (read["state"], read["products"]) == ("ok", 2)
    assert len(anna.get("/devices/1/products/cached").json["products"]["products"]) == 2


@pytest.mark.parametrize(
    ("query", "products", "shown"),
    [
        ("", 2, (None, None)),
        ("?scope=all", 2, (None, None)),
        ("?scope=edits", 1, (None, "edits")),
        ("?source=cache", 2, ("cache", None)),
    ],
)
def test_an_upload_is_done_later_as_it_was_asked_for(
    shop: OverHttp, anna: User, query: str, products: int, shown: tuple[str | None, ...]
) -> None:
    edited(anna)
    answer = anna.post(f"/devices/1/upload{query}", headers=ASYNC)
    assert put_off(answer)
    assert (answer.json["kind"], answer.json["source"], answer.json["scope"]) == ("upload", *shown)
    assert anna.get("/devices/1").json["cached_dirty"] is True
    do_all(shop.cases)
    [sent] = anna.get(answer.headers["Location"]).json["devices"]
    assert (sent["state"], sent["products"]) == ("ok", products)
    assert anna.get("/devices/1").json["cached_dirty"] is False


@pytest.mark.parametrize(
    "header",
    [
        "respond-async",
        "Respond-Async",
        "respond-async, wait=10",
        "wait=10,respond-async",
        " ,, respond-async ;foo;bar=1",
        'respond-async=""',
        'return=minimal; foo="some, parameter", respond-async',
        'handling=lenient; x="\\"", respond-async',
        "respond-async, respond-async=no",
    ],
)
def test_the_preference_is_seen_among_others(anna: User, header: str) -> None:
    assert put_off(anna.ask(*READ, headers={"Prefer": header}))


def test_the_preference_is_seen_on_a_line_of_its_own(anna: User) -> None:
    answer = anna.client.get(
        READ[1],
        headers=[
            ("Authorization", f"Bearer {anna.token}"),
            ("Prefer", "return=minimal"),
            ("Prefer", "respond-async"),
        ],
    )
    assert answer.status_code == 202


@pytest.mark.parametrize(
    "header",
    [
        "",
        "wait=10",
        "respond-asynchronously",
        "respond async",
        "respond-async=no",
        "respond-async=no, respond-async",
        "return=respond-async",
        "foo; respond-async",
        'foo="bar, respond-async"',
        'foo="bar; respond-async',
        '"respond-async"',
        'é;=,"\\',
        "," * 5000,
    ],
)
def test_other_preferences_are_ignored(anna: User, header: str) -> None:
    assert not put_off(anna.ask(*READ, headers={"Prefer": header}))


def test_without_it_the_answers_are_as_ever(anna: User) -> None:
    edited(anna)
    for method, path in (READ, UPLOAD):
        assert not put_off(anna.ask(method, path))


def test_caches_are_told_that_it_matters(anna: User) -> None:
    for headers in ({}, ASYNC):
        assert "Prefer" in anna.ask(*READ, headers=headers).vary


@pytest.mark.parametrize("preference", [{}, ASYNC])
def test_nobody_elses_device_is_put_off(
    shop: OverHttp, boris: User, preference: dict[str, str]
) -> None:
    for method, path in (READ, UPLOAD):
        for each in (path, path.replace("1", "999")):
            assert kind(boris.ask(method, each, headers=preference)) == (404, "unknown-device")
    assert do_all(shop.cases) == 0


def test_a_query_that_cannot_be_is_named_at_once(anna: User) -> None:
    answer = anna.post("/devices/1/upload?source=cache&scope=edits", headers=ASYNC)
    assert list(problem(answer)["errors"]["query"]) == ["scope"]


def test_what_stands_against_an_upload_when_its_turn_comes_is_told_by_the_batch(
    shop: OverHttp, anna: User
) -> None:
    never_read = anna.ask(*UPLOAD, headers=ASYNC)
    do_all(shop.cases)
    read, sent = anna.ask(*READ, headers=ASYNC), anna.ask(*UPLOAD, headers=ASYNC)
    while do_all(shop.cases):
        pass
    told = [
        anna.get(each.headers["Location"]).json["devices"][0] for each in (never_read, read, sent)
    ]
    assert [(each["state"], each["error_type"]) for each in told] == [
        ("failed", "NothingRead"),
        ("ok", None),
        ("ok", None),
    ]


def test_no_conversation_is_waited_for_also_where_too_many_are_under_way(
    shop: OverHttp, anna: User
) -> None:
    with all_taken(shop.cases.products.read.conversations.places):
        assert kind(anna.ask(*READ)) == (503, "too-many-conversations")
        assert put_off(anna.ask(*READ, headers=ASYNC))


def test_browsers_may_send_it_and_see_what_comes_back() -> None:
    origin = "https://shop.example"
    shop = OverHttp(RestSettings(cors_allow_origins=(origin,)))
    anna = shop.sign_in("anna@example.org")
    anna.add_device()
    asked = shop.nobody.ask(
        "OPTIONS",
        READ[1],
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization, prefer",
        },
    )
    assert "prefer" in asked.headers["Access-Control-Allow-Headers"].lower().split(", ")
    answer = anna.ask(*READ, headers={**ASYNC, "Origin": origin})
    assert put_off(answer)
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"Location", "Preference-Applied"} <= set(exposed)
