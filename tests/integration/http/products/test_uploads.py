"""Uploads over HTTP."""

from typing import Any

import pytest

from adapters.mertech.emulator.faults import Fault
from tests.fakes.scales import FakeDevice
from tests.harness.over_http import OverHttp, User, kind, problem
from tests.harness.products import bun, muffin

UPLOAD = "/devices/1/upload"


@pytest.fixture
def device(shop: OverHttp, anna: User) -> FakeDevice:
    """A device that was read, and of which one product was edited."""
    device = shop.plug_in()
    anna.add_device()
    anna.get("/devices/1/products")
    anna.patch("/devices/1/products/607", json={"fields": {"price": 79.5}})
    return device


def test_an_upload_sends_the_edits(anna: User, device: FakeDevice) -> None:
    answer = anna.post(UPLOAD)
    assert (answer.status_code, answer.json) == (
        200,
        {"status": "ok", "products": 2, "edits": 1, "changed_on_device": [], "warnings": []},
    )
    assert device.document == {"products": [muffin(price=79.5), bun()]}
    assert anna.get("/devices/1").json["cached_dirty"] is False


def test_an_upload_names_what_had_changed_on_the_device(anna: User, device: FakeDevice) -> None:
    device.document = {"products": [muffin(), bun(price=99.0, extra="new")]}
    answer = anna.post(UPLOAD)
    common = {"plu": 608, "code": 51, "name": "Булочка"}
    assert answer.json["changed_on_device"] == [
        {**common, "field": "price", "from": 76.0, "to": 99.0},
        {**common, "field": "extra", "from": None, "to": "new"},
    ]
    assert device.document == {"products": [muffin(price=79.5), bun(price=99.0, extra="new")]}


def test_a_replaced_device_is_left_alone(anna: User, device: FakeDevice) -> None:
    device.document = {"products": []}
    answer = anna.post(UPLOAD)
    assert kind(answer) == (409, "device-replaced")
    restore = "/devices/1/upload?source=cache"
    assert problem(answer)["links"] == {"read": "/devices/1/products", "restore": restore}
    assert device.document == {"products": []}


def test_an_edit_that_clashes_is_named_and_can_be_discarded(anna: User, device: FakeDevice) -> None:
    anna.patch("/devices/1/products/608", json={"fields": {"pluNumber": 700}})
    device.document = {"products": [muffin(pluNumber=700), bun()]}
    answer = anna.post(UPLOAD)
    assert kind(answer) == (409, "clashing-edits")
    told = problem(answer)
    [edit] = [edit["id"] for edit in anna.get("/devices/1/products/edits").json["edits"]][1:]
    for named in ("“Маффин”", "“Булочка”", "PLU 700", f"edit {edit}"):
        assert named in told["detail"]
    discard = f"/devices/1/products/edits/{edit}"
    assert told["links"] == {"edits": "/devices/1/products/edits", "discard": discard}
    assert anna.delete(discard).status_code == 200
    assert anna.post(UPLOAD).status_code == 200
    assert device.document == {"products": [muffin(pluNumber=700, price=79.5), bun()]}


def test_the_cached_file_can_be_sent_as_it_is(anna: User, device: FakeDevice) -> None:
    device.document = {"products": []}
    assert anna.post(f"{UPLOAD}?source=cache").json["products"] == 2
    assert device.document == {"products": [muffin(price=79.5), bun()]}


@pytest.mark.parametrize("source", ["", "CACHE", "device", "cache%00"])
def test_there_is_no_other_source(anna: User, device: FakeDevice, source: str) -> None:
    answer = anna.post(f"{UPLOAD}?source={source}")
    assert kind(answer) == (422, "invalid-request")
    assert list(problem(answer)["errors"]["query"]) == ["source"]
    assert device.counts["accepted"] == 0


def noted(device: FakeDevice) -> list[list[int]]:
    """The codes of the products in each upload from now on."""
    sent: list[list[int]] = []

    def note(document: dict[str, Any]) -> str:
        sent.append([product["code"] for product in document["products"]])
        return ""

    device.refuses = note
    return sent


