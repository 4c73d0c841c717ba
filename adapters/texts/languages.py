"""The languages that people are spoken to in, and how each writes numbers and dates.

Texts stand in the code in English, marked by `translatable` or given to `Language.phrase`; the
others stand in `locale/*.po`, as gettext keeps them.
"""

import gettext
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any, Final

CODES: Final = ("en", "ru")
"""As ISO 639 names them. English is what the texts are written in."""


@dataclass(frozen=True, slots=True)
class Language:
    """One of `CODES`."""

    code: str

    def phrase(self, english: str, **facts: object) -> str:
        """The text in this language, with the facts in the places named in braces.

        Fractions, dates and instants are written as the language writes them; whole numbers as
        they are, since most name something, such as a PLU.
        """
        return _catalogue(self.code).gettext(english).format_map(self._written(facts))

    def plural(self, one: str, many: str, number: int, **facts: object) -> str:
        """The text that fits the number, which stands in the place `{number}`."""
        text = _catalogue(self.code).ngettext(one, many, number)
        return text.format_map({"number": self.number(number), **self._written(facts)})

    def number(self, value: float | Decimal) -> str:
        """Such as 1 234,5."""
        from babel.numbers import format_decimal

        return format_decimal(value, locale=self.code)

    def day(self, value: date) -> str:
        """Such as 23.07.2026."""
        return value.strftime("%d.%m.%Y" if self.code == "ru" else "%Y-%m-%d")

    def enumerated(self, texts: Sequence[str]) -> str:
        """Such as “a, b and c”."""
        from babel.lists import format_list

        return format_list(texts, locale=self.code)

    def _written(self, facts: dict[str, object]) -> dict[str, object]:
        return {name: self._fact(value) for name, value in facts.items()}

    def _fact(self, value: object) -> object:
        if not isinstance(value, float | Decimal | date):
            return value
        if isinstance(value, datetime):
            return f"{self.day(value)} {value:%H:%M}"
        return self.day(value) if isinstance(value, date) else self.number(value)


ENGLISH: Final = Language("en")


def language(code: str) -> Language:
    """Raises ValueError when there is no such language."""
    if code not in CODES:
        raise ValueError(f"There is no language {code}.")
    return Language(code)


def preferred(accepted: Sequence[str], default: Language) -> Language:
    """The first of the tags in an order of preference, such as ru-RU, that there is a language
    for."""
    for tag in accepted:
        code = tag.partition("-")[0].lower()
        if code in CODES:
            return Language(code)
    return default


def of_terminal(environment: Mapping[str, str] = os.environ) -> Language:
    """The language of whoever works at a terminal: what `LANGUAGE` says, else the locale."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        tags = [tag.replace("_", "-") for tag in environment.get(name, "").split(":") if tag]
        if tags:
            return preferred(tags, ENGLISH)
    return ENGLISH


def translatable(english: str) -> str:
    """Mark a text that `Language.phrase` is given elsewhere."""
    return english


def translatable_plural(one: str, many: str) -> tuple[str, str]:
    """Mark the texts that `Language.plural` is given elsewhere."""
    return one, many


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    """Read when the language is first spoken: it takes memory that not every process needs."""
    if code == "en":
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with files(__package__).joinpath("locale", f"{code}.po").open("rb") as file:
        catalogue: Any = read_po(file, locale=code)
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
