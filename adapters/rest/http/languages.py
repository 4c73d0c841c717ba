"""The language in which a request is answered."""

from typing import cast

from flask import Flask, Response, current_app, request

from adapters.texts.languages import Language, preferred

DEFAULT = "LANGUAGE_BY_DEFAULT"


def speak(app: Flask, default: Language) -> None:
    """Make the app answer in the language that the client prefers, or else in this one."""
    app.config[DEFAULT] = default


def spoken() -> Language:
    """Returns the language in which to answer the present request."""
    accepted = [tag for tag, quality in request.accept_languages if quality > 0]
    return preferred(accepted, cast(Language, current_app.config[DEFAULT]))


def told_in(language: Language, answer: Response) -> Response:
    """Returns the answer, marked as written in this language and as dependent on
    Accept-Language."""
    answer.headers["Content-Language"] = language.code
    answer.vary.add("Accept-Language")
    return answer
