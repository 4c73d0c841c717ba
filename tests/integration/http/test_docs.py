"""Docs, health, and what comes with every answer."""

import logging

import pytest
from markupsafe import escape

from adapters.rest.app import RestSettings
from adapters.rest.http.problem_types import PROBLEM_TYPES
from adapters.texts.languages import CODES, Language
from adapters.texts.problems import PROBLEMS
from application import log_context as context
from tests.fakes.storage import InMemoryStorage
from tests.harness.over_http import DEVICE, OverHttp, User, kind

ORIGIN = "https://shop.example"


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/problems", "/problems/device-busy"])
def test_pages_need_no_token_and_name_nobody_else(shop: OverHttp, path: str) -> None:
    page = shop.nobody.get(path)
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "://" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", sorted({kind.name for kind in PROBLEM_TYPES.values()}))
@pytest.mark.parametrize("code", CODES)
def test_every_type_of_problem_has_a_page_in_every_language(
    shop: OverHttp, name: str, code: str
) -> None:
    page = shop.nobody.get(f"/problems/{name}", headers={"Accept-Language": f"{code}-XX"})
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert page.headers["Content-Language"] == code
    assert "Accept-Language" in page.headers["Vary"]
    assert f'<html lang="{code}">' in page.text
    for text in PROBLEMS[name]:
        assert escape(Language(code).phrase(text)) in page.text
    assert f"/problems/{name}" in page.text


@pytest.mark.parametrize(
    ("accepted", "query", "code"),
    [
        (None, "", "ru"),
        ("en", "", "en"),
        ("de, en;q=0.8, ru;q=0.9", "", "ru"),
        ("ru;q=0, en;q=0.1", "", "en"),
        ("de", "", "ru"),
        ("ru", "?lang=en", "en"),
        ("ru", "?lang=xx", "ru"),
    ],
)
def test_a_page_is_in_the_language_asked_for_or_else_in_the_services_own(
    accepted: str | None, query: str, code: str
) -> None:
    shop = OverHttp(RestSettings(language=Language("ru")))
    headers = {} if accepted is None else {"Accept-Language": accepted}
    page = shop.nobody.get(f"/problems/device-busy{query}", headers=headers)
    assert page.headers["Content-Language"] == code


def test_the_first_page_is_the_docs(shop: OverHttp) -> None:
    answer = shop.nobody.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/docs")


@pytest.mark.parametrize(
    "path",
    [
        "/docs/swagger-ui/swagger-ui.css",
        "/docs/swagger-ui/swagger-ui-bundle.js",
        "/docs/swagger-ui/favicon-32x32.png",
        "/docs/static/swagger_ui.js",
        "/docs/static/redoc/redoc.standalone.js",
    ],
)
def test_what_the_pages_need_is_served_from_here(shop: OverHttp, path: str) -> None:
    with shop.nobody.get(path) as file:
        assert file.status_code == 200
        assert len(file.data) > 100


@pytest.mark.parametrize("path", ["/docs/swagger-ui/../app.py", "/docs/static/../docs.py"])
def test_nothing_else_is_served(shop: OverHttp, path: str) -> None:
    assert kind(shop.nobody.get(path)) == (404, "unknown-path")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/docs",
        "/redoc",
        "/openapi.json",
        "/problems",
        "/problems/device-busy",
        "/docs/static/swagger_ui.js",
    ],
)
def test_docs_can_be_turned_off(path: str) -> None:
    without = OverHttp(RestSettings(docs=False))
    assert kind(without.nobody.get(path)) == (404, "unknown-path")


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_a_healthy_service_says_so_without_a_token(shop: OverHttp, path: str) -> None:
    answer = shop.nobody.get(path)
    assert (answer.status_code, answer.json["status"]) == (200, "ok")
    assert shop.nobody.ask("HEAD", path).status_code == 200


def test_a_service_without_its_database_is_alive(shop: OverHttp) -> None:
    assert isinstance(shop.storage, InMemoryStorage)
    shop.storage.ready = False
    assert shop.nobody.get("/health/live").status_code == 200
    assert shop.nobody.get("/health/ready").status_code == 503


def test_a_request_keeps_the_id_it_came_with(shop: OverHttp) -> None:
    answer = shop.nobody.get("/health/live", headers={"X-Request-ID": "till-7:42"})
    assert answer.headers["X-Request-ID"] == "till-7:42"


