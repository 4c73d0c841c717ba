"""One edit on many devices over HTTP."""

from typing import Any

import pytest

from adapters.rest.products.bulk_editing_schemas import MOST_BYTES
from adapters.rest.shared.which_devices import MOST_DEVICES
from domain.devices.device import DeviceId
from tests.harness.over_http import Answer, OverHttp, User, kind, problem
from tests.harness.products import bun, muffin, without
from tests.integration.http.test_hostile_input import FAULTY, MALFORMED, NO_OBJECTS, short

RESULTS = (
    "edited",
    "unchanged",
    "no_such_device",
    "no_such_product",
    "nothing_read",
    "refused",
    "failed",
    "not_tried",
)


@pytest.fixture(autouse=True)
def _devices(shop: OverHttp, anna: User) -> None:
    """Four that were read, and one that was not."""
    device = shop.plug_in()
    for number, products in enumerate(
        (
            [muffin(), bun()],
            [bun(), muffin(price="80.00")],
            [bun()],
            [muffin(), bun(pluNumber=607)],
        ),
        start=1,
    ):
        device.document = {"products": products}
        anna.add_device(name=f"Counter {number}")
        anna.get(f"/devices/{number}/products")
    anna.add_device(name="Counter 5")


def edit(user: User, **body: object) -> Answer:
    return user.post("/edits", json=body)


def counts(**devices: int) -> dict[str, int]:
    return {**dict.fromkeys(RESULTS, 0), **devices}


def cached(user: User, device_id: int) -> Any:
    return user.get(f"/devices/{device_id}/products/cached").json["products"]["products"]


def everything(user: User) -> list[bytes]:
    return [user.get(f"/devices/{number}/products/cached").data for number in range(1, 6)]


def test_each_device_is_told_what_the_edit_came_to(anna: User) -> None:
    answer = edit(anna, device_ids=[2, 1, 99, 3, 4, 5], code=50, fields={"price": 79.9})
    assert answer.status_code == 200
    assert answer.json["counts"] == counts(
        edited=2, no_such_device=1, no_such_product=1, refused=1, nothing_read=1
    )
    second, first, *others = answer.json["devices"]
    assert first == {
        "device_id": 1,
        "name": "Counter 1",
        "result": "edited",
        "product": {"plu": 607, "code": 50, "name": "Маффин"},
        "changed": [{"field": "price", "from": 76.0, "to": 79.9}],
        "type": None,
        "detail": None,
        "errors": {},
    }
    assert second["changed"] == [{"field": "price", "from": "80.00", "to": "79.90"}]
    assert [(each["device_id"], each["name"], each["result"], each["type"]) for each in others] == [
        (99, None, "no_such_device", "/problems/unknown-device"),
        (3, "Counter 3", "no_such_product", "/problems/unknown-product"),
        (4, "Counter 4", "refused", "/problems/ambiguous-product"),
        (5, "Counter 5", "nothing_read", "/problems/nothing-read"),
    ]
    assert all(each["detail"] and each["product"] is None for each in others)
    assert cached(anna, 1) == [muffin(price=79.9), bun()]
    assert cached(anna, 2) == [bun(), muffin(price="79.90")]


def test_all_devices_are_edited_and_uploaded_one_by_one(shop: OverHttp, anna: User) -> None:
    answer = edit(anna, all=True, plu=608, fields={"name": "Батон"})
    assert [(each["device_id"], each["result"]) for each in answer.json["devices"]] == [
        (1, "edited"),
        (2, "edited"),
        (3, "edited"),
        (4, "no_such_product"),
        (5, "nothing_read"),
    ]
    assert [each["cached_dirty"] for each in anna.get("/devices").json] == [
        True,
        True,
        True,
        False,
        False,
    ]
    device = shop.plug_in(muffin(), bun())
    assert anna.post("/devices/1/upload").status_code == 200
    assert device.document == {"products": [muffin(), bun(name="Батон")]}


