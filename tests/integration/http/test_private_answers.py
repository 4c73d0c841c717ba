"""Nobody on the way may keep an answer that is one user's."""

import pytest

from tests.harness.installation import PASSWORD
from tests.harness.over_http import OverHttp, User

LONG = "ж" * 70_000


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/devices", 200),
        ("POST", "/devices", 422),
        ("GET", "/devices/1", 200),
        ("GET", "/devices/2", 404),
        ("GET", "/devices/1/status", 200),
        ("GET", "/devices/1/auto-update", 200),
        ("GET", "/devices/1/products/edits", 200),
        ("GET", "/devices/1/files", 200),
        ("GET", "/runs", 200),
        ("GET", "/fleet", 200),
        ("GET", "/no/such/path", 404),
        ("DELETE", "/devices", 405),
        ("GET", "/health/live", 200),
    ],
)
def test_nothing_is_kept(shop: OverHttp, anna: User, method: str, path: str, status: int) -> None:
    shop.plug_in()
    anna.add_device()
    answer = anna.ask(method, path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (status, "no-store")


def test_nothing_of_registering_and_signing_in_is_kept(shop: OverHttp) -> None:
    user = {"email": "anna@example.org", "password": PASSWORD}
    form = {"username": "anna@example.org", "password": PASSWORD}
    for answer, status in (
        (shop.nobody.post("/auth/register", json=user), 201),
        (shop.nobody.post("/auth/login", data=form), 200),
        (shop.nobody.post("/auth/login", data={**form, "password": "x"}), 401),
        (shop.nobody.get("/devices"), 401),
    ):
        assert (answer.status_code, answer.headers["Cache-Control"]) == (status, "no-store")


@pytest.mark.parametrize("path", ["/devices/1/products", "/devices/1/products/cached"])
def test_products_are_asked_for_again_by_their_tag(shop: OverHttp, anna: User, path: str) -> None:
    shop.plug_in()
    anna.add_device()
    anna.get("/devices/1/products")
    answer = anna.get(path)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    known = anna.get("/devices/1/products/cached", headers={"If-None-Match": "*"})
    assert (known.status_code, known.headers["Cache-Control"]) == (304, "private, no-cache")


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/docs/swagger-ui/swagger-ui.css"])
def test_the_docs_are_everybodys(shop: OverHttp, path: str) -> None:
    answer = shop.nobody.get(path)
    assert answer.headers.get("Cache-Control") != "no-store"
    answer.close()


def test_what_a_device_says_of_itself_is_cut(shop: OverHttp, anna: User) -> None:
    shop.plug_in().information = {"scaleModel": LONG, "serialNumber": LONG, "sdkVersion": LONG}
    anna.add_device()
    status = anna.get("/devices/1/status").json
    for text in (status["model"], status["serial_number"], status["versions"]["sdk"]):
        assert len(text) == 500


def test_names_in_answers_about_products_are_cut(shop: OverHttp, anna: User) -> None:
    shop.plug_in({"code": 7, "pluNumber": 7, "name": LONG, "price": 1.0})
    anna.add_device()
    anna.get("/devices/1/products")
    anna.patch("/devices/1/products/7", json={"fields": {"name": "Bun"}})
    [edit] = anna.get("/devices/1/products/edits").json["edits"]
    assert (len(edit["from"]), edit["to"]) == (500, "Bun")
