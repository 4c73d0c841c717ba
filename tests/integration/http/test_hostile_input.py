"""Input that breaks parsers and databases is refused by name, and never answered with a 500."""

import pytest

from adapters.database.storage import SqlStorage
from tests.harness.over_http import OverHttp, User, kind, problem

DEEP = 100_000
MALFORMED = [
    b"{",
    b"}",
    b"nul",
    b'{"fields": {"price": }}',
    b"{'fields': {}}",
    b'{"fields": {"price": 01}}',
    b'{"fields": {}} {}',
    b'{"fields": {"name": "\n"}}',
    b'{"fields": {"name": "\xff"}}',
    b'{"fields": {"name": "\xed\xa0\x80"}}',
    b"\xef\xbb\xbf{}",
    '{"fields": {}}'.encode("utf-16"),
    b"[" * DEEP,
    b'{"fields": {"x": ' + b"[" * DEEP + b"]" * DEEP + b"}}",
    b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    b"\x00",
]
NO_OBJECTS = [b"[]", b"null", b'"fields"', b"7", b"[" * 900 + b"]" * 900, b""]
FAULTY = [
    (b'{"fields": {"price": NaN}}', "price", "finite"),
    (b'{"fields": {"price": Infinity}}', "price", "finite"),
    (b'{"fields": {"price": -Infinity}}', "price", "finite"),
    (b'{"fields": {"price": 1e999}}', "price", "finite"),
    (b'{"fields": {"price": -1e999}}', "price", "finite"),
    (b'{"fields": {"price": 9223372036854775808}}', "price", "64 bits"),
    (b'{"fields": {"price": -9223372036854775809}}', "price", "64 bits"),
    (b'{"fields": {"price": ' + b"9" * 5000 + b"}}", "price", "64 bits"),
    (b'{"fields": {"name": "a\\u0000b"}}', "name", "NUL"),
    (b'{"fields": {"name": "\\ud800"}}', "name", "surrogates"),
    (b'{"fields": {"name": "\\udc00\\ud800"}}', "name", "surrogates"),
    (b'{"fields": {"a\\u0000b": 1}}', "ab", "NUL"),
    (b'{"fields": {"a\\ud800": 1}}', "a?", "surrogates"),
    (b'{"fields": {"list": [1, [2, [NaN]]]}}', "list", "finite"),
    (b'{"fields": {"object": {"deep": {"deeper": "\\u0000"}}}}', "object.deep", "NUL"),
    (b'{"fields": {"x": ' + b"[" * 40 + b"]" * 40 + b"}}", "x", "deep"),
    (b'{"fields": {"x": ' + b'{"a":' * 500 + b"1" + b"}" * 500 + b"}}", "x.a", "deep"),
    (b'{"fields": {"price": 1}, "unknown": NaN}', "unknown", "finite"),
    (b'{"fields": {"price": 1}, "\\u0000": 1}', "", "NUL"),
    (b'{"fields": "\\u0000"}', "fields", "NUL"),
]


@pytest.fixture(params=["in memory", "postgresql"])
def shop(request: pytest.FixtureRequest) -> OverHttp:
    """On the database that refuses most of all."""
    if request.param == "in memory":
        return OverHttp()
    return OverHttp(storage=SqlStorage(request.getfixturevalue("emptied_postgresql")))


