"""Products over HTTP: read, shown from the cache, edited."""

from typing import Any

import pytest

from domain.products.product import Product
from tests.harness.over_http import OverHttp, User, kind, problem
from tests.harness.products import bun, muffin, without

LIVE = "/devices/1/products"
CACHED = "/devices/1/products/cached"
MUFFIN = "/devices/1/products/607"


@pytest.fixture(autouse=True)
def _device(anna: User) -> None:
    anna.add_device()


def edit(user: User, path: str = MUFFIN, /, **fields: object) -> None:
    answer = user.patch(path, json={"fields": fields})
    assert answer.status_code == 200, answer.text


def test_a_read_answers_what_the_device_says(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    answer = anna.get(LIVE)
    assert answer.status_code == 200
    assert answer.json == {"products": {"products": [muffin(), bun()]}, "warnings": []}
    assert anna.get(CACHED).json == {"products": {"products": [muffin(), bun()]}}


def test_sections_fields_and_order_survive(shop: OverHttp, anna: User) -> None:
    odd: Product = {"price": "76.000000", **muffin(), "z": [1.5, {"ы": None}], "a": 10**17}
    file = {"zones": [{"id": 2}], "products": [odd], "categories": []}
    shop.plug_in().document = file
    assert anna.get(LIVE).text.startswith('{"products":{"zones":[{"id":2}],"products":[{"price":')
    assert anna.get(CACHED).json == {"products": file}


def test_a_new_device_is_an_empty_catalogue(shop: OverHttp, anna: User) -> None:
    shop.plug_in().document = None
    assert anna.get(LIVE).json == {"products": {"products": []}, "warnings": []}


def test_before_any_read_the_cached_file_is_empty(anna: User) -> None:
    assert anna.get(CACHED).json == {"products": {"products": []}}


def test_a_read_warns_of_products_that_share_a_number(shop: OverHttp, anna: User) -> None:
    shop.plug_in(muffin(), bun(pluNumber=607))
    (warning,) = anna.get(LIVE).json["warnings"]
    assert "Маффин" in warning
    assert "Булочка" in warning


def test_waiting_edits_are_shown_on_top_of_a_read(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    anna.get(LIVE)
    edit(anna, price=79.5)
    assert anna.get(LIVE).json["products"]["products"] == [muffin(price=79.5), bun()]


def test_an_edit_answers_the_whole_file(shop: OverHttp, anna: User) -> None:
    device = shop.plug_in()
    anna.get(LIVE)
    answer = anna.patch(MUFFIN, json={"fields": {"price": 79.5}})
    assert answer.status_code == 200
    assert answer.json == {
        "products": {"products": [muffin(price=79.5), bun()]},
        "warnings": [],
    }
    assert anna.get(CACHED).json == {"products": answer.json["products"]}
    assert device.document == {"products": [muffin(), bun()]}


def test_a_device_tells_whether_edits_wait(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    anna.get(LIVE)
    edit(anna, price=79.5)
    assert anna.get("/devices/1").json["cached_dirty"] is True
    assert anna.get("/devices").json[0]["cached_dirty"] is True
    edit(anna, price=76)
    assert anna.get("/devices/1").json["cached_dirty"] is False


def test_a_product_without_plu_goes_by_its_code(shop: OverHttp, anna: User) -> None:
    shop.plug_in(without(muffin(), "pluNumber"), bun())
    anna.get(LIVE)
    edit(anna, "/devices/1/products/50", price=1)
    assert anna.get(CACHED).json["products"]["products"][0]["price"] == 1


def test_a_number_that_could_mean_two_products_is_never_guessed(shop: OverHttp, anna: User) -> None:
    shop.plug_in(without(muffin(code=608), "pluNumber"), bun())
    anna.get(LIVE)
    answer = anna.patch("/devices/1/products/608", json={"fields": {"price": 1}})
    assert kind(answer) == (409, "ambiguous-product")
    assert "Маффин" in problem(answer)["detail"]
    assert "Булочка" in problem(answer)["detail"]


def test_nothing_can_be_edited_before_it_was_read(anna: User) -> None:
    assert kind(anna.patch(MUFFIN, json={"fields": {"price": 1}})) == (409, "nothing-read")


@pytest.mark.parametrize("plu", ["1", "0", str(2**63 - 1)])
def test_a_product_that_does_not_exist_is_unknown(shop: OverHttp, anna: User, plu: str) -> None:
    shop.plug_in()
    anna.get(LIVE)
    answer = anna.patch(f"{LIVE}/{plu}", json={"fields": {"price": 1}})
    assert kind(answer) == (404, "unknown-product")


@pytest.mark.parametrize("plu", [str(2**63), "-1", "6e2", "x"])
def test_what_is_no_plu_is_no_path(anna: User, plu: str) -> None:
    answer = anna.patch(f"{LIVE}/{plu}", json={"fields": {"price": 1}})
    assert kind(answer) == (404, "unknown-path")


def test_fields_that_do_not_fit_are_all_named(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    anna.get(LIVE)
    answer = anna.patch(
        MUFFIN, json={"fields": {"price": -1, "sellByDate": "31-02-26", "name": "Кекс", "code": 9}}
    )
    assert kind(answer) == (422, "invalid-request")
    body = problem(answer)
    assert body["errors"]["json"].keys() == {"price", "sellByDate", "code"}
    assert body["detail"] == f"code: {body['errors']['json']['code'][0]}"
    assert anna.get(CACHED).json["products"]["products"] == [muffin(), bun()]


@pytest.mark.parametrize("body", [{}, {"fields": None}, {"fields": []}, {"fields": "price"}])
def test_an_edit_must_say_which_fields(shop: OverHttp, anna: User, body: dict[str, object]) -> None:
    shop.plug_in()
    anna.get(LIVE)
    answer = anna.patch(MUFFIN, json=body)
    assert list(problem(answer)["errors"]["json"]) == ["fields"]


def test_fields_that_nobody_knows_pass_unchanged(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    anna.get(LIVE)
    odd: dict[str, Any] = {"ы": [1, {"a": None}], "big": 2**63 - 1, "exact": 24.1}
    edit(anna, **odd)
    assert anna.get(CACHED).json["products"]["products"][0] == {**muffin(), **odd}


def test_no_fields_are_no_edit(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    anna.get(LIVE)
    edit(anna)
    assert anna.get("/devices/1").json["cached_dirty"] is False


def test_what_the_client_has_is_not_sent_again(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    anna.get(LIVE)
    tag = anna.get(CACHED).headers["ETag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = anna.get(CACHED, headers={"If-None-Match": known})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == tag
        assert again.headers["Cache-Control"] == "private, no-cache"
    assert anna.get(CACHED, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_file_that_nobody_read_yet_has_a_tag_too(shop: OverHttp, anna: User) -> None:
    tag = anna.get(CACHED).headers["ETag"]
    assert anna.get(CACHED, headers={"If-None-Match": tag}).status_code == 304
    shop.plug_in()
    anna.get(LIVE)
    assert anna.get(CACHED, headers={"If-None-Match": tag}).status_code == 200


def test_the_tag_changes_with_the_products(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    read = anna.get(LIVE).headers["ETag"]
    assert anna.get(CACHED).headers["ETag"] == read
    edited = anna.patch(MUFFIN, json={"fields": {"price": 1}}).headers["ETag"]
    assert edited != read
    assert anna.get(CACHED).headers["ETag"] == edited
    assert anna.get(CACHED, headers={"If-None-Match": read}).status_code == 200


def test_an_edit_of_products_that_changed_meanwhile_is_refused(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    before = anna.get(LIVE).headers["ETag"]
    after = anna.patch(MUFFIN, json={"fields": {"price": 1}}, headers={"If-Match": before}).headers[
        "ETag"
    ]
    for stale in (before, f"W/{after}", '""', ""):
        late = anna.patch(MUFFIN, json={"fields": {"price": 2}}, headers={"If-Match": stale})
        assert kind(late) == (412, "products-changed")
    for fresh in (after, f'"other", {after}', "*"):
        again = anna.patch(MUFFIN, json={"fields": {"price": 1}}, headers={"If-Match": fresh})
        assert again.status_code == 200


def test_what_is_shown_is_for_its_owner_only(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    for answer in (anna.get(LIVE), anna.get(CACHED)):
        assert answer.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", 1_000_000),
        ("discountPrice", 1.234),
        ("name", "Маф\tфин"),
        ("name", ""),
        ("message", 5),
        ("category", 70_000),
        ("buttonNumber", "5"),
        ("oldPrice", 0.125),
    ],
)
def test_a_value_beyond_the_makers_ranges_is_refused_by_name(
    shop: OverHttp, anna: User, field: str, value: object
) -> None:
    shop.plug_in()
    anna.get(LIVE)
    answer = anna.patch(MUFFIN, json={"fields": {field: value, "tare": 1}})
    assert answer.status_code == 422
    said = problem(answer)
    assert [*said["errors"]["json"]] == [field]
    assert said["detail"].startswith(field)
    assert anna.get(CACHED).json == {"products": {"products": [muffin(), bun()]}}


def test_the_type_of_a_shelf_life_takes_the_sell_by_date_with_it(
    shop: OverHttp, anna: User
) -> None:
    shop.plug_in()
    anna.get(LIVE)
    answer = anna.patch(MUFFIN, json={"fields": {**muffin(), "shelfLifeType": "HOURS"}})
    hours = muffin(shelfLifeType="HOURS", shelfLifeInDays=0, sellByDate="23-07-25")
    assert answer.json["products"]["products"][0] == hours
    anna.post("/devices/1/upload")
    assert anna.get(LIVE).json["products"]["products"][0] == hours


def test_a_read_warns_of_a_unit_that_is_not_known(shop: OverHttp, anna: User) -> None:
    shop.plug_in(muffin(shelfLifeType="MONTHS"), bun())
    (warning,) = anna.get(LIVE).json["warnings"]
    assert "“Маффин” (code 50, PLU 607): “MONTHS”" in warning


def test_warnings_are_in_the_language_of_the_client(shop: OverHttp, anna: User) -> None:
    shop.plug_in(muffin(), bun(pluNumber=607))
    answer = anna.get(LIVE, headers={"Accept-Language": "ru"})
    (warning,) = answer.json["warnings"]
    assert warning.startswith("Один и тот же ПЛУ 607: «Маффин» (код 50, ПЛУ 607) и «Булочка»")
    assert answer.headers["Content-Language"] == "ru"
    assert "Accept-Language" in answer.headers["Vary"]
