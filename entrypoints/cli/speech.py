"""What commands say to whoever gave them: in the language that is set, else the terminal's."""

import os
from typing import Any

import click

from adapters.texts.languages import Language, of_terminal


def language() -> Language:
    """What the setting `LANGUAGE` says, also in the file of settings; else the locale."""
    # Imported only here: help is to come at once.
    from environs import Env

    from entrypoints.settings import FILE

    env = Env()
    try:
        env.read_env(FILE, recurse=False)
    except (OSError, ValueError):  # whoever reads the settings says why
        return of_terminal()
    chosen = env.str("LANGUAGE", "")
    return of_terminal({**os.environ, "LANGUAGE": chosen} if chosen else os.environ)


def phrase(english: str, **facts: object) -> str:
    """The text, with the facts in the places named in braces."""
    return language().phrase(english, **facts)


def say(english: str, *, err: bool = False, **facts: Any) -> None:
    """Print such a text in a line of its own."""
    click.echo(phrase(english, **facts), err=err)
