"""The documentation in the browser. All its files are served by the service itself."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import flask_swagger_ui
from flask import (
    Blueprint,
    Response,
    abort,
    redirect,
    render_template,
    request,
    send_from_directory,
    url_for,
)

from adapters.json_text import dumps
from adapters.rest.http.languages import in_language, spoken
from adapters.rest.http.problem_types import PROBLEM_TYPES
from adapters.rest.http.responses import encoded
from adapters.texts.languages import CODES, Language, language
from adapters.texts.problems import PROBLEMS

SWAGGER_UI: Final = Path(flask_swagger_ui.__file__).parent / "dist"
OWN_ONLY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; worker-src blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The content security policy: both pages write styles, and Redoc searches in a web worker."""


def docs_blueprint(make_document: Callable[[], dict[str, Any]]) -> Blueprint:
    """The OpenAPI document, Swagger UI, Redoc, and a page for each type of problem."""
    blueprint = Blueprint(
        "docs",
        __name__,
        static_folder="static",
        static_url_path="/docs/static",
        template_folder="templates",
    )

    @cache
    def document() -> bytes:
        return dumps(make_document())

    @blueprint.get("/openapi.json")
    def openapi() -> Response:
        return encoded(document())

    @blueprint.get("/docs")
    def swagger_ui() -> Response:
        return _page("swagger_ui.html")

    @blueprint.get("/docs/swagger-ui/<path:name>")
    def swagger_ui_file(name: str) -> Response:
        return send_from_directory(SWAGGER_UI, name)

    @blueprint.get("/redoc")
    def redoc() -> Response:
        return _page("redoc.html")

    @blueprint.get("/")
    def first_page() -> Any:
        return redirect(url_for("docs.swagger_ui"))

    @blueprint.get("/problems")
    def problems() -> Response:
        kinds = sorted(set(PROBLEM_TYPES.values()), key=lambda kind: (kind.status, kind.name))
        return _text_page("problems.html", root="", kinds=kinds, texts=PROBLEMS)

    @blueprint.get("/problems/<name>")
    def problem(name: str) -> Response:
        kind = next((kind for kind in PROBLEM_TYPES.values() if kind.name == name), None)
        if kind is None:
            abort(404)
        return _text_page("problem.html", root="../", kind=kind, text=PROBLEMS[name])

    return blueprint


def _text_page(template: str, **values: object) -> Response:
    """Returns a page in the language that the query names, or else in the one that the client
    prefers."""
    asked = request.args.get("lang")
    speech: Language = language(asked) if asked in CODES else spoken()
    return in_language(
        speech, _page(template, say=speech.phrase, speech=speech, codes=CODES, **values)
    )


def _page(template: str, **values: object) -> Response:
    page = Response(render_template(template, **values), content_type="text/html; charset=utf-8")
    page.headers["Content-Security-Policy"] = OWN_ONLY
    page.headers["Referrer-Policy"] = "no-referrer"
    return page
