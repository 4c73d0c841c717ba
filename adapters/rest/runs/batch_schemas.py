"""JSON of runs on request on the wire."""

from typing import Any, Final

from marshmallow import ValidationError, fields, validate, validates_schema

from adapters.rest.http.schemas import Object, said
from adapters.rest.products.bulk_editing_schemas import SOME_OR_ALL, WhichDevicesSchema
from adapters.rest.products.schemas import UploadSchema
from domain.runs.job import ASKED_FOR
from domain.runs.run import Outcome, RunKind

WAITING: Final = "waiting"
STATES: Final = [WAITING, *(outcome.value for outcome in Outcome)]
KINDS_OF_BATCH: Final = [kind.value for kind in RunKind if kind in ASKED_FOR]
_KIND: Final = validate.OneOf(KINDS_OF_BATCH)


class NewBatchSchema(WhichDevicesSchema, UploadSchema):
    """`source` and `scope` are those of an upload."""

    kind = fields.String(required=True, validate=_KIND, metadata=said("What is to be done."))

    @validates_schema
    def _of_an_upload(self, data: dict[str, Any], **_: object) -> None:
        for name in ("source", "scope"):
            if name in data and data["kind"] != RunKind.UPLOAD.value:
                raise ValidationError("Only an upload has one.", name)


NEW_BATCH_DOC: Final[dict[str, Any]] = {
    "requestBody": {
        "content": {"application/json": {"schema": {"allOf": [NewBatchSchema, SOME_OR_ALL]}}}
    }
}


class BatchDeviceSchema(Object):
    """How one device of a batch fares."""

    device_id = fields.Integer(required=True)
    name = fields.String(required=True, metadata=said("The device's name now."))
    state = fields.String(
        required=True,
        validate=validate.OneOf(STATES),
        metadata=said(
            "`waiting` until it is begun; `interrupted` by a crash of the service, and then done "
            "again; else `running`, or the outcome of its run."
        ),
    )
    run_id = fields.Integer(
        required=True,
        allow_none=True,
        metadata=said("Its last run here; null where it came to none, or none is remembered."),
    )
    started_at = fields.String(
        required=True, allow_none=True, metadata=said("An instant in UTC; null without a run.")
    )
    ended_at = fields.String(
        required=True, allow_none=True, metadata=said("An instant in UTC; null before the end.")
    )
    products = fields.Integer(
        required=True, allow_none=True, metadata=said("Products read or sent; null on a failure.")
    )
    error_type = fields.String(
        required=True, allow_none=True, metadata=said("The kind of failure; null without one.")
    )
    error = fields.String(
        required=True, allow_none=True, metadata=said("The failure, for people to read.")
    )


StateCountsSchema = Object.from_dict(
    {state: fields.Integer(required=True) for state in STATES}, name="StateCountsSchema"
)
"""How many devices are in each state."""


class BatchSchema(Object):
    id = fields.Integer(required=True)
    kind = fields.String(required=True, validate=_KIND)
    source = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf(["cache", None]),
        metadata=said("As the upload was asked for; null where it was not given."),
    )
    scope = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf(["edits", None]),
        metadata=said("As the upload was asked for; null where all products are sent."),
    )
    created_at = fields.String(required=True, metadata=said("An instant in UTC."))
    total = fields.Integer(
        required=True, metadata=said("Devices in it; those deleted since are not counted.")
    )
    counts = fields.Nested(StateCountsSchema, required=True)
    done = fields.Boolean(
        required=True, metadata=said("Whether nothing more happens unless it is retried.")
    )
    devices = fields.List(
        fields.Nested(BatchDeviceSchema), required=True, metadata=said("Ordered by their ids.")
    )
