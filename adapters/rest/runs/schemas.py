"""JSON of conversations with devices on the wire."""

from typing import Final

from marshmallow import fields, validate

from adapters.rest.http.fields import LARGEST, Instant, WrittenNumber
from adapters.rest.http.schemas import Object, said
from domain.runs.run import Outcome, RunKind

LONGEST_PAGE: Final = 200
KINDS_OF_RUN: Final = [kind.value for kind in RunKind]
OUTCOMES: Final = [outcome.value for outcome in Outcome]


class PageSchema(Object):
    limit = WrittenNumber(
        load_default=50,
        validate=validate.Range(1, LONGEST_PAGE),
        metadata=said("How many runs to answer at most."),
    )
    before = WrittenNumber(
        metadata=said(
            "Answers only runs that began before the run of this id.", minimum=0, maximum=LARGEST
        )
    )


class RunFilterSchema(PageSchema):
    kind = fields.Enum(RunKind, by_value=fields.String(), metadata=said("Of this kind only."))
    outcome = fields.Enum(Outcome, by_value=fields.String(), metadata=said("Of this outcome only."))
    since = Instant(
        metadata=said(
            "That began at this instant or later: ISO 8601 with a zone.",
            examples=["2026-11-23T00:00:00Z", "2026-11-23T00:00:00+03:00"],
        )
    )


class RunOfAnyDeviceFilterSchema(RunFilterSchema):
    device_id = WrittenNumber(metadata=said("Of this device only.", minimum=0, maximum=LARGEST))


class RunSchema(Object):
    id = fields.Integer(required=True, metadata=said("A later run has a higher id."))
    device_id = fields.Integer(required=True)
    kind = fields.String(
        required=True,
        validate=validate.OneOf(KINDS_OF_RUN),
        metadata=said("`status`: the device was only asked how it is."),
    )
    by = fields.String(required=True, validate=validate.OneOf(["user", "scheduler"]))
    asked_by = fields.Integer(
        required=True, allow_none=True, metadata=said("The id of the user; null by the scheduler.")
    )
    started_at = fields.String(required=True, metadata=said("An instant in UTC."))
    ended_at = fields.String(
        required=True,
        allow_none=True,
        metadata=said("An instant in UTC; null while it is running, and when it was interrupted."),
    )
    outcome = fields.String(
        required=True,
        validate=validate.OneOf(OUTCOMES),
        metadata=said(
            "`refused` by the device; `unknown` where the device may have accepted what was sent; "
            "`interrupted` by a crash of the service."
        ),
    )
    products = fields.Integer(
        required=True,
        allow_none=True,
        metadata=said("Products read or sent; null where none were."),
    )
    bytes = fields.Integer(
        required=True,
        allow_none=True,
        metadata=said("Bytes read or sent; null where no products were."),
    )
    retries = fields.Integer(
        required=True, metadata=said("How often the conversation began anew after a lost line.")
    )
    error_type = fields.String(
        required=True, allow_none=True, metadata=said("The kind of failure; null without one.")
    )
    error = fields.String(
        required=True, allow_none=True, metadata=said("The failure, for people to read.")
    )


class RunsSchema(Object):
    runs = fields.List(fields.Nested(RunSchema), required=True, metadata=said("Newest first."))
    next = fields.String(
        required=True,
        allow_none=True,
        metadata=said(
            "Where the runs before these are; null when there are none.", format="uri-reference"
        ),
    )


class VersionsSchema(Object):
    """As the device writes them; null for what it does not tell."""

    protocol = fields.String(required=True, allow_none=True)
    scale_app = fields.String(required=True, allow_none=True)
    service_app = fields.String(required=True, allow_none=True)
    android = fields.String(required=True, allow_none=True)
    sdk = fields.String(required=True, allow_none=True)


class StatusSchema(Object):
    reachable = fields.Boolean(
        required=True,
        allow_none=True,
        metadata=said("Null while the device is busy with another conversation."),
    )
    checked_at = fields.String(required=True, metadata=said("An instant in UTC."))
    latency_ms = fields.Integer(
        required=True,
        allow_none=True,
        metadata=said("Milliseconds to connect and to be answered; null without an answer."),
    )
    model = fields.String(
        required=True, allow_none=True, metadata=said("Null where the device does not tell.")
    )
    serial_number = fields.String(
        required=True, allow_none=True, metadata=said("Null where the device does not tell.")
    )
    versions = fields.Nested(VersionsSchema, required=True)
    products_updated = fields.String(
        required=True,
        allow_none=True,
        metadata=said(
            "When the device's products were updated last, as the device writes it; null where its "
            "firmware does not tell."
        ),
    )
    printer_ready = fields.Boolean(
        required=True,
        allow_none=True,
        metadata=said("Whether it can print; null where its firmware does not tell."),
    )
    clock = fields.String(
        required=True,
        allow_none=True,
        metadata=said(
            "What the device's own clock shows, in no zone; null where it does not tell."
        ),
    )
    clock_ahead_seconds = fields.Integer(
        required=True,
        allow_none=True,
        metadata=said(
            "How far that is ahead of the time in the device's zone; below zero where it is behind."
        ),
    )
    last_read = fields.String(
        required=True,
        allow_none=True,
        metadata=said("When the products were last read, an instant in UTC; null before that."),
    )
    last_upload = fields.String(
        required=True,
        allow_none=True,
        metadata=said("When products were last uploaded, an instant in UTC; null before that."),
    )
    last_run = fields.Nested(
        RunSchema,
        required=True,
        allow_none=True,
        metadata=said(
            "The last that read or sent products, not one that asked after the status; null before "
            "the first one."
        ),
    )
    unverified = fields.Boolean(
        required=True,
        metadata=said("Whether the device may hold an upload whose outcome is not known."),
    )
    wrong_password = fields.Boolean(
        required=True, metadata=said("Whether the device refused the password that is set now.")
    )
    error = fields.String(
        required=True, allow_none=True, metadata=said("Why the device did not answer.")
    )
