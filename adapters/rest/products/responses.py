"""A device's products as clients see them, whole."""

from collections.abc import Sequence
from typing import Final

from flask import Response

from adapters.json_text import dumps
from adapters.rest.http.openapi import TEXT
from adapters.rest.http.responses import encoded
from application.ports.repositories.rendered_files import RenderedFile
from domain.json_value import Json

ETAG: Final = {"ETag": {"description": "Changes with the products.", "required": True, **TEXT}}


def products_answer(file: RenderedFile, warnings: Sequence[str]) -> Response:
    """The whole file, as text, with what clients should be warned of."""
    texts = dumps(list[Json](warnings))
    body = b"".join((memoryview(file.body)[:-1], b',"warnings":', texts, b"}"))
    return tagged(encoded(body), file.etag)


def tagged(response: Response, etag: str) -> Response:
    """Answers differ by user, and hold only as long as the tag does."""
    response.headers["ETag"] = f'"{etag}"'
    response.headers["Cache-Control"] = "private, no-cache"
    return response
