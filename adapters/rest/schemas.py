"""JSON on the wire: what is read, and what the documentation says of what is written."""

from typing import Any, Final

from marshmallow import EXCLUDE, Schema, fields, validate

from adapters.rest.fields import (
    FOUR_CHARACTERS,
    HOST_NAME,
    TrueOrFalse,
    WholeNumber,
    device_password,
    host,
)

DEFAULT_PORT: Final = 1111
LONGEST_INTERVAL: Final = 10 * 366 * 24 * 60
"""Minutes: ten years; labels are renewed each midnight whatever the interval is."""


def said(description: str, **more: Any) -> dict[str, Any]:
    """What the document says of a member."""
    return {"description": description, **more}


_EMAIL = said("One user per address, whatever its case.", examples=["baker@example.com"])
_NAME = said("Unique among your devices.", examples=["Bakery counter"])
_DESCRIPTION = said("Anything worth noting; empty where it is absent.", examples=["By the door"])
_IP = said(
    "IPv4 address, IPv6 address or host name.",
    anyOf=[{"format": "ipv4"}, {"format": "ipv6"}, {"pattern": f"^{HOST_NAME}$"}],
    examples=["192.168.1.50"],
)
_PORT = said(f"TCP port; {DEFAULT_PORT} where it is absent.", examples=[DEFAULT_PORT])
_PROTOCOL = said("Only TCP, which it is where it is absent.", examples=["TCP"])
_PASSWORD = said(
    "Exactly 4 printable ASCII characters. Kept encrypted and never shown.",
    pattern=f"^{FOUR_CHARACTERS}$",
    examples=["1234"],
)


class Object(Schema):
    """Members that are not listed are ignored, or may be added later."""

    class Meta:
        unknown = EXCLUDE


class NewUserSchema(Object):
    email = fields.Email(required=True, validate=validate.Length(max=254), metadata=_EMAIL)
    password = fields.String(
        required=True,
        validate=validate.Length(min=8, max=128),
        metadata=said("8–128 characters of any script.", examples=["correct horse battery"]),
    )


class UserSchema(Object):
    id = fields.Integer(required=True)
    email = fields.String(required=True)


class SignInSchema(Object):
    username = fields.String(required=True, metadata=said("The email address."))
    password = fields.String(required=True, metadata=said("The user's password."))


class TokenSchema(Object):
    access_token = fields.String(
        required=True, metadata=said("Send it as “Authorization: Bearer …”.")
    )
    token_type = fields.String(required=True, validate=validate.Equal("bearer"))


class DeviceChangesSchema(Object):
    """What is absent or null stays as it is."""

    name = fields.String(validate=validate.Length(1, 120), allow_none=True, metadata=_NAME)
    description = fields.String(
        validate=validate.Length(max=500), allow_none=True, metadata=_DESCRIPTION
    )
    ip = fields.String(validate=[validate.Length(max=64), host], allow_none=True, metadata=_IP)
    port = WholeNumber(validate=validate.Range(1, 65535), allow_none=True, metadata=_PORT)
    protocol = fields.String(validate=validate.OneOf(["TCP"]), allow_none=True, metadata=_PROTOCOL)
    password = fields.String(validate=device_password, allow_none=True, metadata=_PASSWORD)


class NewDeviceSchema(DeviceChangesSchema):
    """Null counts as absent where a member may be absent."""

    name = fields.String(required=True, validate=validate.Length(1, 120), metadata=_NAME)
    ip = fields.String(required=True, validate=[validate.Length(max=64), host], metadata=_IP)
    password = fields.String(required=True, validate=device_password, metadata=_PASSWORD)


class DeviceSchema(Object):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    ip = fields.String(required=True)
    port = fields.Integer(required=True)
    protocol = fields.String(required=True)
    cached_dirty = fields.Boolean(
        required=True, metadata=said("Whether edits wait to be uploaded.")
    )
    unverified = fields.Boolean(
        required=True,
        metadata=said(
            "Whether the device may hold an upload whose outcome is not known; the next read tells."
        ),
    )
    wrong_password = fields.Boolean(
        required=True,
        metadata=said(
            "Whether the device refused its password: its dates are not renewed until the right "
            "one is set."
        ),
    )


class AutoUpdateSettingsSchema(Object):
    enabled = TrueOrFalse(required=True)
    interval_minutes = WholeNumber(
        required=True,
        validate=validate.Range(1, LONGEST_INTERVAL),
        metadata=said("The dates are renewed this often, and at midnight.", examples=[720]),
    )


class AutoUpdateSchema(Object):
    enabled = fields.Boolean(required=True)
    interval_minutes = fields.Integer(required=True)
    last_run_utc = fields.String(
        required=True, allow_none=True, metadata=said("Null before the first run.")
    )
    last_status = fields.String(
        required=True, allow_none=True, validate=validate.OneOf(["OK", "ERROR", None])
    )
    last_error = fields.String(
        required=True, allow_none=True, metadata=said("Null when the last run ended well.")
    )
    next_run_utc = fields.String(
        required=True, allow_none=True, metadata=said("Null while it is off.")
    )


class HealthSchema(Object):
    status = fields.String(required=True, validate=validate.Equal("ok"))


class ProblemSchema(Object):
    """RFC 9457 problem details."""

    type = fields.String(
        required=True, metadata=said("The kind of problem.", format="uri-reference")
    )
    title = fields.String(required=True, metadata=said("The kind of problem in words."))
    status = fields.Integer(required=True, metadata=said("The HTTP status."))
    detail = fields.String(required=True, metadata=said("What happened, for people to read."))
    instance = fields.String(
        required=True, metadata=said("The path that was asked for.", format="uri-reference")
    )


class ValidationProblemSchema(ProblemSchema):
    """Problem details of values that cannot be used."""

    errors = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.List(fields.String())),
        required=True,
        metadata=said("Messages by where the value stood (json, form, query) and by field."),
    )
