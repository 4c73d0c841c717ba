"""JSON on the wire: what is read, and what the documentation says of what is written."""

from typing import Any, Final

from marshmallow import EXCLUDE, Schema, fields, validate

from adapters.rest.accounts.email_addresses import email_address
from adapters.rest.http.fields import (
    FOUR_CHARACTERS,
    HOST_NAME,
    LONGEST_ZONE,
    Text,
    TimesOfDay,
    TrueOrFalse,
    WholeNumber,
    device_password,
    host,
    known_zones,
    time_zone,
)
from application.ports.password_hasher import LONGEST_PASSWORD
from application.ports.repositories.fleet import DeviceState
from domain.accounts.user import LONGEST_EMAIL
from domain.renewal.schedule import MOST_DAILY_TIMES

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
_TIME_ZONE = said(
    "IANA name of the zone whose date goes on the labels, and whose clock `daily_at` means. Empty: "
    "the device follows the service's.",
    enum=["", *sorted(known_zones()), None],
    examples=["Europe/Moscow"],
)
_INTERVAL = said(
    "The dates are renewed this often and at midnight, unless `daily_at` is set.", examples=[720]
)
_DAILY_AT = said(
    "The times of day, by the device's clock, at which the dates are renewed in place of the "
    "interval; and at midnight all the same. Those named twice count once.",
    examples=[["06:00", "18:30"]],
)
_DATES = said(
    "Which products are given today's date: `all`, as a new device has it, or `dated`, only those "
    "that hold a date already. Products under a renewal exception keep theirs in either case.",
    examples=["all"],
)
_NEXT_RUN = said(
    "When its next turn is, in UTC. Null while it is off, and while the device waits for the right "
    "password."
)
_LAST_RUN = said("When the last run ended, in UTC; null before the first one.")
_LAST_STATUS = [validate.OneOf(["OK", "ERROR", None])]
_LAST_ERROR = said("Null when the last run ended well.")
_FAILURES = said("How many runs have failed since the last one that ended well.")


class Object(Schema):
    """Members that are not listed are ignored, or may be added later."""

    class Meta:
        unknown = EXCLUDE


class NewUserSchema(Object):
    email = Text(
        required=True,
        validate=[validate.Length(max=254), email_address],
        metadata={**_EMAIL, "format": "email"},
    )
    password = Text(
        required=True,
        validate=validate.Length(min=8, max=128),
        metadata=said("8–128 characters of any script.", examples=["correct horse battery"]),
    )


class UserSchema(Object):
    id = fields.Integer(required=True)
    email = fields.String(required=True)


class SignInSchema(Object):
    username = fields.String(
        required=True,
        validate=validate.Length(max=LONGEST_EMAIL),
        metadata=said("The email address."),
    )
    password = fields.String(
        required=True,
        validate=validate.Length(max=LONGEST_PASSWORD),
        metadata=said("The user's password."),
    )


class TokenSchema(Object):
    access_token = fields.String(
        required=True, metadata=said("Send it as “Authorization: Bearer …”.")
    )
    token_type = fields.String(required=True, validate=validate.Equal("bearer"))


class DeviceChangesSchema(Object):
    """What is absent or null stays as it is."""

    name = Text(validate=validate.Length(1, 120), allow_none=True, metadata=_NAME)
    description = Text(validate=validate.Length(max=500), allow_none=True, metadata=_DESCRIPTION)
    ip = Text(validate=[validate.Length(max=64), host], allow_none=True, metadata=_IP)
    port = WholeNumber(validate=validate.Range(1, 65535), allow_none=True, metadata=_PORT)
    protocol = fields.String(validate=validate.OneOf(["TCP"]), allow_none=True, metadata=_PROTOCOL)
    password = Text(validate=device_password, allow_none=True, metadata=_PASSWORD)
    time_zone = Text(
        validate=[validate.Length(max=LONGEST_ZONE), time_zone],
        allow_none=True,
        metadata=_TIME_ZONE,
    )


