"""The Flask application."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask
from flask_cors import CORS

from adapters.rest.http.docs import docs_blueprint
from adapters.rest.http.languages import speak
from adapters.rest.http.live import forbid_head
from adapters.rest.http.openapi import Api, Blueprint
from adapters.rest.http.problems import answer_problems
from adapters.rest.http.requests import name_requests, want_token
from adapters.texts.languages import ENGLISH, Language
from domain.accounts.user import UserId

VERSION: Final = "1"
"""The version of the HTTP contract, to which things are only added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestSettings:
    """Settings of the web application.

    `cors_allow_origins` lists the web pages from which browsers may call. `language` is for clients
    that ask for none.
    """

    cors_allow_origins: tuple[str, ...] = ()
    docs: bool = True
    max_body_bytes: int = 1024 * 1024
    language: Language = ENGLISH


class _App(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it is. None is a coroutine, and to ask takes longer than most
        of them."""
        return func


def rest_app(
    *blueprints: Blueprint, settings: RestSettings, identify: Callable[[str], UserId]
) -> Flask:
    """Returns the application with these resources.

    `identify` returns the user of a token. It raises InvalidTokenError.
    """
    app = _App(__name__, static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_body_bytes,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.url_map.merge_slashes = False
    api = Api(app, version=VERSION)
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
    anybodys: set[str] = set()
    public = {blueprint.name for blueprint in blueprints if blueprint.public}
    if settings.docs:
        docs = docs_blueprint(api.spec.to_dict)
        app.register_blueprint(docs)
        public.add(docs.name)
        anybodys.add(docs.name)
    forbid_head(app)
    speak(app, settings.language)
    name_requests(app, anybodys=anybodys)
    want_token(app, identify, public=public)
    answer_problems(app)
    if settings.cors_allow_origins:
        CORS(
            app,
            origins=[_literally(origin) for origin in settings.cors_allow_origins],
            expose_headers=[
                "ETag",
                "Location",
                "Preference-Applied",
                "Retry-After",
                "X-Request-ID",
            ],
            max_age=600,
        )
    return app


def _literally(origin: str) -> str | re.Pattern[str]:
    """Returns the origin as flask-cors expects it: it takes a text with characters such as [ for a
    pattern."""
    plain = origin == "*" or re.fullmatch("[a-zA-Z0-9+.:/_-]+", origin)
    return origin if plain else re.compile(re.escape(origin) + r"\Z", re.IGNORECASE)
