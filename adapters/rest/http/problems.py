"""Errors as RFC 9457 problem details."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, NotFound, UnsupportedMediaType

from adapters.json_text import dumps
from adapters.rest.http.faults import first_of, sentences
from adapters.rest.http.languages import spoken
from adapters.rest.http.links import links_of
from adapters.rest.http.problem_types import (
    PROBLEM_TYPES,
    WHOLE,
    InvalidRequestError,
    ProblemType,
    problem_type_of,
)
from adapters.rest.http.requests import led_back
from adapters.rest.http.responses import named
from adapters.texts.failures import remedy, sentence_of
from adapters.texts.results import because
from application.conversations.errors import TooManyConversationsError
from application.ports.password_hasher import HashingBusyError
from application.products.large_files import TooManyFilesError
from domain.errors import Cause, Failure, InvalidFieldsError
from domain.json_value import Json
from domain.products.refused import ProductsAtFaultError

log = logging.getLogger(__name__)

CONTENT_TYPE: Final = "application/problem+json"


def answer_problems(app: Flask) -> None:
    """Have the app answer every failure as a problem, whatever raised it."""
    for failure in PROBLEM_TYPES:
        if not issubclass(failure, HTTPException):
            app.register_error_handler(failure, _foreseen)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(NotFound, _of_unknown_path)


def _foreseen(error: Exception) -> Response:
    kind = problem_type_of(type(error))
    if kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # Turning requests away is to cost next to nothing.
        crowded = (HashingBusyError, TooManyConversationsError, TooManyFilesError)
        turned_away = isinstance(error, crowded)
        log.log(logging.DEBUG if turned_away else logging.WARNING, "%s: %s", kind.name, error)
    answer = _problem(kind, cause_of(error, kind), _more_of(error))
    if kind.status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if kind.retry_after is not None:
        answer.headers["Retry-After"] = str(kind.retry_after)
    return answer


def cause_of(error: Exception, kind: ProblemType) -> Cause:
    """What is told of a failure of this kind; of values that cannot be used, what is wrong with
    the first of them."""
    if isinstance(error, InvalidRequestError):
        first = first_of(spoken(), next(iter(error.errors.values())), WHOLE)
        return Cause(error.code, text=first)
    if isinstance(error, InvalidFieldsError):
        return Cause(error.code, text=first_of(spoken(), error.errors, WHOLE))
    return Cause.of(error) if isinstance(error, Failure) else kind.example


def _of_http(error: HTTPException) -> Response:
    """For what Flask and Werkzeug raise; headers such as Allow are kept."""
    for each in type(error).__mro__:
        if each in PROBLEM_TYPES:
            kind, cause = PROBLEM_TYPES[each], PROBLEM_TYPES[each].example
            if each is UnsupportedMediaType and error.description:
                cause = Cause(str(cause.code), {"form": error.description})
            answer = _problem(kind, cause)
            break
    else:
        status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
        words = error.description or status.description or status.phrase
        answer = _answer("about:blank", status.phrase, status, {"detail": words})
    for name, value in error.get_headers(request.environ):
        if name not in ("Content-Type", "Content-Length"):
            answer.headers[name] = value
    return answer


def _of_unknown_path(error: NotFound) -> Response:
    return led_back() or _of_http(error)


def _more_of(error: Exception) -> dict[str, Json]:
    """Members that only some problems have."""
    if isinstance(error, InvalidRequestError):
        by_location: Json = {
            location: {field: sentences(spoken(), faults) for field, faults in fields.items()}
            for location, fields in error.errors.items()
        }
        return {"errors": by_location}
    if isinstance(error, InvalidFieldsError):
        by_field: Json = {
            field: sentences(spoken(), faults) for field, faults in error.errors.items()
        }
        return {"errors": {"json": by_field}}
    if isinstance(error, ProductsAtFaultError):
        language = spoken()
        return {
            "products": [
                {
                    **named(culprit.product),
                    "reason": culprit.reason and because(language, culprit.reason),
                }
                for culprit in error.culprits
            ]
        }
    return {}


def _problem(kind: ProblemType, cause: Cause, more: Mapping[str, Json] | None = None) -> Response:
    language, code = spoken(), str(cause.code)
    members: dict[str, Json] = {"detail": sentence_of(language, cause), "code": code}
    if advice := remedy(language, code, cause.facts):
        members["remedy"] = advice
    if links := links_of(code, cause.facts, request.root_path, request.view_args):
        members["links"] = links
    return _answer(kind.type, kind.title, kind.status, {**members, **(more or {})})


def _answer(uri: str, title: str, status: HTTPStatus, more: Mapping[str, Json]) -> Response:
    problem: dict[str, Json] = {
        "type": uri,
        "title": title,
        "status": status.value,
        "instance": quote(request.root_path + request.path),
        **more,
    }
    return Response(dumps(problem), status, content_type=CONTENT_TYPE)