def test_the_same_call_again_is_harmless(anna: User) -> None:
    edit(anna, all=True, code=50, fields={"price": 1})
    before = everything(anna)
    again = edit(anna, all=True, code=50, fields={"price": 1})
    assert again.json["counts"]["unchanged"] == 2
    assert again.json["counts"]["edited"] == 0
    assert everything(anna) == before
    assert len(anna.get("/devices/1/products/edits").json["edits"]) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"price": 1},
        {"price": "1.50"},
        {"pluNumber": 608},
        {"code": 9},
        {"code": 50},
        {"id": 7, "price": 1},
        {"shelfLife": 3, "shelfLifeInDays": 4},
        {"deleted": "true"},
        {"ы": [1, {"a": None}]},
        {},
    ],
    ids=str,
)
def test_each_device_is_told_what_a_patch_of_it_would_have_answered(
    anna: User, fields: dict[str, object]
) -> None:
    twins = OverHttp()
    device = twins.plug_in()
    other = twins.sign_in("anna@example.org")
    for number in range(1, 6):
        other.add_device(name=f"Counter {number}")
        if number < 5:
            device.document = {"products": cached(anna, number)}
            other.get(f"/devices/{number}/products")
    answer = edit(anna, device_ids=[1, 2, 3, 4, 5, 99], plu=607, fields=fields)
    for told in answer.json["devices"]:
        path = f"/devices/{told['device_id']}/products/607"
        alone = other.patch(path, json={"fields": fields})
        if alone.status_code == 200:
            assert told["result"] in ("edited", "unchanged")
            assert cached(anna, told["device_id"]) == alone.json["products"]["products"]
        else:
            body = problem(alone)
            assert (told["type"], told["detail"]) == (body["type"], body["detail"])
            assert told["errors"] == body.get("errors", {}).get("json", {})
    assert everything(anna) == everything(other)


def test_a_value_that_no_product_can_have_is_refused_for_all(anna: User) -> None:
    before = everything(anna)
    answer = edit(
        anna, all=True, plu=607, fields={"price": -1, "sellByDate": "31-02-26", "name": "Кекс"}
    )
    assert kind(answer) == (422, "invalid-request")
    assert problem(answer)["errors"]["json"].keys() == {"price", "sellByDate"}
    assert everything(anna) == before


WHOLE = {"device_ids": [1], "code": 50, "fields": {"price": 1}}


@pytest.mark.parametrize(
    ("changed", "field", "reason"),
    [
        ({"device_ids": None}, "device_ids", "null"),
        ({"device_ids": []}, "device_ids", "from 1 to 10000 members"),
        ({"device_ids": 1}, "device_ids", "list"),
        ({"device_ids": [1, "two"]}, "device_ids", "Number 2 of the list: Must be a whole number."),
        ({"device_ids": [1, True]}, "device_ids", "Number 2"),
        ({"device_ids": [1.5]}, "device_ids", "Number 1"),
        ({"device_ids": [1, None]}, "device_ids", "Number 2"),
        ({"device_ids": [-1]}, "device_ids", "Number 1"),
        ({"device_ids": [2**63]}, "device_ids", "64 bits"),
        ({"device_ids": [[1]]}, "device_ids", "Number 1"),
        ({"device_ids": list(range(MOST_DEVICES + 1))}, "device_ids", "from 1 to 10000 members"),
        ({"all": True}, "all", "together with device_ids"),
        ({"all": False}, "all", "true, or absent"),
        ({"all": 1}, "all", "true or false"),
        ({"all": "t"}, "all", "true or false"),
        ({"plu": 607}, "plu", "together with code"),
        ({"code": "5O"}, "code", "whole number"),
        ({"code": True}, "code", "whole number"),
        ({"code": 50.5}, "code", "whole number"),
        ({"code": -1}, "code", "at least 0"),
        ({"code": 2**63}, "code", "64 bits"),
        ({"code": None}, "code", "null"),
        ({"fields": None}, "fields", "null"),
        ({"fields": [1]}, "fields", "named members"),
        ({"fields": {"note": "x" * MOST_BYTES}}, "fields", "bytes"),
    ],
    ids=lambda each: str(each)[:40],
)
def test_what_is_asked_wrongly_is_named_and_nothing_is_edited(
    anna: User, changed: dict[str, object], field: str, reason: str
) -> None:
    before = everything(anna)
    answer = edit(anna, **{**WHOLE, **changed})
    assert kind(answer) == (422, "invalid-request")
    assert list(problem(answer)["errors"]["json"]) == [field]
    assert reason in problem(answer)["detail"]
    assert everything(anna) == before


