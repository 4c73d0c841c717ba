"""What every request goes through: it gets an id, and says whose it is."""

import logging
import re
from collections.abc import Callable, Container
from typing import cast
from uuid import uuid4

from flask import Flask, Response, g, request

from application import context
from application.ports.security import InvalidTokenError
from domain.user import UserId

log = logging.getLogger(__name__)

_ID = re.compile(r"[A-Za-z0-9._:+=/@-]{1,128}")
HEADER = "X-Request-ID"


def name_requests(app: Flask) -> None:
    """Keep the id that a client sent, or make one; it is in the answer and in the log."""

    @app.before_request
    def begin() -> None:
        sent = request.headers.get(HEADER, "")
        g.request_id = sent if _ID.fullmatch(sent) else uuid4().hex
        context.request_id.set(g.request_id)
        context.device_id.set((request.view_args or {}).get("device_id"))

    @app.after_request
    def answer(response: Response) -> Response:
        response.headers[HEADER] = g.request_id
        response.headers["X-Content-Type-Options"] = "nosniff"
        log.debug("%s %s: %d", request.method, request.path, response.status_code)
        return response

    @app.teardown_request
    def end(_: BaseException | None) -> None:
        context.request_id.set(None)
        context.user_id.set(None)
        context.device_id.set(None)


def want_token(app: Flask, identify: Callable[[str], UserId], *, public: Container[str]) -> None:
    """Refuse whoever sends no valid token, but for the blueprints named `public`."""

    @app.before_request
    def authenticate() -> None:
        # Browsers ask for permission (OPTIONS) without any token.
        if request.blueprint in public or request.url_rule is None or request.method == "OPTIONS":
            return
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise InvalidTokenError("Send the token of a sign-in as “Authorization: Bearer …”.")
        g.user_id = identify(token.strip())
        context.user_id.set(g.user_id)


def signed_in() -> UserId:
    """The user whose token came with the request."""
    return cast(UserId, g.user_id)
