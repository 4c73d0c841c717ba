"""Tokens as JWT, signed with a secret that only the service knows."""

import time
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

from flask import Flask
from flask_jwt_extended import JWTManager, create_access_token, decode_token
from flask_jwt_extended.config import config
from flask_jwt_extended.exceptions import JWTExtendedException
from flask_jwt_extended.tokens import _decode_jwt
from jwt import ExpiredSignatureError, PyJWTError

from application.ports.tokens import InvalidTokenError, Tokens
from domain.accounts.user import UserId

ALGORITHMS: Final = ("HS256", "HS384", "HS512")
_REMEMBERED: Final = 1024
"""Tokens."""
_LONGEST: Final = 4096
"""Characters: some ten times what `issue` makes."""


class JwtTokens(Tokens):
    """Tokens signed by one of ALGORITHMS, and read only when signed by that very one."""

    def __init__(self, secret: str, algorithm: str, lifetime: timedelta) -> None:
        if algorithm not in ALGORITHMS:
            raise ValueError(f"{algorithm} is none of {', '.join(ALGORITHMS)}")
        # flask-jwt-extended takes its settings from an application; this one serves nothing.
        self._app = Flask(__name__)
        self._app.config.update(
            JWT_SECRET_KEY=secret,
            JWT_ALGORITHM=algorithm,
            JWT_DECODE_ALGORITHMS=[algorithm],
            JWT_ACCESS_TOKEN_EXPIRES=lifetime,
        )
        _DecodingOnce(self._app)
        # A signature that was right stays right, and checking it costs as much as a short request.
        self._read_before = lru_cache(maxsize=_REMEMBERED)(self._read)

    def issue(self, user_id: UserId) -> str:
        with self._app.app_context():
            token: str = create_access_token(str(user_id))
        return token

    def identify(self, token: str) -> UserId:
        if len(token) > _LONGEST:
            raise InvalidTokenError("invalid")
        user_id, expires_at = self._read_before(token)
        if time.time() >= expires_at:
            raise InvalidTokenError("expired")
        return user_id

    def _read(self, token: str) -> tuple[UserId, float]:
        """Whose it is, and until when it is good, in seconds of the Unix epoch."""
        try:
            with self._app.app_context():
                claims = decode_token(token)
        except ExpiredSignatureError:
            raise InvalidTokenError("expired") from None
        except (
            PyJWTError,
            JWTExtendedException,
            ValueError,
            TypeError,
            OverflowError,
            RecursionError,
        ):
            raise InvalidTokenError("invalid") from None
        return _user(claims), _end(claims)


def _user(claims: dict[str, Any]) -> UserId:
    if claims["type"] != "access":
        raise InvalidTokenError("invalid")
    subject = claims["sub"]
    if not (subject.isascii() and subject.isdigit() and len(subject) <= 18):
        raise InvalidTokenError("invalid")
    return UserId(int(subject))


def _end(claims: dict[str, Any]) -> float:
    """In seconds of the Unix epoch: a token that never ends is none of ours."""
    end = claims.get("exp")
    if isinstance(end, bool) or not isinstance(end, int | float):
        raise InvalidTokenError("invalid")
    return end


class _DecodingOnce(JWTManager):
    """Upstream decodes every token twice: first unverified, so that the key can depend on what is
    in it. There is one key here, and decoding is a good part of what a short request costs.

    The method is private, so the version is pinned.
    """

    def _decode_jwt_from_config(
        self,
        encoded_token: str,
        csrf_value: Any = None,
        allow_expired: bool = False,
    ) -> dict[str, Any]:
        return _decode_jwt(
            encoded_token=encoded_token,
            secret=config.decode_key,
            algorithms=config.decode_algorithms,
            allow_expired=allow_expired,
            csrf_value=csrf_value,
            audience=config.decode_audience,
            issuer=config.decode_issuer,
            leeway=config.leeway,
            identity_claim_key=config.identity_claim_key,
            verify_aud=config.decode_audience is not None,
            verify_sub=config.verify_sub,
        )
