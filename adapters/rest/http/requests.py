"""What every request goes through: it gets an id, and its user is identified."""

import logging
import re
from collections.abc import Callable, Container
from typing import Final, cast
from urllib.parse import quote
from uuid import uuid4

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import (
    HTTPException,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
    RequestHeaderFieldsTooLarge,
)

from application import log_context as context
from application.ports.tokens import InvalidTokenError
from domain.accounts.user import UserId

log = logging.getLogger(__name__)

_ID = re.compile(r"[A-Za-z0-9._:+=/@-]{1,128}")
HEADER = "X-Request-ID"
BODY_LEFT_OUT: Final = "web_scales.body_left_out"
"""A key in the environment of a request whose body the server did not read. The body is larger than
is allowed, or than is allowed without a valid token."""
LONGEST_HEADER: Final = 16_384
"""Characters. No client of ours needs more in one header."""


def name_requests(app: Flask, *, anybodys: Container[str]) -> None:
    """Give each request an id, or keep the one that the client sent. It is in the answer and in the
    log.

    Proxies may not store an answer, unless its blueprint is one of `anybodys`.
    """

    @app.before_request
    def begin() -> None:
        sent = request.headers.get(HEADER, "")
        g.request_id = sent if _ID.fullmatch(sent) else uuid4().hex
        context.request_id.set(g.request_id)
        context.device_id.set((request.view_args or {}).get("device_id"))
        # This comes first: the time to read some headers grows with the square of their length.
        for name, value in request.environ.items():
            if isinstance(value, str) and len(value) > LONGEST_HEADER and is_header(name):
                header = name.removeprefix("HTTP_").replace("_", "-").title()
                raise RequestHeaderFieldsTooLarge(
                    f"The header {header[:50]} is longer than {LONGEST_HEADER} characters."
                )

    @app.after_request
    def answer(response: Response) -> Response:
        # No view sets the first two, and adding is quicker than setting.
        response.headers.add(HEADER, g.request_id)
        response.headers.add("X-Content-Type-Options", "nosniff")
        if request.blueprint not in anybodys and "Cache-Control" not in response.headers:
            response.headers.add("Cache-Control", "no-store")
        log.debug("%s %s: %d", request.method, request.path, response.status_code)
        return response

    @app.teardown_request
    def end(_: BaseException | None) -> None:
        context.request_id.set(None)
        context.user_id.set(None)
        context.device_id.set(None)


def is_header(name: str) -> bool:
    """Whether this variable of the environment is a header that the client sent."""
    return name.startswith("HTTP_") or name == "CONTENT_TYPE"


def want_token(app: Flask, identify: Callable[[str], UserId], *, public: Container[str]) -> None:
    """Refuse requests without a valid token, unless their blueprint is one of `public`.

    Also refuse a body that the server did not read, before the token if nobody may send that much.
    """

    @app.before_request
    def authenticate() -> None:
        left_out = BODY_LEFT_OUT in request.environ
        if left_out and (request.content_length or 0) > app.config["MAX_CONTENT_LENGTH"]:
            raise RequestEntityTooLarge
        # Browsers send OPTIONS without a token first.
        open_to_all = request.blueprint in public or request.url_rule is None
        if not (open_to_all or request.method == "OPTIONS"):
            g.user_id = identify(bearer(request.headers.get("Authorization", "")))
            context.user_id.set(g.user_id)
        if left_out:
            raise RequestEntityTooLarge


def bearer(authorization: str) -> str:
    """Returns the token in the Authorization header. Raises InvalidTokenError when there is
    none."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise InvalidTokenError("missing")
    return token.strip()


def led_back() -> Response | None:
    """Returns a redirect to the path without its last slash, as the former service did.

    The status is 307, so that the method and the body stay. Returns None unless the path is unknown
    with that slash, and known without it.
    """
    path = request.path
    if not isinstance(request.routing_exception, NotFound) or not path.endswith("/"):
        return None
    meant = path[:-1]
    adapter = current_app.create_url_adapter(request)
    try:
        if adapter is None:
            return None
        adapter.match(meant)
    except MethodNotAllowed:
        pass
    except HTTPException:
        return None
    if request.method == "OPTIONS":
        # Browsers send OPTIONS first and follow no redirect there.
        return Response()
    query = request.query_string.decode("latin-1")
    where = quote(request.root_path + meant) + (f"?{query}" if query else "")
    return Response(status=307, headers={"Location": where})


def signed_in() -> UserId:
    """Returns the user whose token came with the request."""
    return cast(UserId, g.user_id)
