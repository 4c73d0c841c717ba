"""What clients of the former service are used to."""

from typing import Any

import pytest

from adapters.json_text import dumps
from adapters.rest.app import RestSettings
from tests.harness.over_http import DEVICE, OverHttp, User, documented, kind

AUTO_UPDATE = "/devices/1/auto-update"


@pytest.mark.parametrize("content_type", [None, ""])
def test_json_of_no_type_is_json(anna: User, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = anna.post("/devices", data=dumps(dict(DEVICE)), headers=headers)
    assert answer.status_code == 201
    assert kind(anna.post("/devices", data=b"x", headers=headers)) == (400, "malformed-body")
    assert kind(anna.post("/devices", headers=headers)) == (422, "invalid-request")


@pytest.mark.parametrize(
    ("written", "port"), [("1112", 1112), (" 1112 ", 1112), ("+1", 1), ("007", 7), (1112.0, 1112)]
)
def test_a_number_may_stand_in_a_text(anna: User, written: object, port: int) -> None:
    anna.add_device(port=written)
    assert anna.get("/devices/1").json["port"] == port
    assert type(anna.get("/devices/1").json["port"]) is int


@pytest.mark.parametrize(
    ("written", "enabled"), [("true", True), ("True", True), ("FALSE", False), (" false ", False)]
)
def test_a_boolean_may_stand_in_a_text(anna: User, written: str, enabled: bool) -> None:
    anna.add_device()
    wanted: dict[str, Any] = {"enabled": written, "interval_minutes": "60"}
    answer = anna.put(AUTO_UPDATE, json=wanted)
    assert (answer.json["enabled"], answer.json["interval_minutes"]) == (enabled, 60)


def test_numbers_in_texts_name_devices_too(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    anna.add_device()
    anna.get("/devices/1/products")
    edit = {"device_ids": ["1"], "plu": "607", "fields": {"price": 3}}
    assert anna.post("/edits", json=edit).json["devices"][0]["result"] == "edited"
    assert anna.post("/runs", json={"kind": "read", "all": "true"}).status_code == 202


@pytest.mark.parametrize(
    ("method", "path", "leads_to"),
    [
        ("GET", "/devices/", "/devices"),
        ("POST", "/devices/", "/devices"),
        ("HEAD", "/devices/1/", "/devices/1"),
        ("PATCH", "/devices/1/products/607/", "/devices/1/products/607"),
        ("POST", "/auth/login/", "/auth/login"),
        ("GET", "/devices/?state=failing&x=%2F%2Fevil.example", None),
        ("GET", "/docs/", "/docs"),
        ("DELETE", "/devices/", "/devices"),
    ],
)
def test_a_slash_too_many_leads_to_the_path_without(
    shop: OverHttp, method: str, path: str, leads_to: str | None
) -> None:
    answer = shop.nobody.ask(method, path)
    assert answer.status_code == 307
    assert answer.headers["Location"] == (leads_to or path.replace("/?", "?"))
    assert answer.headers["X-Request-ID"]


def test_who_follows_arrives_with_method_and_body(anna: User) -> None:
    answer = anna.post("/devices/", json=DEVICE, follow_redirects=True)
    assert answer.status_code == 201


@pytest.mark.parametrize("path", ["/nowhere/", "/devices//", "//evil.example/", "/devices/x/"])
def test_a_path_that_is_none_leads_nowhere(shop: OverHttp, path: str) -> None:
    answer = shop.nobody.get("/", environ_overrides={"PATH_INFO": path})
    assert answer.status_code == 404
    assert "Location" not in answer.headers


def test_browsers_may_ask_before_they_call_with_a_slash_too_many() -> None:
    origin = "https://shop.example"
    shop = OverHttp(RestSettings(cors_allow_origins=(origin,)))
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answer = shop.nobody.ask("OPTIONS", "/devices/", headers=asked)
    assert answer.status_code == 200
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    led = shop.nobody.get("/devices/", headers={"Origin": origin})
    assert led.headers["Access-Control-Allow-Origin"] == origin


def test_head_never_talks_to_a_device(shop: OverHttp, anna: User) -> None:
    device = shop.plug_in()
    anna.add_device()
    anna.get("/devices/1/products")
    before = dict(device.counts)
    answered = {}
    for method, path in documented():
        if method == "GET":
            meant = path
            for name in ("device_id", "batch_id", "n", "plu"):
                meant = meant.replace(f"{{{name}}}", "1")
            answered[path] = anna.ask("HEAD", meant).status_code
    assert device.counts == before
    refused = {path for path, status in answered.items() if status == 405}
    assert {"/devices/{device_id}/products", "/devices/{device_id}/status"} == refused
    assert answered["/devices/{device_id}/products/cached"] == 200
    assert answered["/health/live"] == 200


def test_the_methods_of_a_live_read_are_told(anna: User) -> None:
    answer = anna.ask("HEAD", "/devices/1/products")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "OPTIONS"}
    assert "HEAD" not in anna.ask("OPTIONS", "/devices/1/products").headers["Allow"]
