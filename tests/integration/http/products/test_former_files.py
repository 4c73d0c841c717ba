"""Former product files over HTTP: listed, shown, compared, restored."""

from datetime import timedelta

import pytest

from domain.devices.device import DeviceId
from domain.products.product import Product
from tests.fakes.scales import FakeDevice
from tests.harness.over_http import OverHttp, User, kind, problem
from tests.harness.products import bun, file_of, muffin

FILES = "/devices/1/files"
EVERY = [
    ("GET", f"{FILES}/{{n}}"),
    ("GET", f"{FILES}/{{n}}/diff"),
    ("POST", f"{FILES}/{{n}}/restore"),
]
MUFFIN = {"plu": 607, "code": 50, "name": "Маффин"}
BUN = {"plu": 608, "code": 51, "name": "Булочка"}


@pytest.fixture
def device(shop: OverHttp, anna: User) -> FakeDevice:
    """A device that was read, and an hour later again with another price."""
    device = shop.plug_in()
    anna.add_device()
    anna.get("/devices/1/products")
    shop.clock.advance(timedelta(hours=1))
    read_again(anna, device, muffin(price=5), bun())
    return device


def read_again(user: User, device: FakeDevice, *products: Product) -> None:
    device.document = {"products": list(products)}
    assert user.get("/devices/1/products").status_code == 200


@pytest.mark.parametrize("n", ["0", "2", str(2**63 - 1)])
@pytest.mark.parametrize(("method", "path"), EVERY)
def test_a_file_that_is_not_kept_is_unknown(
    anna: User, device: FakeDevice, method: str, path: str, n: str
) -> None:
    assert kind(anna.ask(method, path.format(n=n))) == (404, "unknown-file")


@pytest.mark.parametrize("n", [str(2**63), "-1", "current"])
def test_what_is_no_number_is_no_file(anna: User, device: FakeDevice, n: str) -> None:
    assert kind(anna.get(f"{FILES}/{n}")) == (404, "unknown-path")


