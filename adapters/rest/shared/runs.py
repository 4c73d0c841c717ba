"""A run as JSON, in the history and as the last run of a device."""

from typing import Final

from marshmallow import fields, validate

from adapters.rest.http.languages import in_words
from adapters.rest.http.responses import instant
from adapters.rest.http.schemas import Object, doc
from domain.json_value import Json
from domain.runs.run import Ending, Outcome, Run, RunKind

RUN_KINDS: Final = [kind.value for kind in RunKind]
OUTCOMES: Final = [outcome.value for outcome in Outcome]
WAITING: Final = "waiting"
STATES: Final = [WAITING, *OUTCOMES]
"""The states of a device in a batch."""


class RunSchema(Object):
    id = fields.Integer(required=True, metadata=doc("A later run has a higher id."))
    device_id = fields.Integer(required=True)
    kind = fields.String(
        required=True,
        validate=validate.OneOf(RUN_KINDS),
        metadata=doc("`status`: the device was only asked how it is."),
    )
    by = fields.String(required=True, validate=validate.OneOf(["user", "scheduler"]))
    asked_by = fields.Integer(
        required=True, allow_none=True, metadata=doc("The id of the user; null by the scheduler.")
    )
    started_at = fields.String(required=True, metadata=doc("An instant in UTC."))
    ended_at = fields.String(
        required=True,
        allow_none=True,
        metadata=doc("An instant in UTC; null while it is running, and when it was interrupted."),
    )
    outcome = fields.String(
        required=True,
        validate=validate.OneOf(OUTCOMES),
        metadata=doc(
            "`refused` by the device; `unknown` where the device may have accepted what was sent; "
            "`interrupted` by a crash of the service."
        ),
    )
    products = fields.Integer(
        required=True,
        allow_none=True,
        metadata=doc("Products read or sent; null where none were."),
    )
    bytes = fields.Integer(
        required=True,
        allow_none=True,
        metadata=doc("Bytes read or sent; null where no products were."),
    )
    retries = fields.Integer(
        required=True, metadata=doc("How often the conversation began anew after a lost line.")
    )
    error_type = fields.String(
        required=True, allow_none=True, metadata=doc("The kind of failure; null without one.")
    )
    error = fields.String(
        required=True, allow_none=True, metadata=doc("The failure, for people to read.")
    )


def run_json(run: Run) -> Json:
    """Returns a run as clients see it."""
    ending = run.ending or Ending(at=run.started_at, outcome=run.outcome)
    return {
        "id": run.id,
        "device_id": run.device_id,
        "kind": run.kind.value,
        "by": "scheduler" if run.asked_by is None else "user",
        "asked_by": run.asked_by,
        "started_at": instant(run.started_at),
        "ended_at": instant(run.ending.at) if run.ending else None,
        "outcome": run.outcome.value,
        "products": ending.products,
        "bytes": ending.bytes,
        "retries": ending.retries,
        "error_type": None if ending.cause is None else ending.cause.code,
        "error": in_words(ending.cause),
    }
