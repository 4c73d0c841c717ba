"""Answers compressed by gzip, for clients that take them so, and the tags of either form."""

from dataclasses import dataclass
from typing import Final

from flask import Request, Response
from werkzeug.datastructures import ETags

GZIP: Final = "gzip"
_SUFFIX: Final = "-gzip"


def takes_gzip(request: Request) -> bool:
    """Whether the client would rather have gzip than the plain text: RFC 9110, section 12.5.3."""
    accepted = request.accept_encodings
    # Plain text is what everybody takes: only who ranks it higher would rather have it.
    return 0 < accepted.quality(GZIP) >= accepted.quality("identity")


def encoded_by_gzip(response: Response) -> Response:
    """The response, whose body is gzip's, marked as such."""
    response.headers["Content-Encoding"] = GZIP
    return response


def tag_of(etag: str, *, as_gzip: bool) -> str:
    """The tag of one form. Tags are strong, so two forms of the same products differ in it."""
    return etag + _SUFFIX if as_gzip else etag


@dataclass(frozen=True, slots=True)
class Tags:
    """Tags that a client names, whichever form of the products it has them from."""

    named: ETags
    weakly: bool
    """Whether weak tags count too, as in If-None-Match."""

    def __contains__(self, etag: object) -> bool:
        if not isinstance(etag, str):
            return False
        has = self.named.contains_weak if self.weakly else self.named.contains
        return has(etag) or has(etag + _SUFFIX)