def test_only_the_edited_products_can_be_sent(anna: User, device: FakeDevice) -> None:
    sent = noted(device)
    answer = anna.post(f"{UPLOAD}?scope=edits")
    assert (answer.json["products"], answer.json["edits"]) == (1, 1)
    assert sent == [[50]]
    assert device.document == {"products": [muffin(price=79.5), bun()]}
    assert anna.post(f"{UPLOAD}?scope=edits").json["products"] == 0
    assert len(sent) == 1


def test_all_products_are_sent_unless_told_otherwise(anna: User, device: FakeDevice) -> None:
    sent = noted(device)
    for path in (UPLOAD, f"{UPLOAD}?scope=all"):
        assert anna.post(path).json["products"] == 2
    assert sent == [[50, 51]] * 2


@pytest.mark.parametrize("scope", ["", "EDITS", "edit", "cache"])
def test_there_is_no_other_scope(anna: User, device: FakeDevice, scope: str) -> None:
    answer = anna.post(f"{UPLOAD}?scope={scope}")
    assert kind(answer) == (422, "invalid-request")
    assert list(problem(answer)["errors"]["query"]) == ["scope"]
    assert device.counts["accepted"] == 0


@pytest.mark.parametrize("scope", ["edits", "all"])
def test_source_and_scope_exclude_each_other(anna: User, device: FakeDevice, scope: str) -> None:
    answer = anna.post(f"{UPLOAD}?source=cache&scope={scope}")
    assert kind(answer) == (422, "invalid-request")
    assert list(problem(answer)["errors"]["query"]) == ["scope"]
    assert "together with source" in problem(answer)["detail"]
    assert device.counts["accepted"] == 0


def test_a_body_or_another_parameter_does_not_matter(anna: User, device: FakeDevice) -> None:
    assert anna.post(f"{UPLOAD}?x=1", data=b"\xff", content_type="text/plain").status_code == 200


def test_nothing_can_be_uploaded_before_it_was_read(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    anna.add_device()
    for path in (UPLOAD, f"{UPLOAD}?source=cache"):
        assert kind(anna.post(path)) == (409, "nothing-read")


def test_a_device_that_moved_must_be_read_first(anna: User, device: FakeDevice) -> None:
    anna.put("/devices/1", json={"port": 2000})
    for path in (UPLOAD, f"{UPLOAD}?source=cache"):
        assert kind(anna.post(path)) == (409, "address-changed")
    assert device.counts["accepted"] == 0


def test_a_refusal_is_told_in_the_devices_own_words(anna: User, device: FakeDevice) -> None:
    device.refuses = lambda document: "неверная цена"
    answer = anna.post(UPLOAD)
    assert kind(answer) == (502, "device-refused")
    assert "неверная цена" in problem(answer)["detail"]
    assert anna.get("/devices/1").json["cached_dirty"] is True


def test_products_at_fault_are_named(anna: User, device: FakeDevice) -> None:
    anna.patch("/devices/1/products/608", json={"fields": {"price": 1}})
    device.refuses = lambda document: (
        "неверная цена" if any(each["price"] == 1 for each in document["products"]) else ""
    )
    answer = anna.post(UPLOAD)
    assert kind(answer) == (502, "products-at-fault")
    assert problem(answer)["products"] == [
        {"plu": 608, "code": 51, "name": "Булочка", "reason": "неверная цена"}
    ]
    assert "Булочка" in problem(answer)["detail"]
    assert device.document is not None
    assert {each["code"]: each["price"] for each in device.document["products"]} == {
        50: 79.5,
        51: 76.0,
    }
    waiting = anna.get("/devices/1/products/edits").json["edits"]
    assert [(edit["code"], edit["to"]) for edit in waiting] == [(51, 1)]


def test_an_upload_that_got_lost_leaves_the_device_unverified(
    anna: User, device: FakeDevice
) -> None:
    device.fault = Fault.RESET_AFTER_LAST_PORTION
    assert kind(anna.post(UPLOAD)) == (503, "device-unreachable")
    assert anna.get("/devices/1").json["unverified"] is True
    device.fault = None
    anna.get("/devices/1/products")
    shown = anna.get("/devices/1").json
    assert (shown["unverified"], shown["cached_dirty"]) == (False, False)
