"""Texts from a device, made fit to be shown, stored and logged."""

from typing import Final

LONGEST: Final = 500
"""Characters."""


def cut(text: str) -> str:
    """Returns the text in one line, cut to LONGEST characters."""
    shown = text[: LONGEST + 1]
    if not shown.isprintable():
        shown = "".join(letter if letter.isprintable() else " " for letter in shown)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
