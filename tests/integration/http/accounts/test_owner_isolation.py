"""Another owner's device answers exactly as one that does not exist, on every route there is."""

from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from domain.devices.state import DeviceState
from domain.products.label_checks.checks import Check
from tests.harness.over_http import OverHttp, User, kind
from tests.harness.products import bun, muffin

OPEN = {"auth", "health", "docs"}
"""Blueprints that want no token."""
BODIES = {
    "/devices/<number:device_id>/products/<number:plu>": {"fields": {"price": 1}},
    "/devices/<number:device_id>/auto-update": {"enabled": True, "interval_minutes": 1},
    "/devices/<number:device_id>/renewal-exceptions": [{"code": 50, "keep": True}],
    "/renewal-exceptions": [{"code": 50, "keep": True}],
}


def routes(shop: OverHttp) -> Iterator[tuple[str, str]]:
    for rule in shop.app.url_map.iter_rules():
        if rule.endpoint.split(".")[0] not in OPEN:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, rule.rule


def ask(user: User, method: str, rule: str, device_id: int) -> TestResponse:
    values = {"device_id": device_id, "plu": 607, "edit_id": 1, "n": 1, "batch_id": 1}
    path = rule
    for name, value in values.items():
        path = path.replace(f"<number:{name}>", str(value))
    assert "<" not in path, f"say what to put into {rule}"
    body = BODIES.get(rule, {"name": "Stolen"}) if method in ("PUT", "PATCH") else None
    return user.ask(method, path, json=body)


def seen(user: User, device_id: int) -> list[bytes]:
    paths = (
        "",
        "/products/cached",
        "/products/edits",
        "/auto-update",
        "/renewal-exceptions",
        "/files",
        "/runs",
    )
    return [user.get(f"/devices/{device_id}{path}").data for path in paths]


def test_every_route_but_the_open_ones_wants_a_token(shop: OverHttp) -> None:
    nobody = User(shop.nobody.client, "forged")
    asked = [ask(nobody, method, rule, 1) for method, rule in routes(shop)]
    assert [kind(answer) for answer in asked] == [(401, "not-signed-in")] * len(asked)
    assert len(asked) >= 21


def test_another_owners_device_cannot_be_told_from_none(
    shop: OverHttp, anna: User, boris: User
) -> None:
    device = shop.plug_in()
    theirs = anna.add_device()
    anna.get(f"/devices/{theirs}/products")
    device.document = {"products": [muffin(price=5), bun()]}
    anna.get(f"/devices/{theirs}/products")
    anna.patch(f"/devices/{theirs}/products/607", json={"fields": {"price": 1}})
    before = seen(anna, theirs)
    asked = 0
    for method, rule in routes(shop):
        if "device_id" in rule:
            answer, missing = (ask(boris, method, rule, device_id) for device_id in (theirs, 999))
            assert kind(answer) == (404, "unknown-device"), (method, rule)
            assert answer.text.replace(str(theirs), "999") == missing.text.replace(
                str(theirs), "999"
            )
            asked += 1
    assert asked >= 18
    assert seen(anna, theirs) == before
    assert device.counts["connections"] == 2


def test_lists_hold_only_what_is_ones_own(shop: OverHttp, anna: User, boris: User) -> None:
    shop.plug_in()
    anna.get(f"/devices/{anna.add_device()}/products")
    lists = [rule for method, rule in routes(shop) if method == "GET" and "<" not in rule]
    anna.put("/renewal-exceptions", json=BODIES["/renewal-exceptions"])
    nothing = {
        "/devices": [],
        "/renewal-exceptions": [],
        "/runs": {"runs": [], "next": None},
        "/fleet": {
            "devices": 0,
            "auto_update": 0,
            "due": 0,
            "states": {state.value: 0 for state in DeviceState},
            "label_checks": {check.value: 0 for check in Check},
            "oldest_late": None,
            "next_due": None,
            "running": [],
        },
    }
    assert sorted(lists) == sorted(nothing)
    for rule in lists:
        assert anna.get(rule).json != nothing[rule]
        assert boris.get(rule).json == nothing[rule]


def test_another_owners_batch_cannot_be_told_from_none(
    shop: OverHttp, anna: User, boris: User
) -> None:
    anna.add_device()
    path = anna.post("/runs", json={"kind": "read", "all": True}).headers["Location"]
    assert [
        kind(ask(boris, method, rule, 1)) for method, rule in routes(shop) if "batch_id" in rule
    ] == [(404, "unknown-batch")] * 2
    assert anna.get(path).json["counts"]["waiting"] == 1


def test_a_filter_does_not_tell_either(shop: OverHttp, anna: User, boris: User) -> None:
    theirs = anna.add_device()
    answers = [boris.get(f"/runs?device_id={each}") for each in (theirs, 999)]
    assert [kind(answer) for answer in answers] == [(404, "unknown-device")] * 2
    assert answers[0].text == answers[1].text
    assert anna.get(f"/runs?device_id={theirs}").status_code == 200


@pytest.mark.parametrize("body", [b"{", b'{"enabled": 1}'])
def test_a_wrong_body_does_not_tell_either(anna: User, boris: User, body: bytes) -> None:
    theirs = anna.add_device()
    answers = [
        boris.put(f"/devices/{each}/auto-update", data=body, content_type="application/json")
        for each in (theirs, 999)
    ]
    assert answers[0].status_code == answers[1].status_code
