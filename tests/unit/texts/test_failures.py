"""Sentences and remedies of failures, made of their codes and facts."""

import pytest

from adapters.texts.failures import FAILURES, remedy, sentence, sentence_of
from adapters.texts.languages import ENGLISH, language
from domain.errors import UNFORESEEN, Cause, ClashingEditsError, PasswordNotTriedError
from domain.json_value import Json
from tests.unit.test_failure_codes import of_the_core

RUSSIAN = language("ru")
BAGEL: Json = {"code": 50, "plu": 607, "name": "Бублик"}


def test_every_failure_of_the_core_has_a_sentence() -> None:
    codes = {each.code for each in of_the_core() if "code" in vars(each)}
    assert codes | {UNFORESEEN, "FileEmpty"} <= set(FAILURES)


@pytest.mark.parametrize("code", sorted(FAILURES))
def test_facts_that_another_version_left_out_are_no_obstacle(code: str) -> None:
    for spoken in (ENGLISH, RUSSIAN):
        assert sentence(spoken, code, {})
        assert remedy(spoken, code, {}) != ""


def test_products_are_called_as_shop_staff_know_them() -> None:
    facts = ClashingEditsError([4, 7], [BAGEL], 3, "plu", 607).facts
    russian = sentence(RUSSIAN, "ClashingEdits", facts)
    assert russian.startswith("После правок 4 и 7 ПЛУ 607")
    assert "«Бублик» (код 50, ПЛУ 607)" in russian
    assert "ещё 2 товара" in russian
    assert "“Бублик” (code 50, PLU 607)" in sentence(ENGLISH, "ClashingEdits", facts)


@pytest.mark.parametrize(("refusals", "times"), [(1, "1 раз "), (2, "2 раза"), (5, "5 раз ")])
def test_numbers_are_said_as_the_language_wants(refusals: int, times: str) -> None:
    facts = PasswordNotTriedError(refusals, None).facts
    assert times in sentence(RUSSIAN, "PasswordNotTried", facts)


def test_a_result_code_is_told_with_its_meaning() -> None:
    assert sentence(RUSSIAN, "ScalesRefused", {"result": 203}) == (
        "Весы отклонили запрос: диск заполнен (код ответа 203)."
    )


def test_a_text_of_its_time_stays_as_it_is() -> None:
    assert sentence_of(RUSSIAN, Cause("ScalesRefused", text="The device refused.")) == (
        "The device refused."
    )


def test_a_code_that_nobody_knows_is_named() -> None:
    assert "Newer" in sentence(RUSSIAN, "Newer", {})
