"""Labels to look at, over HTTP."""

from typing import Any

import pytest

from adapters.rest.shared.label_checks import CHECKS
from domain.products.label_checks.checks import Check
from tests.harness.installation import HERE
from tests.harness.over_http import OverHttp, User, kind, problem
from tests.harness.products import muffin

PATH = "/devices/1/products/label-check"
NONE = dict.fromkeys(CHECKS, 0)


def fresh(code: int, **fields: Any) -> dict[str, Any]:
    """A product whose label is right on the second of March."""
    return muffin(
        **{
            "code": code,
            "pluNumber": code + 100,
            "manufactureDate": "02-03-26",
            "sellByDate": "09-03-26",
            **fields,
        }
    )


def read(shop: OverHttp, user: User, *products: dict[str, Any]) -> None:
    shop.plug_in(*products)
    user.add_device()
    assert user.get("/devices/1/products").status_code == 200


def test_every_product_to_look_at_is_told_with_what_to_do(shop: OverHttp, anna: User) -> None:
    read(shop, anna, fresh(1), fresh(2, price=0.0), fresh(3, name="Сыр", sellByDate="01-03-26"))
    answer = anna.get(PATH)
    assert answer.status_code == 200
    assert answer.json["today"] == "2026-03-02"
    assert answer.json["counts"] == {
        **NONE,
        "zero_price": 1,
        "sell_by_past": 1,
        "dates_not_today": 1,
    }
    free, cheese = answer.json["products"]
    assert free == {
        "plu": 102,
        "code": 2,
        "name": "Маффин",
        "checks": [
            {"check": "zero_price", "detail": "The price is 0.", "remedy": "Enter the price."}
        ],
        "exception": None,
    }
    assert [each["check"] for each in cheese["checks"]] == ["sell_by_past", "dates_not_today"]
    assert cheese["checks"][0]["detail"] == "The sell-by date 2026-03-01 has passed."
    assert answer.json["next"] is None


def test_waiting_edits_are_looked_at(shop: OverHttp, anna: User) -> None:
    read(shop, anna, fresh(1))
    assert anna.get(PATH).json["products"] == []
    anna.patch("/devices/1/products/101", json={"fields": {"price": 0}})
    assert anna.get(PATH).json["counts"] == {**NONE, "zero_price": 1}


def test_exceptions_are_shown_with_the_products_they_name(shop: OverHttp, anna: User) -> None:
    read(shop, anna, fresh(1, manufactureDate="01-01-26"), fresh(2), fresh(3, category=4))
    note = {"code": 1, "keep": True, "note": "Dated by the dairy"}
    anna.put("/devices/1/renewal-exceptions", json=[note])
    sweets = {"category": 4, "keep": True}
    anna.put("/renewal-exceptions", json=[{"plu": 101, "keep": True}, sweets])
    told = anna.get(PATH).json
    assert told["counts"] == {**NONE, "missing_category": 1}
    cheese, sweet = told["products"]
    assert (cheese["code"], cheese["exception"], cheese["checks"]) == (1, note, [])
    assert (sweet["code"], sweet["exception"], len(sweet["checks"])) == (3, sweets, 1)
    assert anna.get(f"{PATH}?check=missing_category").json["products"] == [sweet]


def test_where_only_dated_products_are_renewed_the_others_may_have_none(
    shop: OverHttp, anna: User
) -> None:
    read(shop, anna, fresh(1, manufactureDate="", sellByDate=""))
    assert anna.get(PATH).json["counts"]["dates_not_today"] == 1
    anna.put(
        "/devices/1/auto-update", json={"enabled": False, "interval_minutes": 60, "dates": "dated"}
    )
    assert anna.get(PATH).json["counts"]["dates_not_today"] == 0


def test_today_is_the_devices_own(shop: OverHttp, anna: User) -> None:
    read(shop, anna, fresh(1))
    anna.put("/devices/1", json={"time_zone": "Pacific/Kiritimati"})
    told = anna.get(PATH).json
    assert (told["today"], told["counts"]["dates_not_today"]) == ("2026-03-03", 1)


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
@pytest.mark.parametrize("check", ["", "zero_price"])
def test_pages_follow_each_other(shop: OverHttp, anna: User, limit: int, check: str) -> None:
    read(shop, anna, *(fresh(code, price=0.0 if code % 2 else 5.0) for code in range(1, 14)))
    path: str | None = f"{PATH}?limit={limit}" + (f"&check={check}" if check else "")
    codes, pages = [], 0
    while path is not None:
        page = anna.get(path).json
        assert page["counts"] == {**NONE, "zero_price": 7}
        codes += [each["code"] for each in page["products"]]
        path, pages = page["next"], pages + 1
    assert (codes, pages) == ([1, 3, 5, 7, 9, 11, 13], -(-7 // limit))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("check=nonsense", "check"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("after=-1", "after"),
        (f"after={2**63}", "after"),
    ],
)
def test_a_filter_that_will_not_do_is_refused(
    shop: OverHttp, anna: User, query: str, field: str
) -> None:
    read(shop, anna)
    answer = anna.get(f"{PATH}?{query}")
    assert kind(answer) == (422, "invalid-request")
    assert list(problem(answer)["errors"]["query"]) == [field]


