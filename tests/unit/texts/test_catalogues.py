"""Every text for people exists in every language, and speaks of scales and products alone."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from adapters.texts.languages import CODES
from entrypoints.settings import NAMES

ROOT: Final = Path(__file__).parents[3]
SPOKEN: Final = {"_": None, "phrase": None, "say": None, "plural": (1, 2)}
"""What texts are given to, and which of its arguments are texts."""
SOURCES: Final = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
LANGUAGES: Final = [code for code in CODES if code != "en"]
TECHNICAL: Final = re.compile(
    r"\b(GET|POST|PUT|PATCH|DELETE|HEAD|HTTP|NoneType|dict|str|int|float|bool)\b|\b\w+Error\b|/\w+/"
)


def written() -> dict[str, tuple[str, int]]:
    """Each text in the code, by its English (the singular, where it has two), with its place."""
    found = {}
    for floor in ("adapters", "entrypoints"):
        for name, line, message, *_ in extract_from_dir(ROOT / floor, SOURCES, keywords=SPOKEN):
            english = message[0] if isinstance(message, tuple) else message
            found[english] = (f"{floor}/{name}", line)
    return found


def catalogue(code: str) -> Catalog:
    with (ROOT / "adapters" / "texts" / "locale" / f"{code}.po").open("rb") as file:
        read: Catalog = read_po(file, locale=code, abort_invalid=True)
        return read


def messages(code: str) -> Iterator[Message]:
    return (message for message in catalogue(code) if message.id)


def singular(message: Message) -> str:
    return str(message.id[0] if message.pluralizable else message.id)


def forms(message: Message) -> list[str]:
    string = message.string
    return list(string) if isinstance(string, tuple | list) else [string or ""]


def places(text: str) -> set[str]:
    return set(re.findall(r"{(\w*)}", text))


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_text_is_translated(code: str) -> None:
    translated = {singular(message) for message in messages(code) if all(forms(message))}
    missing = {text: place for text, place in written().items() if text not in translated}
    assert missing == {}


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_translation_is_unused_or_unsure(code: str) -> None:
    assert {singular(message) for message in messages(code)} <= set(written())
    assert [singular(message) for message in messages(code) if message.fuzzy] == []
    assert list(catalogue(code).obsolete) == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_translation_names_the_same_facts(code: str) -> None:
    for message in messages(code):
        ids = list(message.id) if message.pluralizable else [message.id]
        for form in forms(message):
            assert places(form) == places(str(ids[-1])), message.id


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_text_with_a_number_has_as_many_forms_as_the_language(code: str) -> None:
    wanted = catalogue(code).num_plurals
    for message in messages(code):
        if message.pluralizable:
            assert len(forms(message)) == wanted, message.id
            assert len(set(forms(message))) > 1, message.id


@pytest.mark.parametrize("code", CODES)
def test_no_text_names_a_path_a_setting_or_a_type(code: str) -> None:
    texts = (
        list(written())
        if code == "en"
        else [form for message in messages(code) for form in forms(message)]
    )
    for text in texts:
        assert not TECHNICAL.search(text), text
        assert not set(re.findall(r"[A-Z][A-Z_]{3,}", text)) & set(NAMES), text


def test_the_catalogues_are_those_of_the_languages() -> None:
    files = (ROOT / "adapters" / "texts" / "locale").glob("*")
    assert sorted(file.name for file in files) == sorted(f"{code}.po" for code in LANGUAGES)
