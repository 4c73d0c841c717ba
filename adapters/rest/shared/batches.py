"""A batch as JSON: `POST /runs` begins one, and so does a client that prefers not to wait."""

from collections import Counter
from collections.abc import Callable
from typing import Final

from flask import Response, url_for
from marshmallow import fields, validate

from adapters.rest.http.faults import OneOf
from adapters.rest.http.languages import in_words
from adapters.rest.http.openapi import TEXT, Blueprint, View
from adapters.rest.http.preferences import PREFER, RESPOND_ASYNC
from adapters.rest.http.responses import answer, instant
from adapters.rest.http.schemas import Object, doc
from adapters.rest.shared.examples import BEGUN
from adapters.rest.shared.runs import STATES, WAITING
from application.runs.batches import BatchProgress
from domain.json_value import Json
from domain.runs.batch import ASKED_FOR, BatchItem, UploadOf
from domain.runs.run import RunKind

BATCH_KINDS: Final = [kind.value for kind in RunKind if kind in ASKED_FOR]
KIND: Final = OneOf(BATCH_KINDS)


class BatchDeviceSchema(Object):
    """The progress of one device of a batch."""

    device_id = fields.Integer(required=True)
    name = fields.String(required=True, metadata=doc("The device's name now."))
    state = fields.String(
        required=True,
        validate=validate.OneOf(STATES),
        metadata=doc(
            "`waiting` until it is begun; `interrupted` by a crash of the service, and then done "
            "again; else `running`, or the outcome of its run."
        ),
    )
    run_id = fields.Integer(
        required=True,
        allow_none=True,
        metadata=doc("Its last run here; null where it came to none, or none is remembered."),
    )
    started_at = fields.String(
        required=True, allow_none=True, metadata=doc("An instant in UTC; null without a run.")
    )
    ended_at = fields.String(
        required=True, allow_none=True, metadata=doc("An instant in UTC; null before the end.")
    )
    products = fields.Integer(
        required=True, allow_none=True, metadata=doc("Products read or sent; null on a failure.")
    )
    error_type = fields.String(
        required=True, allow_none=True, metadata=doc("The kind of failure; null without one.")
    )
    error = fields.String(
        required=True, allow_none=True, metadata=doc("The failure, for people to read.")
    )


StateCountsSchema = Object.from_dict(
    {state: fields.Integer(required=True) for state in STATES}, name="StateCountsSchema"
)
"""How many devices are in each state."""


class BatchSchema(Object):
    id = fields.Integer(required=True)
    kind = fields.String(required=True, validate=KIND)
    source = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf(["cache", None]),
        metadata=doc("As the upload was asked for; null where it was not given."),
    )
    scope = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf(["edits", None]),
        metadata=doc("As the upload was asked for; null where all products are sent."),
    )
    created_at = fields.String(required=True, metadata=doc("An instant in UTC."))
    total = fields.Integer(
        required=True, metadata=doc("Devices in it; those deleted since are not counted.")
    )
    counts = fields.Nested(StateCountsSchema, required=True)
    done = fields.Boolean(
        required=True, metadata=doc("Whether nothing more happens unless it is retried.")
    )
    devices = fields.List(
        fields.Nested(BatchDeviceSchema), required=True, metadata=doc("Ordered by their ids.")
    )


LOCATION: Final = {"Location": {"description": "The path of the batch.", "required": True, **TEXT}}
_APPLIED: Final = {"Preference-Applied": {"description": RESPOND_ASYNC, "required": True, **TEXT}}


def or_later(blueprint: Blueprint) -> Callable[[View], View]:
    """Document that an operation becomes a batch when the client prefers not to wait."""

    def document(view: View) -> View:
        put_off: View = blueprint.alt_response(
            202,
            schema=BatchSchema,
            description="Not waited for: the batch that does it, as was preferred",
            example=BEGUN,
            headers={**LOCATION, **_APPLIED},
        )(view)
        return blueprint.takes(PREFER)(put_off)

    return document


def postponed(progress: BatchProgress) -> Response:
    """Returns the answer to a client that preferred not to wait."""
    response = accepted(progress)
    response.headers["Preference-Applied"] = RESPOND_ASYNC
    return response


def accepted(progress: BatchProgress) -> Response:
    """Returns the answer that work was accepted, with the path of the batch."""
    response = answer(batch_json(progress), 202)
    response.headers["Location"] = url_for("batches.Batch", batch_id=progress.batch.id)
    return response


def batch_json(progress: BatchProgress) -> Json:
    """Returns a batch as clients see it."""
    batch, states = progress.batch, Counter(map(_state, progress.items))
    return {
        "id": batch.id,
        "kind": batch.kind.value,
        "source": "cache" if batch.upload_of is UploadOf.CACHE else None,
        "scope": "edits" if batch.upload_of is UploadOf.EDITS else None,
        "created_at": instant(batch.created_at),
        "total": len(progress.items),
        "counts": {state: states[state] for state in STATES},
        "done": progress.ended,
        "devices": [_item_json(item) for item in progress.items],
    }


def _state(item: BatchItem) -> str:
    return WAITING if item.outcome is None else item.outcome.value


def _item_json(item: BatchItem) -> Json:
    run = item.run
    ending = run.ending if run else None
    return {
        "device_id": item.device_id,
        "name": item.device_name,
        "state": _state(item),
        "run_id": run.id if run else None,
        "started_at": instant(run.started_at) if run else None,
        "ended_at": instant(ending.at) if ending else None,
        "products": ending.products if ending else None,
        "error_type": None if item.cause is None else item.cause.code,
        "error": in_words(item.cause),
    }
