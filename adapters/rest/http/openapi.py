"""The OpenAPI document: every operation with everything that it can answer."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final, TypeVar

import flask_smorest
from flask import Flask
from werkzeug.exceptions import InternalServerError, RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.routing import BaseConverter, ValidationError

from adapters.rest.http.faults import LARGEST
from adapters.rest.http.links import links_of
from adapters.rest.http.parsing import StrictParser
from adapters.rest.http.problem_types import (
    PROBLEM_TYPES,
    InvalidRequestError,
    MalformedBodyError,
    ProblemType,
    distinct,
)
from adapters.rest.http.problems import CONTENT_TYPE
from adapters.rest.http.schemas import (
    ProblemSchema,
    ProductsAtFaultProblemSchema,
    ValidationProblemSchema,
)
from adapters.texts.failures import remedy
from adapters.texts.languages import ENGLISH
from application.ports.storage import StorageNotReadyError
from application.ports.tokens import InvalidTokenError
from domain.products.refused import ProductsAtFaultError

View = TypeVar("View", bound=Callable[..., Any])

SIGN_IN: Final = "SignIn"
TEXT: Final = {"schema": {"type": "string"}}
REQUEST_ID: Final = {
    "X-Request-ID": {"description": "Names this request in the service's log.", **TEXT}
}


class Number(BaseConverter):
    """A number in a path, no larger than a database can hold. A path with anything else does not
    exist."""

    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        number = int(value)
        if number > LARGEST:
            raise ValidationError
        return number

    def to_url(self, value: int) -> str:
        return str(value)


class Blueprint(flask_smorest.Blueprint):
    """Resources of one capability. They require a token, unless they are `public`."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(
        self, name: str, import_name: str, *, public: bool = False, **options: object
    ) -> None:
        super().__init__(name, import_name, **options)
        self.public = public
        self._prepare_doc_cbks.append(self._prepare_problems_doc)

    @staticmethod
    def fails(*failures: type[Exception]) -> Callable[[View], View]:
        """Document the failures of an operation, besides those of every operation."""

        def document(view: View) -> View:
            documented = getattr(view, "_apidoc", {})
            view._apidoc = {**documented, "failures": failures}  # type: ignore[attr-defined]
            return view

        return document

    @staticmethod
    def takes(*headers: dict[str, Any]) -> Callable[[View], View]:
        """Document the headers that an operation reads, besides its arguments."""

        def document(view: View) -> View:
            documented = getattr(view, "_apidoc", {})
            view._apidoc = {**documented, "takes": headers}  # type: ignore[attr-defined]
            return view

        return document

    def _prepare_problems_doc(
        self, doc: dict[str, Any], doc_info: dict[str, Any], **_: object
    ) -> dict[str, Any]:
        failures = {InternalServerError, *doc_info.get("failures", ())}
        if self.public:
            doc["security"] = []
        else:
            failures |= {InvalidTokenError, StorageNotReadyError}
        if "arguments" in doc_info:
            failures.add(InvalidRequestError)
        if "requestBody" in doc:
            failures |= {RequestEntityTooLarge, UnsupportedMediaType}
            if "application/json" in doc["requestBody"]["content"]:
                failures.add(MalformedBodyError)
        if headers := doc_info.get("takes"):
            doc["parameters"] = [*doc.get("parameters", ()), *headers]
        responses = doc.get("responses", {})
        for answer in responses.values():
            if isinstance(answer, dict):
                answer["headers"] = {**answer.get("headers", {}), **REQUEST_ID}
        # In the order of the table, so that the document is the same each time.
        ordered = sorted(failures, key=list(PROBLEM_TYPES).index)
        documented = {**responses, **_by_status(distinct(ordered))}
        doc["responses"] = dict(sorted(documented.items()))
        return doc


def _by_status(kinds: Iterable[ProblemType]) -> dict[int, dict[str, Any]]:
    by_status: dict[int, list[ProblemType]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status.value, []).append(kind)
    return {status: _response(kinds) for status, kinds in by_status.items()}


