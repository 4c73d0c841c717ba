"""The products of a device as clients see them."""

from collections.abc import Sequence
from typing import Final

from flask import Response

from adapters.json_text import dumps
from adapters.rest.http.languages import in_language, spoken
from adapters.rest.http.openapi import TEXT
from adapters.rest.http.responses import encoded
from adapters.texts.warnings import warnings
from application.ports.repositories.rendered_files import RenderedFile
from domain.json_value import Json
from domain.notices import Notice

ETAG: Final = {"ETag": {"description": "Changes with the products.", "required": True, **TEXT}}


def products_answer(file: RenderedFile, notices: Sequence[Notice]) -> Response:
    """Returns an answer with the whole file, and with warnings."""
    if not notices:
        return _with_texts(file, [])
    language = spoken()
    return in_language(language, _with_texts(file, warnings(language, notices)))


def _with_texts(file: RenderedFile, texts: Json) -> Response:
    body = b"".join((memoryview(file.body)[:-1], b',"warnings":', dumps(texts), b"}"))
    return tagged(encoded(body), file.etag)


def tagged(response: Response, etag: str) -> Response:
    """Returns the answer with its tag. It differs by user, and is valid only as long as the tag
    is."""
    response.headers["ETag"] = f'"{etag}"'
    response.headers["Cache-Control"] = "private, no-cache"
    return response
