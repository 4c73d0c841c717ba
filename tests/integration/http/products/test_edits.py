"""Pending edits over HTTP: listed, discarded."""

from datetime import timedelta
from typing import Any

import pytest

from adapters.mertech.emulator.faults import Fault
from tests.fakes.scales import FakeDevice
from tests.harness.over_http import OverHttp, User, kind
from tests.harness.products import bun, muffin

EDITS = "/devices/1/products/edits"
PRICE = {
    "id": 1,
    "plu": 607,
    "code": 50,
    "name": "Маффин",
    "field": "price",
    "from": 76.0,
    "to": 79.5,
    "who": "anna@example.org",
    "when": "2026-03-02T12:00:00Z",
    "state": "waiting",
}


@pytest.fixture
def device(shop: OverHttp, anna: User) -> FakeDevice:
    """A device that was read, and of which one price was edited."""
    device = shop.plug_in()
    anna.add_device()
    anna.get("/devices/1/products")
    edit(anna, price=79.5)
    return device


def edit(user: User, plu: int = 607, /, **fields: object) -> None:
    answer = user.patch(f"/devices/1/products/{plu}", json={"fields": fields})
    assert answer.status_code == 200, answer.text


def listed(user: User) -> list[dict[str, Any]]:
    answer = user.get(EDITS)
    assert (answer.status_code, list(answer.json)) == (200, ["edits"])
    edits: list[dict[str, Any]] = answer.json["edits"]
    return edits


def test_before_the_first_read_there_are_none(anna: User) -> None:
    anna.add_device()
    assert listed(anna) == []
    discarded = anna.delete(EDITS)
    assert (discarded.status_code, discarded.json) == (200, {"discarded": []})
    assert kind(anna.delete(f"{EDITS}/1")) == (404, "unknown-edit")


def test_edits_are_listed_with_product_values_and_author(anna: User, device: FakeDevice) -> None:
    assert listed(anna) == [PRICE]


def test_a_field_that_the_product_did_not_have_was_null(anna: User, device: FakeDevice) -> None:
    edit(anna, 608, note=None)
    assert [(each["id"], each["from"], each["to"]) for each in listed(anna)] == [
        (1, 76.0, 79.5),
        (2, None, None),
    ]


def test_the_name_is_the_one_shown(anna: User, device: FakeDevice) -> None:
    edit(anna, name="Кекс")
    assert {each["name"] for each in listed(anna)} == {"Кекс"}


def test_an_edit_whose_product_is_gone_is_orphaned(anna: User, device: FakeDevice) -> None:
    device.document = {"products": [bun()]}
    anna.get("/devices/1/products")
    gone = {"plu": None, "code": 50, "name": None, "state": "orphaned"}
    assert listed(anna) == [{**PRICE, **gone}]
    assert anna.get("/devices/1").json["cached_dirty"] is False


def test_a_date_that_a_renewal_has_overtaken_is_superseded(
    shop: OverHttp, anna: User, device: FakeDevice
) -> None:
    edit(anna, sellByDate="01-01-27")
    shop.renew(1)
    assert {each["field"]: each["state"] for each in listed(anna)} == {
        "price": "waiting",
        "sellByDate": "superseded",
    }


def test_a_product_that_is_added_has_no_field(anna: User, device: FakeDevice) -> None:
    anna.delete(EDITS)
    device.document = {"products": [bun()]}
    anna.get("/devices/1/products")
    anna.post("/devices/1/files/1/restore")
    [added] = listed(anna)
    assert (added["plu"], added["name"], added["state"]) == (607, "Маффин", "waiting")
    assert (added["field"], added["from"]) == (None, None)
    assert added["to"] == muffin(manufactureDate="02-03-26", sellByDate="09-03-26")


def test_one_edit_is_discarded(anna: User, device: FakeDevice) -> None:
    edit(anna, 608, price=1)
    answer = anna.delete(f"{EDITS}/1")
    assert (answer.status_code, answer.json) == (200, {"discarded": [PRICE]})
    assert [each["id"] for each in listed(anna)] == [2]
    cached = anna.get("/devices/1/products/cached").json["products"]["products"]
    assert cached == [muffin(), bun(price=1)]
    assert kind(anna.delete(f"{EDITS}/1")) == (404, "unknown-edit")


def test_all_edits_are_discarded(anna: User, device: FakeDevice) -> None:
    edit(anna, 608, price=1)
    before = listed(anna)
    answer = anna.delete(EDITS)
    assert (answer.status_code, answer.json) == (200, {"discarded": before})
    assert len(before) == 2
    assert listed(anna) == []
    assert anna.get("/devices/1").json["cached_dirty"] is False
    assert anna.get("/devices/1/products/cached").json["products"]["products"] == [muffin(), bun()]


def test_what_the_device_may_have_taken_is_set_back(
    shop: OverHttp, anna: User, device: FakeDevice
) -> None:
    device.fault = Fault.RESET_AFTER_LAST_PORTION
    assert anna.post("/devices/1/upload").status_code == 503
    device.fault = None
    shop.clock.advance(timedelta(hours=1))
    anna.delete(EDITS)
    [back] = listed(anna)
    assert (back["from"], back["to"]) == (76.0, 76.0)
    anna.post("/devices/1/upload")
    assert device.document == {"products": [muffin(), bun()]}
    assert listed(anna) == []


@pytest.mark.parametrize("edit_id", ["0", "2", str(2**63 - 1)])
def test_an_edit_that_does_not_exist_is_unknown(
    anna: User, device: FakeDevice, edit_id: str
) -> None:
    assert kind(anna.delete(f"{EDITS}/{edit_id}")) == (404, "unknown-edit")
    assert listed(anna) == [PRICE]


@pytest.mark.parametrize("edit_id", [str(2**63), "-1", "x"])
def test_what_is_no_number_is_no_edit(anna: User, device: FakeDevice, edit_id: str) -> None:
    assert kind(anna.delete(f"{EDITS}/{edit_id}")) == (404, "unknown-path")