class NewDeviceSchema(DeviceChangesSchema):
    """Null counts as absent where a member may be absent."""

    name = Text(required=True, validate=validate.Length(1, 120), metadata=_NAME)
    ip = Text(required=True, validate=[validate.Length(max=64), host], metadata=_IP)
    password = Text(required=True, validate=device_password, metadata=_PASSWORD)


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
    replaced = fields.Boolean(
        required=True,
        metadata=said(
            "Whether the device lacked most of the products that were read from it before: it "
            "seems to be another one, or to have been emptied. A read takes what it holds now, "
            "an upload with `source=cache` restores what it held; both end this."
        ),
    )
    wrong_password = fields.Boolean(
        required=True,
        metadata=said(
            "Whether the device refused its password: its dates are not renewed until the right "
            "one is set."
        ),
    )
    shared_address = fields.Boolean(
        required=True,
        metadata=said(
            "Whether another of your devices has the same address and port: both are one scale, "
            "which is never talked to for both at once. Host names count by the address that they "
            "led to when they were last looked up. Devices of other users are never told of."
        ),
    )
    time_zone = fields.String(
        required=True,
        allow_none=True,
        metadata=said("IANA name; null where the device follows the service's zone."),
    )
    auto_update = fields.Boolean(
        required=True, metadata=said("Whether its dates are renewed by themselves.")
    )
    last_run_utc = fields.String(required=True, allow_none=True, metadata=_LAST_RUN)
    last_status = fields.String(required=True, allow_none=True, validate=_LAST_STATUS)
    last_error = fields.String(required=True, allow_none=True, metadata=_LAST_ERROR)
    consecutive_failures = fields.Integer(required=True, metadata=_FAILURES)
    next_run_utc = fields.String(required=True, allow_none=True, metadata=_NEXT_RUN)


class SavedDeviceSchema(DeviceSchema):
    warnings = fields.List(
        fields.String(),
        required=True,
        metadata=said("What should be looked at, such as another device at the same address."),
    )


class DeviceFilterSchema(Object):
    state = fields.Enum(
        DeviceState,
        by_value=fields.String(),
        metadata=said(
            "Only devices in this state. `failing`: auto-update is on and its last run failed. "
            "`late`: its turn came five minutes ago or earlier and no run of it has ended, or its "
            "labels bear a day that is yet to come. "
            "`unverified`: it may hold an upload that got lost. `replaced`: it lacked most of the "
            "products that were read before, and nobody has read it since. `wrong_password`: it "
            "refused the password that is set now. `wrong_clock`: its own clock was off by more "
            "than five minutes when its status was last asked. `edited`: edits wait to be "
            "uploaded. A device can be in several; one that waits for its password is not late."
        ),
    )


class AutoUpdateSettingsSchema(Object):
    enabled = TrueOrFalse(required=True)
    interval_minutes = WholeNumber(
        required=True, validate=validate.Range(1, LONGEST_INTERVAL), metadata=_INTERVAL
    )
    daily_at = TimesOfDay(MOST_DAILY_TIMES, allow_none=True, metadata=_DAILY_AT)
    dates = fields.String(validate=validate.OneOf(["all", "dated"]), metadata=_DATES)


class AutoUpdateSchema(Object):
    enabled = fields.Boolean(required=True)
    interval_minutes = fields.Integer(required=True, metadata=_INTERVAL)
    daily_at = fields.List(
        fields.String(), required=True, metadata=said("In order; empty while the interval counts.")
    )
    dates = fields.String(required=True, validate=validate.OneOf(["all", "dated"]), metadata=_DATES)
    last_run_utc = fields.String(required=True, allow_none=True, metadata=_LAST_RUN)
    last_status = fields.String(required=True, allow_none=True, validate=_LAST_STATUS)
    last_error = fields.String(required=True, allow_none=True, metadata=_LAST_ERROR)
    consecutive_failures = fields.Integer(required=True, metadata=_FAILURES)
    next_run_utc = fields.String(required=True, allow_none=True, metadata=_NEXT_RUN)


class HealthSchema(Object):
    status = fields.String(required=True, validate=validate.Equal("ok"))


class ReadinessSchema(Object):
    status = fields.String(required=True, validate=validate.OneOf(["ok", "degraded"]))
    clock_ahead_seconds = fields.Integer(
        required=True,
        metadata=said(
            "How far this machine's clock is ahead of the database's, below zero where it is "
            "behind; always 0 on SQLite, where there is no other clock."
        ),
    )


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
