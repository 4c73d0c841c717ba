"""The service over HTTP, with everything behind it in memory, unless a test says otherwise."""

import re
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any, Final, cast

from flask import Flask, Response, request
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from adapters.database.storage import SqlStorage
from adapters.rest.app import RestSettings
from application.ports.password_hasher import PasswordHasher
from application.ports.storage import Storage
from domain.devices.device import DeviceId
from domain.devices.networks import DeviceNetworks
from domain.products.product import Product
from entrypoints.api.app import create_app
from entrypoints.bootstrap import UseCases
from tests.fakes.clock import FakeClock
from tests.fakes.scales import FakeDevice, FakeScales
from tests.fakes.storage import InMemoryStorage
from tests.harness.installation import HERE, PASSWORD, PRIVATE, Installation
from tests.harness.products import bun, muffin

DEVICE = {"name": "Bakery", "ip": "10.0.0.7", "password": "1234"}


class Answer(TestResponse):
    """What came back; of JSON, anything."""

    json: Any


class DocumentedClient(FlaskClient):
    """Asks, and insists that what comes back is documented."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer = super().open(*args, **kwargs)
        adapter = self.application.url_map.bind_to_environ(answer.request.environ)
        try:
            rule, _ = adapter.match(return_rule=True)
        except HTTPException:
            return answer
        responses = documented().get((answer.request.method, openapi_path(rule.rule)))
        if responses is not None:
            content = responses[str(answer.status_code)].get("content", {None: {}})
            assert answer.mimetype in content or not answer.data, answer.mimetype
        return answer


def openapi_path(rule: str) -> str:
    """A route as OpenAPI writes it."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


@cache
def documented() -> dict[tuple[str, str], dict[str, Any]]:
    """What each operation may answer, by method and path."""
    document: dict[str, Any] = FlaskClient(OverHttp().app, Response).get("/openapi.json").get_json()
    return {
        (method.upper(), path): operation["responses"]
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method != "parameters"
    }


@dataclass(frozen=True)
class User:
    """Somebody who asks, signed in or not."""

    client: FlaskClient
    token: str | None

    def ask(self, method: str, path: str, **request: Any) -> Answer:
        signed_in = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers = {**signed_in, **request.pop("headers", {})}
        return cast(Answer, self.client.open(path, method=method, headers=headers, **request))

    def get(self, path: str, **request: Any) -> Answer:
        return self.ask("GET", path, **request)

    def post(self, path: str, **request: Any) -> Answer:
        return self.ask("POST", path, **request)

    def put(self, path: str, **request: Any) -> Answer:
        return self.ask("PUT", path, **request)

    def patch(self, path: str, **request: Any) -> Answer:
        return self.ask("PATCH", path, **request)

    def delete(self, path: str, **request: Any) -> Answer:
        return self.ask("DELETE", path, **request)

    def add_device(self, **members: object) -> int:
        added = self.post("/devices", json={**DEVICE, **members})
        assert added.status_code == 201, added.text
        return int(added.json["id"])


class OverHttp(Installation[Storage, FakeScales, FakeClock]):
    """An app, and what stands behind it.

    Making an app takes longer than most tests: those with the same settings share one, whose use
    cases are those of the installation that asks. A test that adds routes wants its `own_app`.
    """

    def __init__(
        self,
        settings: RestSettings | None = None,
        networks: DeviceNetworks = PRIVATE,
        storage: SqlStorage | None = None,
        *,
        hasher: PasswordHasher | None = None,
        own_app: bool = False,
    ) -> None:
        clock = FakeClock()
        kept = storage or InMemoryStorage(clock)
        super().__init__(kept, FakeScales(clock), clock, hasher=hasher, networks=networks)
        settings = settings or RestSettings()
        self.app = create_app(self.cases, settings) if own_app else shared_app(settings)
        self.app.test_client_class = DocumentedClient
        client = self.app.test_client()
        cast(dict[str, Any], client.environ_base)[CASES] = self.cases
        self.nobody = User(client, token=None)

    def sign_in(self, email: str) -> User:
        """Register a user, and sign in."""
        self.nobody.post("/auth/register", json={"email": email, "password": PASSWORD})
        answer = self.nobody.post("/auth/login", data={"username": email, "password": PASSWORD})
        return User(self.nobody.client, answer.json["access_token"])

    def plug_in(self, *products: Product) -> FakeDevice:
        """Put a device with these products, or two others, where new devices are said to be."""
        return self.scales.plug_in(HERE, {"products": list(products) or [muffin(), bun()]})

    def renew(self, device_id: int) -> None:
        """Have the scheduler renew the dates on a device."""
        lease = self.take_lease(DeviceId(device_id))
        assert lease is not None
        self.cases.renewal.renew_dates.for_schedule(lease)


CASES: Final = "tests.cases"
"""Where a request to a shared app carries the use cases of its installation."""


class OfTheAsking:
    """The use cases under these names, of the installation whose request is being answered."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def __getattr__(self, name: str) -> "OfTheAsking":
        return OfTheAsking(*self._names, name)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return attrgetter(".".join(self._names))(request.environ[CASES])(*arguments, **named)


@cache
def shared_app(settings: RestSettings) -> Flask:
    """An app for all installations with these settings."""
    return create_app(cast(UseCases, OfTheAsking()), settings)


def problem(answer: TestResponse) -> dict[str, Any]:
    """The body of an error, after a look at what every error has in common."""
    assert answer.content_type == "application/problem+json"
    body: dict[str, Any] = answer.get_json(force=True)
    known = {"type", "title", "status", "detail", "instance"}
    if body["type"] != "about:blank":
        known.add("code")
        wanted = answer.request.headers.get("Accept-Language", "en")
        assert answer.headers["Content-Language"] == ("ru" if wanted.startswith("ru") else "en")
        assert "Accept-Language" in answer.vary
    more = {"errors"} if answer.status_code == 422 else set()
    if body["type"] == "/problems/products-at-fault":
        more = {"products"}
    assert set(body) - {"remedy", "links"} == known | more
    assert body.get("remedy") != ""
    assert all(link.startswith("/") for link in body.get("links", {"": "/"}).values())
    assert body["status"] == answer.status_code
    assert all(isinstance(body[each], str) and body[each] for each in known - {"status"})
    assert "\n" not in body["detail"]
    assert answer.headers["X-Request-ID"]
    return body


def kind(answer: TestResponse) -> tuple[int, str]:
    """Status and last part of the type."""
    return answer.status_code, problem(answer)["type"].removeprefix("/problems/")
