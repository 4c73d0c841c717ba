"""The API as a process."""

import logging
import sys
from contextlib import suppress
from typing import Final

from adapters.rest.app import RestSettings
from adapters.rest.http.requests import bearer
from application.ports.tokens import InvalidTokenError, Tokens
from entrypoints.api.app import create_app
from entrypoints.api.parsing import Bounds
from entrypoints.api.server import Place, Server
from entrypoints.bootstrap import bootstrap
from entrypoints.database import bring_up_to_date
from entrypoints.process.memory import share_one_heap
from entrypoints.process.stopping import Stop
from entrypoints.settings import Settings

log = logging.getLogger(__name__)

CONNECTIONS: Final = 1000
OTHER_FILES: Final = 1000
"""Open files of the process: of the database, of devices, and of answers that are being sent."""
GRACE: Final = 10.0
"""Seconds for a request that is not a conversation, added to those of a conversation."""


def serve(settings: Settings, stop: Stop) -> None:
    """Answer requests until asked to stop, then finish the requests in flight.

    Raises PortTakenError and UnusableDatabaseError.
    """
    share_one_heap()
    bring_up_to_date(settings)
    cases = bootstrap(settings)
    app = create_app(
        cases,
        RestSettings(
            cors_allow_origins=settings.cors_allow_origins,
            docs=settings.api_docs,
            max_body_bytes=settings.max_body_bytes,
            language=settings.language,
        ),
    )
    place = Place(
        host=settings.host,
        port=settings.port,
        threads=settings.threads,
        connections=_possible_connections(),
        connections_per_address=settings.connections_per_address,
    )
    tokens = cases.accounts.identify.tokens
    bounds = Bounds(settings.max_body_bytes, lambda header: _is_signed_in(tokens, header))
    server = Server(app, place, bounds)
    for address in server.addresses:
        log.info("serving on %s", address)
    server.run(stop, patience=settings.conversation_timeout + settings.device_busy_wait + GRACE)
    log.info("stopped")


def _is_signed_in(tokens: Tokens, authorization: str) -> bool:
    """Whether the header has a valid token. Whether its user still exists is checked later, in the
    database."""
    try:
        tokens.identify(bearer(authorization))
    except InvalidTokenError:
        return False
    return True


def _possible_connections() -> int:
    """Returns how many connections there may be, after raising the limit of open files."""
    if sys.platform == "win32":
        return CONNECTIONS
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    wanted = CONNECTIONS + OTHER_FILES
    if soft != unlimited and soft < wanted:
        soft = wanted if hard == unlimited else min(hard, wanted)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return CONNECTIONS if soft == unlimited else min(CONNECTIONS, max(soft // 2, 16))
