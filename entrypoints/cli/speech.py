"""What commands say to whoever gave them, in the language of the terminal."""

from typing import Any

import click

from adapters.texts.languages import of_terminal


def phrase(english: str, **facts: object) -> str:
    """The text, with the facts in the places named in braces."""
    return of_terminal().phrase(english, **facts)


def say(english: str, *, err: bool = False, **facts: Any) -> None:
    """Print such a text in a line of its own."""
    click.echo(phrase(english, **facts), err=err)