@pytest.mark.parametrize("sent", ["", "a b", "é", "x" * 129, "<script>"])
def test_an_odd_id_is_replaced(shop: OverHttp, sent: str) -> None:
    answers = [
        shop.nobody.get("/health/live", headers={"X-Request-ID": sent}).headers["X-Request-ID"]
        for _ in range(2)
    ]
    assert sent not in answers
    assert answers[0] != answers[1]


def test_the_log_can_tell_whose_request_it_was(
    shop: OverHttp, anna: User, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[tuple[str | None, int | None, int | None]] = []
    device = shop.plug_in()
    device.during = lambda stage: seen.append(
        (context.request_id.get(), context.user_id.get(), context.device_id.get())
    )
    device_id = anna.add_device()
    with caplog.at_level(logging.DEBUG):
        anna.get(f"/devices/{device_id}/products", headers={"X-Request-ID": "r-1"})
    assert seen == [("r-1", 1, device_id)]
    assert str(anna.token) not in caplog.text
    ended = (context.request_id.get(), context.user_id.get(), context.device_id.get())
    assert ended == (None, None, None)


def test_every_answer_is_to_be_taken_for_what_it_says(shop: OverHttp, anna: User) -> None:
    for answer in (anna.get("/devices"), shop.nobody.get("/"), shop.nobody.get("/docs")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.fixture
def open_shop() -> OverHttp:
    return OverHttp(RestSettings(cors_allow_origins=(ORIGIN, "http://localhost:3000")))


def test_browsers_may_ask_before_they_call(open_shop: OverHttp) -> None:
    answer = open_shop.nobody.ask(
        "OPTIONS",
        "/devices/1",
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "authorization, content-type, if-match",
        },
    )
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert {"authorization", "content-type", "if-match"} <= set(allowed.split(", "))


def test_browsers_see_errors_and_headers_too(open_shop: OverHttp) -> None:
    anna = open_shop.sign_in("anna@example.org")
    headers = {"Origin": ORIGIN}
    answers = [
        anna.post("/devices", json=DEVICE, headers=headers),
        anna.post("/devices", json={}, headers=headers),
        anna.get("/devices/9", headers=headers),
        anna.get("/devices/1/products", headers=headers),
        open_shop.nobody.get("/devices", headers=headers),
        open_shop.nobody.get("/nowhere", headers=headers),
        open_shop.nobody.delete("/devices", headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [201, 422, 404, 503, 401, 404, 405]
    for answer in answers:
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert set(exposed) == {
            "ETag",
            "Location",
            "Preference-Applied",
            "Retry-After",
            "X-Request-ID",
        }


def test_a_crash_is_seen_by_browsers_too() -> None:
    shop = OverHttp(RestSettings(cors_allow_origins=(ORIGIN,)), own_app=True)

    @shop.app.get("/crash")
    def crash() -> str:
        raise RuntimeError

    anna = shop.sign_in("anna@example.org")
    answer = anna.get("/crash", headers={"Origin": ORIGIN})
    assert kind(answer) == (500, "internal-error")
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize(
    ("listed", "origin", "may"),
    [
        ("http://[::1]:8080", "http://[::1]:8080", True),
        ("http://[::1]:8080", "http://1:8080", False),
        ("https://.*.example", "https://evil.example", False),
        ("https://(shop|evil).example", "https://evil.example", False),
        ("https://shop.example$", "https://shop.example", False),
        ("https://shop?.example", "https://sho.example", False),
        ("https://shop.example", "https://shopXexample", False),
        ("https://shop.example", "https://shop.example.evil.example", False),
        ("*", "https://other.example", True),
    ],
)
def test_origins_are_compared_literally(listed: str, origin: str, may: bool) -> None:
    shop = OverHttp(RestSettings(cors_allow_origins=(listed,)))
    answer = shop.nobody.get("/health/live", headers={"Origin": origin})
    assert (answer.headers.get("Access-Control-Allow-Origin") == origin) == may
    assert "Access-Control-Allow-Origin" not in answer.headers or may


@pytest.mark.parametrize("origin", ["https://other.example", "null", "http://localhost:30000"])
def test_other_pages_may_not_call(open_shop: OverHttp, origin: str) -> None:
    answer = open_shop.nobody.get("/health/live", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_without_origins_no_page_may_call(shop: OverHttp) -> None:
    answer = shop.nobody.get("/health/live", headers={"Origin": ORIGIN})
    assert "Access-Control-Allow-Origin" not in answer.headers
