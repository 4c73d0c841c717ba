"""Schedules and renewal exceptions as JSON."""

from typing import Any, Final

from marshmallow import fields, validate

from adapters.rest.http.faults import OneOf, within
from adapters.rest.http.fields import Text, TimesOfDay, TrueOrFalse, WholeNumber
from adapters.rest.http.schemas import Object, doc
from adapters.rest.shared.renewal_exceptions import RenewalExceptionSchema
from adapters.rest.shared.schedules import (
    FAILURES,
    LAST_ERROR,
    LAST_RUN,
    LAST_STATUS,
    NEXT_RUN,
)
from domain.renewal import rules
from domain.renewal.policy import FIELDS

_INTERVAL = doc(
    "The dates are renewed this often and at midnight, unless `daily_at` is set.", examples=[720]
)
_DAILY_AT = doc(
    "The times of day, by the device's clock, at which the dates are renewed in place of the "
    "interval; and at midnight all the same. Those named twice count once.",
    examples=[["06:00", "18:30"]],
)
_DATES = doc(
    "Which products are given today's date: `all`, as a new device has it, or `dated`, only those "
    "that hold a date already. Products under a renewal exception keep theirs in either case.",
    examples=["all"],
)


class AutoUpdateSettingsSchema(Object):
    enabled = TrueOrFalse(required=True)
    interval_minutes = WholeNumber(
        required=True, validate=within(rules.INTERVAL_MINUTES), metadata=_INTERVAL
    )
    daily_at = TimesOfDay(rules.MOST_DAILY_TIMES, allow_none=True, metadata=_DAILY_AT)
    dates = Text(validate=OneOf(list(rules.DATES)), metadata=_DATES)


class AutoUpdateSchema(Object):
    enabled = fields.Boolean(required=True)
    interval_minutes = fields.Integer(required=True, metadata=_INTERVAL)
    daily_at = fields.List(
        fields.String(), required=True, metadata=doc("In order; empty while the interval counts.")
    )
    dates = fields.String(
        required=True, validate=validate.OneOf(list(rules.DATES)), metadata=_DATES
    )
    last_run_utc = fields.String(required=True, allow_none=True, metadata=LAST_RUN)
    last_status = fields.String(required=True, allow_none=True, validate=LAST_STATUS)
    last_error = fields.String(required=True, allow_none=True, metadata=LAST_ERROR)
    consecutive_failures = fields.Integer(required=True, metadata=FAILURES)
    next_run_utc = fields.String(required=True, allow_none=True, metadata=NEXT_RUN)


EXCEPTIONS_DOC: Final[dict[str, Any]] = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "array",
                    "items": {
                        "allOf": [
                            RenewalExceptionSchema,
                            {"oneOf": [{"required": [kind]} for kind in FIELDS]},
                        ]
                    },
                }
            }
        }
    }
}
"""What no field can say of itself."""
