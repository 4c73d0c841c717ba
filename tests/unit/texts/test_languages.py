"""How each language writes what a text is about."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from adapters.texts.languages import Language, language, of_terminal, preferred

ENGLISH, RUSSIAN = language("en"), language("ru")


def test_facts_stand_where_the_text_names_them() -> None:
    assert ENGLISH.phrase("PLU {plu} costs {price}.", plu=10380, price=Decimal("1234.5")) == (
        "PLU 10380 costs 1,234.5."
    )


def test_what_is_not_in_the_catalogue_stays_english() -> None:
    text = RUSSIAN.phrase("PLU {plu} costs {price}.", plu=607, price=1234.5)
    assert text.replace("\N{NO-BREAK SPACE}", " ") == "PLU 607 costs 1 234,5."


def test_days_and_instants() -> None:
    facts = {"day": date(2026, 7, 23), "at": datetime(2026, 7, 23, 8, 5, tzinfo=UTC)}
    assert ENGLISH.phrase("{day}, {at}", **facts) == "2026-07-23, 2026-07-23 08:05"
    assert RUSSIAN.phrase("{day}, {at}", **facts) == "23.07.2026, 23.07.2026 08:05"


def test_several_are_enumerated() -> None:
    assert ENGLISH.enumerated(["a", "b", "c"]) == "a, b, and c"
    assert RUSSIAN.enumerated(["а", "б", "в"]) == "а, б и в"


def test_no_other_language() -> None:
    with pytest.raises(ValueError, match="de"):
        language("de")


@pytest.mark.parametrize(
    ("accepted", "spoken"),
    [
        ([], "en"),
        (["ru-RU", "ru", "en-US"], "ru"),
        (["de", "RU"], "ru"),
        (["de-DE"], "en"),
        (["en", "ru"], "en"),
    ],
)
def test_the_first_language_asked_for_that_there_is(accepted: list[str], spoken: str) -> None:
    assert preferred(accepted, default=ENGLISH) == Language(spoken)


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [
        ({}, "en"),
        ({"LANG": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LANGUAGE": "ru"}, "ru"),
        ({"LANG": "ru_RU.UTF-8", "LANGUAGE": "de_DE:en_GB"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": ""}, "en"),
    ],
)
def test_a_terminal_speaks_the_language_of_its_environment(
    environment: dict[str, str], spoken: str
) -> None:
    assert of_terminal(environment) == Language(spoken)
