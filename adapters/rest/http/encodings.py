"""Answers compressed with gzip, and their tags."""

from dataclasses import dataclass
from typing import Final

from flask import Request, Response
from werkzeug.datastructures import ETags

GZIP: Final = "gzip"
_SUFFIX: Final = "-gzip"


def takes_gzip(request: Request) -> bool:
    """Whether the client prefers gzip to plain text (RFC 9110, section 12.5.3)."""
    accepted = request.accept_encodings
    # Every client takes plain text, so gzip has to be ranked higher.
    return 0 < accepted.quality(GZIP) >= accepted.quality("identity")


def encoded_by_gzip(response: Response) -> Response:
    """Returns the response with gzip as its content encoding."""
    response.headers["Content-Encoding"] = GZIP
    return response


def tag_of(etag: str, *, as_gzip: bool) -> str:
    """Returns the tag of the products in one encoding. Tags are strong, so each encoding has its
    own."""
    return etag + _SUFFIX if as_gzip else etag


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags that a client sent, of either encoding."""

    named: ETags
    weakly: bool
    """Whether weak tags count too, as they do in If-None-Match."""

    def __contains__(self, etag: object) -> bool:
        if not isinstance(etag, str):
            return False
        has = self.named.contains_weak if self.weakly else self.named.contains
        return has(etag) or has(etag + _SUFFIX)