def test_before_the_first_read_nothing_is_known(shop: OverHttp, anna: User, boris: User) -> None:
    anna.add_device()
    assert kind(anna.get(PATH)) == (409, "nothing-read")
    assert kind(boris.get(PATH)) == (404, "unknown-device")
    assert kind(shop.nobody.get(PATH)) == (401, "not-signed-in")


def test_every_check_has_words_for_shop_staff(shop: OverHttp, anna: User) -> None:
    odd = [
        fresh(1, sellByDate="01-03-26", price=5.0, discountPrice=6.0),
        fresh(2, manufactureDate="03-03-26", shelfLifeType="HOURS", shelfLife=30, price=0.0),
        fresh(3, shelfLifeType="HOURS", manufactureDate=""),
        fresh(4, shelfLife=None, shelfLifeInDays=None, name="a\x07"),
        fresh(5, shelfLife=0, sellByDate="", name=""),
        fresh(6, shelfLifeType="weeks", message=1, category=1, labelTemplate=1, buttonNumber=101),
        fresh(7, pluNumber=101),
        {**fresh(8), "code": 1},
        {**fresh(9), "code": 1},
        fresh(10),
        fresh(11),
    ]
    lots = [
        {"id": 1, "productCode": 10, "manufactureDate": "01-03-26"},
        {"id": 2, "productCode": 11, "shelfLifeDateTime": "01-03-26 20-00"},
    ]
    shop.scales.plug_in(HERE, {"products": odd, "lotsOfProduct": lots})
    anna.add_device()
    anna.get("/devices/1/products")
    told = anna.get(PATH).json
    assert all(told["counts"].values()), told["counts"]
    texts = [
        text
        for product in told["products"]
        for each in product["checks"]
        for text in (each["detail"], each["remedy"])
    ]
    assert len(set(texts)) > 2 * len(Check)
    for text in texts:
        assert text.endswith(".")
        assert not set("{}") & set(text), text
        assert "None" not in text, text


def test_the_fleet_counts_devices_with_something_to_look_at(
    shop: OverHttp, anna: User, boris: User
) -> None:
    read(shop, anna, fresh(1, price=0.0), fresh(2, price=0.0))
    anna.add_device(name="second")
    assert anna.get("/fleet").json["label_checks"] == {**NONE, "zero_price": 1}
    assert boris.get("/fleet").json["label_checks"] == NONE
    shop.clock.sleep(24 * 3600)
    anna = shop.sign_in("anna@example.org")
    next_day = {**NONE, "zero_price": 1, "dates_not_today": 1}
    assert anna.get("/fleet").json["label_checks"] == next_day
    shop.clock.sleep(7 * 24 * 3600)
    anna = shop.sign_in("anna@example.org")
    assert anna.get("/fleet").json["label_checks"] == {**next_day, "sell_by_past": 1}
    shop.renew(1)
    assert anna.get("/fleet").json["label_checks"] == {**NONE, "zero_price": 1}


def test_the_fleet_follows_edits_and_exceptions(shop: OverHttp, anna: User) -> None:
    read(shop, anna, fresh(1), fresh(2, manufactureDate="01-03-26"))
    assert anna.get("/fleet").json["label_checks"] == {**NONE, "dates_not_today": 1}
    for path in ("/devices/1/renewal-exceptions", "/renewal-exceptions"):
        anna.put(path, json=[{"code": 2, "keep": True}])
        assert shop.cases.products.check_forgotten_labels() == 1
        assert anna.get("/fleet").json["label_checks"] == NONE
        anna.put(path, json=[])
        assert shop.cases.products.check_forgotten_labels() == 1
        assert anna.get("/fleet").json["label_checks"] == {**NONE, "dates_not_today": 1}
    anna.patch("/devices/1/products/101", json={"fields": {"price": 0}})
    assert shop.cases.products.check_forgotten_labels() == 1
    assert shop.cases.products.check_forgotten_labels() == 0
    now = {**NONE, "dates_not_today": 1, "zero_price": 1}
    assert anna.get("/fleet").json["label_checks"] == now
    anna.put(
        "/devices/1/auto-update", json={"enabled": False, "interval_minutes": 60, "dates": "dated"}
    )
    assert shop.cases.products.check_forgotten_labels() == 1
    anna.put("/devices/1/auto-update", json={"enabled": False, "interval_minutes": 90})
    assert shop.cases.products.check_forgotten_labels() == 0


def test_labels_are_told_in_the_language_of_the_client(shop: OverHttp, anna: User) -> None:
    same, last = fresh(3, pluNumber=101), fresh(4, pluNumber=101)
    read(shop, anna, fresh(1, sellByDate="01-03-26", price=5.5, discountPrice=6.0), same, last)
    answer = anna.get(PATH, headers={"Accept-Language": "ru"})
    assert answer.headers["Content-Language"] == "ru"
    assert "Accept-Language" in answer.headers["Vary"]
    told = {each["check"]: each for each in answer.json["products"][0]["checks"]}
    assert told["sell_by_past"] == {
        "check": "sell_by_past",
        "detail": "Годен до 01.03.2026 — срок истёк.",
        "remedy": "Уберите товар с полки. Если он свежий, обновите даты или исправьте дату "
        "«Годен до».",
    }
    assert told["price_not_above_discount"]["detail"] == "Цена 5,5 не выше цены со скидкой 6."
    assert told["shared_number"]["detail"] == (
        "Такой же ПЛУ 101 имеют и другие: «Маффин» (код 3, ПЛУ 101) и ещё 1 товар."
    )
