"""What a scale means by its result codes, after the maker's programmer's guide."""

from collections.abc import Mapping
from typing import Final

from adapters.texts.languages import Language
from adapters.texts.languages import translatable as _

RESULTS: Final[Mapping[int, str]] = {
    17: _("bad tare"),
    120: _("unknown command"),
    122: _("wrong password"),
    124: _("bad parameter"),
    128: _("bad PLU"),
    130: _("bad product code"),
    140: _("empty PLU"),
    171: _("the file asked for is empty"),
    172: _("in progress"),
    188: _("the scale is not initialised"),
    196: _("category not found"),
    199: _("the previous request is not finished"),
    203: _("disk full"),
}


def meaning(language: Language, result: int) -> str:
    """Such as “bad PLU (result code 128)”."""
    if result not in RESULTS:
        return language.phrase("result code {result}", result=result)
    return language.phrase(
        "{meaning} (result code {result})", meaning=language.phrase(RESULTS[result]), result=result
    )


def because(language: Language, reason: str | int) -> str:
    """Why a scale will not take products: its own words, or its result code."""
    if isinstance(reason, int):
        return meaning(language, reason)
    return reason or language.phrase("no reason given")