def _response(kinds: list[ProblemType]) -> dict[str, Any]:
    """Returns the answer with a status that stands for any of these problems."""
    titles = dict.fromkeys(kind.title for kind in kinds)
    schemas = [
        {"$ref": f"#/components/schemas/{name}"} for name in dict.fromkeys(map(_schema_of, kinds))
    ]
    return {
        "description": "; or: ".join(titles),
        "headers": {name: each for kind in kinds for name, each in _headers(kind).items()},
        "content": {
            CONTENT_TYPE: {
                "schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas},
                "examples": {
                    kind.name: {"summary": kind.title, "value": _example(kind)} for kind in kinds
                },
            }
        },
    }


def _schema_of(kind: ProblemType) -> str:
    if kind.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return "ValidationProblem"
    return "ProductsAtFaultProblem" if kind is PROBLEM_TYPES[ProductsAtFaultError] else "Problem"


def _headers(kind: ProblemType) -> dict[str, Any]:
    headers: dict[str, Any] = dict(REQUEST_ID)
    if kind.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = {"description": "Bearer", "required": True, **TEXT}
    if kind.retry_after is not None:
        headers["Retry-After"] = {
            "description": "Seconds after which it may go better.",
            "required": True,
            "schema": {"type": "integer"},
        }
    return headers


def _example(kind: ProblemType) -> dict[str, Any]:
    example: dict[str, Any] = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status.value,
        "detail": kind.detail,
        "instance": "/devices/7",
        "code": kind.example.code,
    }
    cause = kind.example
    if advice := remedy(ENGLISH, str(cause.code), cause.facts):
        example["remedy"] = advice
    if links := links_of(str(cause.code), cause.facts, "", {"device_id": 7}):
        example["links"] = links
    if kind.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        field, _, message = kind.detail.partition(": ")
        example["errors"] = {"json": {field: [message]}}
    if kind is PROBLEM_TYPES[ProductsAtFaultError]:
        example["products"] = [{"plu": 607, "code": 50, "name": "Bagel", "reason": "Wrong price."}]
    return example


class Api(flask_smorest.Api):
    """Collects the document. `problems.py` answers problems, and `Blueprint` documents them."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Flask, *, version: str) -> None:
        app.config.update(API_TITLE="Web Scales", API_VERSION=version, OPENAPI_VERSION="3.1.0")
        app.url_map.converters["number"] = Number
        super().__init__(
            app,
            spec_kwargs={
                "info": {"description": _description()},
                # The server is relative to the document, so that it is right under any prefix.
                "servers": [{"url": "."}],
                "security": [{SIGN_IN: []}],
            },
        )
        self.register_converter(
            Number, lambda _: {"type": "integer", "minimum": 0, "maximum": LARGEST}
        )
        self.spec.components.schema("Problem", schema=ProblemSchema)
        self.spec.components.schema("ValidationProblem", schema=ValidationProblemSchema)
        self.spec.components.schema("ProductsAtFaultProblem", schema=ProductsAtFaultProblemSchema)
        self.spec.components.security_scheme(
            SIGN_IN,
            {
                "type": "oauth2",
                "description": "The email address and the password of a registered user.",
                "flows": {"password": {"tokenUrl": "auth/login", "scopes": {}}},
            },
        )

    def _register_responses(self) -> None:
        """Adds no shared parameters: each operation lists its own."""

    def _register_etag_headers(self) -> None:
        """Adds no shared answers."""

    def _register_pagination_header(self) -> None:
        """Adds no pagination."""

    def _register_error_handlers(self) -> None:
        """Adds no error handlers: `problems.py` has them all."""


def _description() -> str:
    return """\
Keeps a fleet of label-printing trade scales (Mertech M-ER 725) right: register scales, see and edit
their products, send the edits, and have the dates on the labels renewed.

Register, sign in, and send the token as `Authorization: Bearer …`; you see your own devices only.
Edits wait beside the product file until an upload sends them; `POST /runs` and
`Prefer: respond-async` do what takes long without being waited for.
Every error is `application/problem+json` (RFC 9457) with one of [these types](problems).
JSON needs no `Content-Type`; numbers and booleans may stand in texts (`"1112"`, `"true"`).
"""
