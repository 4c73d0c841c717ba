"""How much one request, one device and one file may hold."""

import pytest

from domain.products.edit import MOST_FIELDS
from tests.harness.over_http import Answer, OverHttp, User, kind, problem
from tests.harness.products import bun, muffin

TOO_MANY = (409, "too-many-edits")


@pytest.fixture(autouse=True)
def _read(shop: OverHttp, anna: User) -> None:
    anna.add_device()
    shop.plug_in()
    anna.get("/devices/1/products")


@pytest.fixture
def _few_edits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.products.catalogue.MOST_EDITS", 2)


def edit(user: User, count: int, plu: int = 607) -> Answer:
    fields = {f"odd{at}": at for at in range(count)}
    return user.patch(f"/devices/1/products/{plu}", json={"fields": fields})


def test_an_edit_has_a_bounded_number_of_fields(anna: User) -> None:
    assert edit(anna, MOST_FIELDS).status_code == 200
    answer = edit(anna, MOST_FIELDS + 1)
    assert kind(answer) == (422, "invalid-request")
    assert problem(answer)["detail"] == "fields: Must be at most 200 fields."


def test_so_has_an_edit_of_many_devices(anna: User) -> None:
    fields = {f"odd{at}": at for at in range(MOST_FIELDS + 1)}
    answer = anna.post("/edits", json={"all": True, "plu": 607, "fields": fields})
    assert kind(answer) == (422, "invalid-request")


@pytest.mark.usefixtures("_few_edits")
def test_a_device_has_a_bounded_number_of_edits(anna: User) -> None:
    assert edit(anna, 2).status_code == 200
    answer = edit(anna, 1, plu=608)
    assert kind(answer) == TOO_MANY
    assert "3 edits would wait for the scale" in problem(answer)["detail"]
    assert len(anna.get("/devices/1/products/edits").json["edits"]) == 2


@pytest.mark.usefixtures("_few_edits")
def test_an_edit_of_many_devices_tells_where_there_were_too_many(anna: User) -> None:
    edit(anna, 2)
    answer = anna.post("/edits", json={"all": True, "plu": 608, "fields": {"price": 1}})
    [device] = answer.json["devices"]
    assert (device["result"], device["type"]) == ("refused", "/problems/too-many-edits")


@pytest.mark.usefixtures("_few_edits")
def test_a_former_file_that_differs_in_more_is_not_restored(shop: OverHttp, anna: User) -> None:
    shop.plug_in(muffin(price=1.0, tare=1.0), bun(price=1.0))
    anna.get("/devices/1/products")
    answer = anna.post("/devices/1/files/1/restore")
    assert kind(answer) == TOO_MANY
    assert anna.get("/devices/1/products/edits").json == {"edits": []}


def test_large_files_are_worked_on_one_at_a_time(
    shop: OverHttp, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("application.products.large_files.LARGE", 10)
    monkeypatch.setattr("application.products.large_files.WAIT", 0)
    with shop.cases.products.edit.large_files.place(11):
        answer = edit(anna, 1)
    assert kind(answer) == (503, "too-many-large-files")
    assert answer.headers["Retry-After"] == "5"
    assert edit(anna, 1).status_code == 200


def test_an_edit_makes_no_file_larger_than_any_device_may_hold(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("application.products.large_files.LARGEST_FILE", 2_000)
    answer = anna.patch("/devices/1/products/607", json={"fields": {"odd": "m" * 2_000}})
    assert kind(answer) == (409, "file-too-large")
    assert anna.get("/devices/1/products/edits").json == {"edits": []}
    assert edit(anna, 1).status_code == 200
