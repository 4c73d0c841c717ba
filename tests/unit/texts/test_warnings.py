"""What clients are warned of is told in every language."""

import pytest

from adapters.texts.languages import language
from adapters.texts.warnings import warning, warnings
from domain.json_value import Json
from domain.notices import Notice

ENGLISH, RUSSIAN = language("en"), language("ru")
CAKE: dict[str, Json] = {"name": "Кекс", "code": 5, "plu": 607}
BUN: dict[str, Json] = {"name": "Булочка", "code": None, "plu": 607}


@pytest.mark.parametrize(
    ("notice", "english", "russian"),
    [
        (
            Notice("shared_plu", {"number": 607, "products": [CAKE, BUN], "total": 4}),
            "“Кекс” (code 5, PLU 607), “Булочка” (code –, PLU 607), and 2 others share the "
            "PLU 607:",
            "Один и тот же ПЛУ 607: «Кекс» (код 5, ПЛУ 607), «Булочка» (код –, ПЛУ 607) "
            "и ещё 2 товара. ",
        ),
        (
            Notice("shared_code", {"number": 5, "products": [CAKE, CAKE], "total": 2}),
            "“Кекс” (code 5, PLU 607) and “Кекс” (code 5, PLU 607) share the code 5:",
            "Один и тот же код 5: «Кекс» (код 5, ПЛУ 607) и «Кекс» (код 5, ПЛУ 607). ",
        ),
        (
            Notice("more_shared_numbers", {"number": 21}),
            "21 further PLUs or codes on this scale are shared",
            "Ещё 21 ПЛУ или код на этих весах принадлежит",
        ),
        (
            Notice(
                "unknown_shelf_life_types", {"products": [{**CAKE, "type": "WEEKS"}], "total": 6}
            ),
            "The shelf life is neither in DAYS nor in HOURS (“Кекс” (code 5, PLU 607): “WEEKS”; "
            "5 more products):",
            "Срок годности задан не в DAYS (сутки) и не в HOURS (часы): «Кекс» (код 5, ПЛУ 607): "
            "«WEEKS»; ещё 5 товаров. ",
        ),
        (
            Notice(
                "changed_by_others",
                {"products": [{**CAKE, "fields": ["price", "sellByDate"]}], "total": 1},
            ),
            "Since the scale was last talked to, somebody else changed products on it. "
            "“Кекс” (code 5, PLU 607): price, sellByDate.",
            "После прошлого сеанса связи кто-то изменил товары на весах. "
            "«Кекс» (код 5, ПЛУ 607): Цена, Годен до.",
        ),
        (
            Notice("replaced", {"missing": 678, "total": 678}),
            "The scale lacked 678 of the 678 products",
            "На весах не было 678 из 678 товаров",
        ),
        (
            Notice("refused_together"),
            "The scale refused the products together",
            "Весы отклонили товары все сразу",
        ),
        (
            Notice("shared_address"),
            "Another of your scales has the same address and port",
            "Такой же адрес и порт есть ещё у одной вашей записи",
        ),
    ],
)
def test_a_warning_is_told_with_its_facts(notice: Notice, english: str, russian: str) -> None:
    assert warning(ENGLISH, notice).startswith(english)
    assert warning(RUSSIAN, notice).startswith(russian)
    assert warnings(ENGLISH, [notice]) == [warning(ENGLISH, notice)]
