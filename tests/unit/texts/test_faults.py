"""What is wrong with a value is told in a sentence, in every language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from adapters.texts.faults import COUNTED, FAULTS, about, sentence
from adapters.texts.languages import language
from domain.errors import Fault
from domain.json_value import Json

ROOT: Final = Path(__file__).parents[3]
ENGLISH, RUSSIAN = language("en"), language("ru")
OF_PARTS: Final = {"in_list", "in_name"}
"""These say what is wrong with a part of the value."""


def codes() -> Iterator[str]:
    """A pattern for every code that the source text names."""
    for floor in ("domain", "application", "adapters", "entrypoints"):
        for file in (ROOT / floor).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                for each in _given(node) if isinstance(node, ast.Call) else ():
                    yield from _pattern(each)


def _given(call: ast.Call) -> list[ast.expr]:
    """What may be codes."""
    match getattr(call.func, "id", ""):
        case "Fault" | "BadValueError" | "refused":
            return call.args[:1]
        case "Is":
            return call.args[1:2]
        case "faults":
            return [each.value for each in call.keywords]
    return []


def _pattern(code: ast.expr) -> Iterator[str]:
    if isinstance(code, ast.Constant) and isinstance(code.value, str):
        yield code.value
    elif isinstance(code, ast.JoinedStr):
        yield "".join(
            str(part.value) if isinstance(part, ast.Constant) else ".+" for part in code.values
        )


def test_every_fault_has_a_text_and_every_text_its_fault() -> None:
    told, named = {*FAULTS, *COUNTED, *OF_PARTS}, set(codes())
    assert [code for code in named if not any(re.fullmatch(code, each) for each in told)] == []
    by_name = {"which_devices", "which_product"}  # given to `exactly_one`
    unused = [
        each for each in told - by_name if not any(re.fullmatch(code, each) for code in named)
    ]
    assert unused == []


CAKE: Final[Json] = {"name": "Кекс", "code": 5, "plu": None}


@pytest.mark.parametrize(
    ("fault", "english", "russian"),
    [
        (
            Fault("out_of_range", {"lowest": 0, "highest": 999_999.99}),
            "Must be from 0 to 999,999.99.",
            "Введите число от 0 до 999 999,99.",
        ),
        (
            Fault("too_long", {"most": 1}),
            "Must have at most 1 character.",
            "Введите не больше 1 символа.",
        ),
        (
            Fault("too_long", {"most": 120}),
            "Must have at most 120 characters.",
            "Введите не больше 120 символов.",
        ),
        (
            Fault(
                "number_taken", {"number": 7, "product": {"name": "Кекс", "code": 5, "plu": None}}
            ),
            "“Кекс” (code 5, PLU –) goes by the number 7 already.",
            "Номер 7 уже занят: «Кекс» (код 5, ПЛУ –).",
        ),
        (
            Fault("not_one_of", {"choices": ["DAYS", "HOURS"]}),
            "Must be one of: DAYS, HOURS.",
            "Выберите одно из значений: DAYS, HOURS.",
        ),
        (
            Fault("in_name", {"code": "holds_nul", "facts": {}}),
            "The name: Must not contain the character NUL.",
            "Название поля: Уберите символ с кодом 0.",
        ),
    ],
)
def test_a_fault_is_told_with_its_facts(fault: Fault, english: str, russian: str) -> None:
    assert sentence(ENGLISH, fault) == english
    assert sentence(RUSSIAN, fault).replace("\N{NO-BREAK SPACE}", " ") == russian


def test_people_call_a_field_by_its_name() -> None:
    fault = Fault("not_a_number")
    assert about(ENGLISH, "price", fault) == "price: Must be a number."
    assert about(RUSSIAN, "price", fault) == "Цена: Введите число."
    assert about(RUSSIAN, "sellByDate", fault) == "Годен до: Введите число."
    assert about(RUSSIAN, "odd", fault) == "odd: Введите число."
    assert about(RUSSIAN, None, fault) == "Введите число."


def test_a_member_of_a_list_is_named_by_its_place_and_field() -> None:
    facts: dict[str, Json] = {"number": 2, "field": "code", "code": "required", "facts": {}}
    assert sentence(RUSSIAN, Fault("in_list", facts)) == "Строка 2 списка: Код: Не указано."
    assert sentence(ENGLISH, Fault("in_list", facts)) == "Number 2 of the list: code: Is missing."
