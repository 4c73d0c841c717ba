"""The language in which a request is answered."""

from typing import cast

from flask import Flask, Response, current_app, g, request

from adapters.texts.failures import sentence_of
from adapters.texts.languages import Language, preferred
from domain.errors import Cause

DEFAULT = "LANGUAGE_BY_DEFAULT"


def speak(app: Flask, default: Language) -> None:
    """Make the app answer in the language that the client prefers, or else in this one. Answers
    with texts in it are marked as being in it, and as depending on what was accepted."""
    app.config[DEFAULT] = default

    @app.after_request
    def mark(answer: Response) -> Response:
        language: Language | None = g.get("language")
        return answer if language is None else in_language(language, answer)


def spoken() -> Language:
    """Returns the language in which to answer the present request."""
    if "language" not in g:
        accepted = [tag for tag, quality in request.accept_languages if quality > 0]
        g.language = preferred(accepted, cast(Language, current_app.config[DEFAULT]))
    return cast(Language, g.language)


def in_words(cause: Cause | None) -> str | None:
    """Returns why something failed, in the language of the answer."""
    # Asked first: the answer depends on the language also while nothing has failed.
    language = spoken()
    return None if cause is None else sentence_of(language, cause)


def in_language(language: Language, answer: Response) -> Response:
    """Returns the answer, marked as written in this language and as dependent on
    Accept-Language."""
    answer.headers["Content-Language"] = language.code
    answer.vary.add("Accept-Language")
    return answer
