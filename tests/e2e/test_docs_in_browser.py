"""The docs in a real browser that reaches nothing but the service itself."""

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, Route, expect, sync_playwright
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from tests.harness.installation import PASSWORD
from tests.harness.over_http import OverHttp

pytestmark = pytest.mark.browser

COMMANDS = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Browser:
    """A page, and every request it made to somebody else."""

    page: Page
    service: str
    outside: list[str] = field(default_factory=list)

    def only_the_service(self, route: Route) -> None:
        if route.request.url.startswith((self.service, "data:", "blob:")):
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()


@pytest.fixture
def shop() -> OverHttp:
    shop = OverHttp(own_app=True)
    shop.sign_in("anna@example.org").add_device(name="Bakery counter")
    return shop


@pytest.fixture
def service(shop: OverHttp) -> Iterator[str]:
    """The service, as it is and under a prefix; its address."""
    app = DispatcherMiddleware(shop.app, {"/scales": shop.app})
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def browser(service: str) -> Iterator[Browser]:
    named = os.environ.get("CHROMIUM")
    found = named or next(filter(None, map(shutil.which, COMMANDS)), None)
    if found is None:
        pytest.fail("No Chromium was found: install one, or name it in CHROMIUM.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        browser = Browser(chromium.new_page(), service)
        browser.page.route("**/*", browser.only_the_service)
        yield browser
        chromium.close()


@pytest.mark.parametrize("prefix", ["", "/scales"])
def test_swagger_ui_signs_in_and_calls_a_protected_route(browser: Browser, prefix: str) -> None:
    page = browser.page
    page.goto(f"{browser.service}{prefix}/docs")
    listing = page.locator("#operations-devices-listDevices")
    listing.locator(".opblock-summary-control").click()
    listing.locator(".try-out__btn").click()
    listing.locator(".execute").click()
    answer = listing.locator(".live-responses-table .response").first
    expect(answer).to_contain_text("401")

    page.locator(".auth-wrapper .authorize").click()
    page.locator("#oauth_username").fill("anna@example.org")
    page.locator("#oauth_password").fill(PASSWORD)
    page.locator(".auth-btn-wrapper .authorize").click()
    page.locator(".auth-btn-wrapper .btn-done").click()
    listing.locator(".execute").click()
    expect(answer).to_contain_text("200")
    expect(answer).to_contain_text("Bakery counter")
    assert browser.outside == []


@pytest.mark.parametrize("prefix", ["", "/scales"])
def test_redoc_shows_every_operation(browser: Browser, shop: OverHttp, prefix: str) -> None:
    browser.page.goto(f"{browser.service}{prefix}/redoc")
    document = shop.nobody.get("/openapi.json").json
    for operations in document["paths"].values():
        for method, operation in operations.items():
            if method != "parameters":
                heading = browser.page.locator("h2", has_text=operation["summary"])
                expect(heading.first).to_be_visible()
    assert browser.outside == []
