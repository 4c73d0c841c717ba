"""What a device says in words, fit to be shown, kept and logged."""

from typing import Final

LONGEST: Final = 500
"""Characters."""


def cut(text: str) -> str:
    """The text in one line, and at most LONGEST characters of it."""
    shown = text[: LONGEST + 1]
    if not shown.isprintable():
        shown = "".join(letter if letter.isprintable() else " " for letter in shown)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
