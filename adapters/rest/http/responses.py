"""Answers in JSON, encoded once."""

from datetime import UTC, datetime

from flask import Response

from adapters.json_text import dumps
from domain.devices.device_text import LONGEST, cut
from domain.json_value import Json
from domain.products.product import Product, number, plu_of

CONTENT_TYPE = "application/json"


def answer(value: Json, status: int = 200) -> Response:
    """Returns an answer with a value as JSON."""
    return encoded(dumps(value), status)


def encoded(body: bytes, status: int = 200) -> Response:
    """Returns an answer with a body that is JSON already."""
    return Response(body, status, content_type=CONTENT_TYPE)


def instant(at: datetime | None) -> str | None:
    """Returns an instant as "2026-11-23T07:19:42Z": in UTC, to the second."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def named(product: Product) -> dict[str, Json]:
    """Returns enough of a product to recognise it."""
    return {
        "plu": plu_of(product),
        "code": number(product.get("code")),
        "name": brief(product.get("name")),
    }


def brief(value: Json) -> Json:
    """Returns the value. A text from a device is cut to the length that is shown."""
    return cut(value) if isinstance(value, str) and len(value) > LONGEST else value