def test_before_anything_was_replaced_there_are_none(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    anna.add_device()
    assert anna.get(FILES).json == {"files": []}
    anna.get("/devices/1/products")
    anna.get("/devices/1/products")
    assert anna.get(FILES).json == {"files": []}


def test_files_are_listed_newest_first(anna: User, device: FakeDevice) -> None:
    read_again(anna, device, bun())
    answer = anna.get(FILES)
    assert answer.status_code == 200
    newest, oldest = answer.json["files"]
    size = oldest.pop("bytes")
    assert oldest == {
        "n": 1,
        "read_at": "2026-03-02T12:00:00Z",
        "replaced_at": "2026-03-02T13:00:00Z",
        "products": 2,
    }
    assert newest["n"] == 2
    assert size == len(anna.get(f"{FILES}/1").data) - len('{"products":}')


def test_a_file_is_shown_whole_and_without_edits(anna: User, device: FakeDevice) -> None:
    odd = {"zones": [{"id": 2}], "products": [muffin(note=[1.5, None])], "categories": []}
    device.document = odd
    anna.get("/devices/1/products")
    anna.patch("/devices/1/products/607", json={"fields": {"price": 1}})
    read_again(anna, device, bun())
    answer = anna.get(f"{FILES}/3")
    assert (answer.status_code, answer.json) == (200, {"products": odd})
    assert answer.text.startswith('{"products":{"zones":[{"id":2}],"products":[{"code":50,')


@pytest.mark.parametrize("query", ["", "?against=current"])
def test_a_file_is_compared_to_what_the_device_holds(
    anna: User, device: FakeDevice, query: str
) -> None:
    anna.patch("/devices/1/products/608", json={"fields": {"price": 1}})
    answer = anna.get(f"{FILES}/1/diff{query}")
    change = {**MUFFIN, "field": "price", "from": 76.0, "to": 5}
    assert (answer.status_code, answer.json) == (200, {"changes": [change]})


def test_files_are_compared_with_each_other(anna: User, device: FakeDevice) -> None:
    read_again(anna, device, bun(price=9, extra="new"))
    read_again(anna, device, muffin())
    second_to_first = anna.get(f"{FILES}/2/diff?against=1").json["changes"]
    assert second_to_first == [{**MUFFIN, "field": "price", "from": 5, "to": 76.0}]
    assert anna.get(f"{FILES}/1/diff?against=1").json == {"changes": []}
    assert anna.get(f"{FILES}/3/diff?against=2").json["changes"] == [
        {**BUN, "field": "price", "from": 9, "to": 76.0},
        {**BUN, "field": "extra", "from": "new", "to": None},
        {**MUFFIN, "field": None, "from": None, "to": muffin(price=5)},
    ]
    assert anna.get(f"{FILES}/3/diff").json["changes"] == [
        {**MUFFIN, "field": None, "from": None, "to": muffin()},
        {**BUN, "field": None, "from": bun(price=9, extra="new"), "to": None},
    ]


def test_a_file_cannot_be_compared_to_one_that_is_not_kept(anna: User, device: FakeDevice) -> None:
    for other in ("0", "7", "9" * 18):
        assert kind(anna.get(f"{FILES}/1/diff?against={other}")) == (404, "unknown-file")


@pytest.mark.parametrize(
    "other", ["", "now", "-1", "1.5", "1%0A", "current%0A", "9" * 19, "%D9%A1"]
)
def test_there_is_nothing_else_to_compare_to(anna: User, device: FakeDevice, other: str) -> None:
    answer = anna.get(f"{FILES}/1/diff?against={other}")
    assert kind(answer) == (422, "invalid-request")
    assert list(problem(answer)["errors"]["query"]) == ["against"]


def test_a_restored_file_waits_for_upload(anna: User, device: FakeDevice) -> None:
    device.document = {"products": [muffin(price=6), muffin(code=90, pluNumber=90)]}
    anna.get("/devices/1/products")
    answer = anna.post(f"{FILES}/1/restore")
    assert answer.status_code == 200
    added = bun(manufactureDate="02-03-26", sellByDate="09-03-26")
    restored = [muffin(), muffin(code=90, pluNumber=90, deleted=True), added]
    assert answer.json == {"products": {"products": restored}, "warnings": []}
    assert anna.get("/devices/1/products/cached").json == {"products": answer.json["products"]}
    assert answer.headers["ETag"] == anna.get("/devices/1/products/cached").headers["ETag"]
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert anna.get("/devices/1").json["cached_dirty"] is True
    assert device.counts["accepted"] == 0
    assert anna.post("/devices/1/upload").json["edits"] == 3
    assert device.document is not None
    live = [each for each in device.document["products"] if not each["deleted"]]
    assert live == [muffin(), added]


def test_a_restored_file_is_answered_with_its_warnings(anna: User, device: FakeDevice) -> None:
    read_again(anna, device, muffin(), bun(pluNumber=607))
    read_again(anna, device, muffin(), bun())
    (warning,) = anna.post(f"{FILES}/3/restore").json["warnings"]
    assert "Булочка" in warning
    assert anna.get("/devices/1/products").json["warnings"] == [warning]


def test_without_a_present_file_there_is_nothing_to_compare_or_restore(
    shop: OverHttp, anna: User
) -> None:
    anna.add_device()
    now = shop.clock.now()
    with shop.storage.transaction() as tx:
        tx.former_files.keep(DeviceId(1), file_of(muffin()), read_at=now, at=now, most=10)
    assert kind(anna.get(f"{FILES}/1/diff")) == (409, "nothing-read")
    assert kind(anna.post(f"{FILES}/1/restore")) == (409, "nothing-read")
    assert anna.get(f"{FILES}/1/diff?against=1").json == {"changes": []}
