"""Products sent compressed to those who take them so, with the tags that go with it."""

import gzip
import json

import pytest

from adapters.rest.app import RestSettings
from tests.harness.over_http import Answer, OverHttp, User, kind
from tests.harness.products import bun, muffin

CACHED = "/devices/1/products/cached"
MUFFIN = "/devices/1/products/607"
BROWSER = "gzip, deflate, br, zstd"


@pytest.fixture(autouse=True)
def _device(anna: User) -> None:
    anna.add_device()


def cached(user: User, accepted: str | None = None, **headers: str) -> Answer:
    if accepted is not None:
        headers["Accept-Encoding"] = accepted
    return user.get(CACHED, headers=headers)


def tag(user: User, accepted: str | None = None) -> str:
    return cached(user, accepted).headers["ETag"]


@pytest.mark.parametrize(
    "accepted",
    [BROWSER, "gzip", "GZIP", "br, gzip;q=0.1", "*", "identity;q=0.5, *;q=0.7", "gzip;q=1.0"],
)
def test_who_takes_gzip_gets_it(shop: OverHttp, anna: User, accepted: str) -> None:
    shop.plug_in()
    plain = anna.get("/devices/1/products").json["products"]
    answer = cached(anna, accepted)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Length"] == str(len(answer.data))
    assert json.loads(gzip.decompress(answer.data)) == {"products": plain}


@pytest.mark.parametrize(
    "accepted",
    [None, "", "identity", "br", "gzip;q=0", "gzip;q=0, *", "*;q=0", "identity, gzip;q=0.5"],
)
def test_who_does_not_gets_the_text(shop: OverHttp, anna: User, accepted: str | None) -> None:
    shop.plug_in()
    anna.get("/devices/1/products")
    answer = cached(anna, accepted)
    assert "Content-Encoding" not in answer.headers
    assert answer.json == {"products": {"products": [muffin(), bun()]}}


@pytest.mark.parametrize("accepted", [None, BROWSER])
def test_caches_are_told_that_answers_differ(anna: User, accepted: str | None) -> None:
    answer = cached(anna, accepted)
    assert answer.headers["Vary"] == "Accept-Encoding"
    again = cached(anna, accepted, **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.headers["Vary"]) == (304, "Accept-Encoding")
    assert "Content-Encoding" not in again.headers


def test_caches_are_told_of_origins_too() -> None:
    origins = ("https://one.example", "https://two.example")
    shop = OverHttp(RestSettings(cors_allow_origins=origins))
    anna = shop.sign_in("anna@example.org")
    anna.add_device()
    answer = cached(anna, BROWSER, Origin=origins[0])
    assert set(answer.headers.getlist("Vary")) == {"Accept-Encoding", "Origin"}


def test_a_file_that_nobody_read_yet_is_compressed_too(anna: User) -> None:
    answer = cached(anna, BROWSER)
    assert json.loads(gzip.decompress(answer.data)) == {"products": {"products": []}}
    assert tag(anna, BROWSER) != tag(anna)


def test_either_form_has_a_tag_of_its_own(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    read = anna.get("/devices/1/products").headers["ETag"]
    assert tag(anna) == read
    assert tag(anna, BROWSER) == tag(anna, "gzip") == f'{read[:-1]}-gzip"'


@pytest.mark.parametrize("accepted", [None, BROWSER])
@pytest.mark.parametrize("had", [None, BROWSER])
def test_what_the_client_has_in_either_form_is_not_sent_again(
    shop: OverHttp, anna: User, had: str | None, accepted: str | None
) -> None:
    shop.plug_in()
    anna.get("/devices/1/products")
    known = tag(anna, had)
    for named in (known, f"W/{known}", f'"other", {known}', "*"):
        again = cached(anna, accepted, **{"If-None-Match": named})
        assert (again.status_code, again.data) == (304, b"")
        # What a 200 to the same request would have had: RFC 9110, section 15.4.5.
        assert again.headers["ETag"] == tag(anna, accepted)
    anna.patch(MUFFIN, json={"fields": {"price": 1}})
    assert cached(anna, accepted, **{"If-None-Match": known}).status_code == 200


@pytest.mark.parametrize("had", [None, BROWSER])
def test_an_edit_may_depend_on_either_form(shop: OverHttp, anna: User, had: str | None) -> None:
    shop.plug_in()
    anna.get("/devices/1/products")
    before = tag(anna, had)
    edited = anna.patch(MUFFIN, json={"fields": {"price": 1}}, headers={"If-Match": before})
    assert edited.status_code == 200
    for stale in (before, f"W/{tag(anna, had)}"):
        late = anna.patch(MUFFIN, json={"fields": {"price": 2}}, headers={"If-Match": stale})
        assert kind(late) == (412, "products-changed")


def test_edits_and_live_reads_are_answered_as_text(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    takes = {"Accept-Encoding": BROWSER}
    read = anna.get("/devices/1/products", headers=takes)
    edited = anna.patch(MUFFIN, json={"fields": {"price": 1}}, headers=takes)
    for answer in (read, edited):
        assert "Content-Encoding" not in answer.headers
        assert answer.json["warnings"] == []