@pytest.fixture(autouse=True)
def _product(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    anna.add_device()
    anna.get("/devices/1/products")


def short(body: bytes) -> str:
    return ascii(body[:40])


@pytest.mark.parametrize("body", MALFORMED, ids=short)
def test_what_is_no_json(anna: User, body: bytes) -> None:
    answer = anna.patch("/devices/1/products/607", data=body, content_type="application/json")
    assert kind(answer) == (400, "malformed-body")


@pytest.mark.parametrize("body", NO_OBJECTS, ids=short)
def test_json_that_is_no_object(anna: User, body: bytes) -> None:
    answer = anna.patch("/devices/1/products/607", data=body, content_type="application/json")
    assert kind(answer) == (422, "invalid-request")
    assert problem(answer)["detail"] == "The body must be a JSON object."


@pytest.mark.parametrize(("body", "field", "reason"), FAULTY, ids=lambda each: str(each)[:40])
def test_json_that_cannot_be_kept(anna: User, body: bytes, field: str, reason: str) -> None:
    before = anna.get("/devices/1/products/cached").data
    answer = anna.patch("/devices/1/products/607", data=body, content_type="application/json")
    assert kind(answer) == (422, "invalid-request")
    assert list(problem(answer)["errors"]["json"]) == [field]
    assert reason in problem(answer)["detail"]
    assert anna.get("/devices/1/products/cached").data == before


@pytest.mark.parametrize(
    "value", [2**63 - 1, -(2**63), 1.5e308, 5e-324, "\U0010ffff", "\u2028", "'; DROP TABLE", "﷽"]
)
def test_what_is_odd_but_can_be_kept_is_kept(anna: User, value: object) -> None:
    answer = anna.patch("/devices/1/products/607", json={"fields": {"note": value}})
    assert answer.status_code == 200
    shown = anna.get("/devices/1/products/cached").json["products"]["products"]
    assert shown[0]["note"] == value


@pytest.mark.parametrize("path", ["/auth/register", "/devices"])
@pytest.mark.parametrize("value", ['"a\\u0000"', '"\\udfff"', "NaN", "9" * 30])
def test_no_member_of_any_body_may_hold_such_values(anna: User, path: str, value: str) -> None:
    for field in ("email", "password", "name", "description", "unknown"):
        body = f'{{"{field}": {value}}}'
        answer = anna.post(path, data=body, content_type="application/json")
        assert list(problem(answer)["errors"]["json"]) == [field]


@pytest.mark.parametrize("form", [b"username=%00&password=x", b"username=a&password=%00", b"%00=1"])
def test_nul_in_a_form_is_named(shop: OverHttp, form: bytes) -> None:
    answer = shop.nobody.post(
        "/auth/login", data=form, content_type="application/x-www-form-urlencoded"
    )
    assert kind(answer) == (422, "invalid-request")
    assert "NUL" in problem(answer)["detail"]


@pytest.mark.parametrize("form", [b"username=%ff&password=%ff", b"username=%ED%A0%80&password=%"])
def test_broken_text_in_a_form_signs_nobody_in(shop: OverHttp, form: bytes) -> None:
    answer = shop.nobody.post(
        "/auth/login", data=form, content_type="application/x-www-form-urlencoded"
    )
    assert kind(answer) == (401, "sign-in-refused")


@pytest.mark.parametrize("query", ["source=%00", "source=%ff", "source=\xff", "source=%ED%A0%80"])
def test_odd_values_in_a_query_are_named(anna: User, query: str) -> None:
    answer = anna.post("/devices/1/upload", environ_overrides={"QUERY_STRING": query})
    assert list(problem(answer)["errors"]["query"]) == ["source"]


@pytest.mark.parametrize("query", ["source[]=cache", "%ff", "\xff=\xff", "&&=&", "%", "a" * 5000])
def test_odd_names_in_a_query_do_not_matter(anna: User, query: str) -> None:
    answer = anna.post("/devices/1/upload", environ_overrides={"QUERY_STRING": query})
    assert answer.status_code == 200


@pytest.mark.parametrize("tag", ["", '"', "W/", ",,,", '"a", b', "x" * 5000, "W/W/x", "é"])
def test_odd_tags(anna: User, tag: str) -> None:
    cached = anna.get("/devices/1/products/cached", headers={"If-None-Match": tag})
    assert cached.status_code == 200
    edit = {"fields": {"price": 1}}
    answer = anna.patch("/devices/1/products/607", json=edit, headers={"If-Match": tag})
    assert kind(answer) == (412, "products-changed")


@pytest.mark.parametrize("header", ["Bearer é", "Bearer " + "x" * 10_000, "Bearer a b", "é"])
def test_odd_tokens(shop: OverHttp, header: str) -> None:
    answer = shop.nobody.get("/devices", headers={"Authorization": header})
    assert kind(answer) == (401, "not-signed-in")
