"""Preferences of clients (RFC 7240)."""

from typing import Any, Final
from urllib.request import parse_http_list

from flask import request

RESPOND_ASYNC: Final = "respond-async"
PREFER: Final[dict[str, Any]] = {
    "in": "header",
    "name": "Prefer",
    "description": (
        f"With `{RESPOND_ASYNC}` (RFC 7240) nothing is waited for: the answer is 202, and the "
        "work is done later. Other preferences are ignored."
    ),
    "schema": {"type": "string"},
    "example": RESPOND_ASYNC,
}


def prefers_async() -> bool:
    """Whether the client prefers not to wait for the result."""
    return names_async(request.headers.get("Prefer", ""))


def names_async(preferences: str) -> bool:
    """Whether a header, or several joined by commas, states the preference.

    The preference takes no value. If its name is there several times, the first counts.
    """
    for preference in parse_http_list(preferences):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == RESPOND_ASYNC:
            return value.strip() in ("", '""')
    return False