@pytest.mark.parametrize(
    ("missing", "field"), [("device_ids", "device_ids"), ("code", "code"), ("fields", "fields")]
)
def test_what_is_missing_is_named(anna: User, missing: str, field: str) -> None:
    answer = edit(anna, **without(WHOLE, missing))  # type: ignore[arg-type]  # JSON all the same
    assert kind(answer) == (422, "invalid-request")
    assert list(problem(answer)["errors"]["json"]) == [field]


def test_as_many_devices_as_are_allowed_are_answered(anna: User) -> None:
    asked = [*range(1, MOST_DEVICES), 1.0]
    answer = edit(anna, device_ids=asked, code=50, fields={"price": 1})
    assert answer.json["counts"] == counts(
        edited=2, no_such_product=1, refused=1, nothing_read=1, no_such_device=MOST_DEVICES - 6
    )


def test_another_owners_device_cannot_be_told_from_none(anna: User, boris: User) -> None:
    before = everything(anna)
    theirs, missing = (
        edit(boris, device_ids=[device_id], code=50, fields={"price": 1}) for device_id in (1, 999)
    )
    assert theirs.status_code == missing.status_code == 200
    assert theirs.text.replace('"device_id":1,', '"device_id":999,') == missing.text
    assert edit(boris, all=True, code=50, fields={"price": 1}).json == {
        "counts": counts(),
        "devices": [],
    }
    assert everything(anna) == before


def test_a_crash_on_one_device_tells_nothing_and_keeps_no_other_from_its_edit(
    shop: OverHttp, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shop.storage.snapshot() as tx:
        broken = type(tx.catalogues)
        find = broken.find

    def break_one(self: Any, device_id: DeviceId) -> object:
        if device_id == 1:
            raise RuntimeError("the database password is hunter2")
        return find(self, device_id)

    monkeypatch.setattr(broken, "find", break_one)
    answer = edit(anna, device_ids=[1, 2], code=50, fields={"price": 1})
    assert answer.status_code == 200
    first, second = answer.json["devices"]
    assert (first["result"], first["type"]) == ("failed", "/problems/internal-error")
    assert "hunter2" not in answer.text
    assert second["result"] == "edited"


@pytest.mark.parametrize("body", MALFORMED, ids=short)
def test_what_is_no_json(anna: User, body: bytes) -> None:
    answer = anna.post("/edits", data=body, content_type="application/json")
    assert kind(answer) == (400, "malformed-body")


@pytest.mark.parametrize("body", NO_OBJECTS, ids=short)
def test_json_that_is_no_object(anna: User, body: bytes) -> None:
    answer = anna.post("/edits", data=body, content_type="application/json")
    assert kind(answer) == (422, "invalid-request")


@pytest.mark.parametrize(("body", "field", "reason"), FAULTY, ids=lambda each: str(each)[:40])
def test_json_that_cannot_be_kept(anna: User, body: bytes, field: str, reason: str) -> None:
    before = everything(anna)
    whole = b'{"all": true, "plu": 607, ' + body[1:]
    answer = anna.post("/edits", data=whole, content_type="application/json")
    assert kind(answer) == (422, "invalid-request")
    assert list(problem(answer)["errors"]["json"]) == [field]
    assert reason in problem(answer)["detail"]
    assert everything(anna) == before


def test_a_body_that_is_too_large(anna: User) -> None:
    answer = edit(anna, **WHOLE, note="x" * 2**20)
    assert kind(answer) == (413, "body-too-large")
