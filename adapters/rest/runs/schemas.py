"""The history of runs and new batches as JSON."""

from typing import Any, Final

from marshmallow import fields, validates_schema

from adapters.rest.http.faults import LARGEST, Range, refused
from adapters.rest.http.fields import Choice, Instant, Text, WrittenNumber
from adapters.rest.http.schemas import LONGEST_PAGE, Object, doc
from adapters.rest.shared.batches import KIND
from adapters.rest.shared.runs import RunSchema
from adapters.rest.shared.uploading import UploadSchema
from adapters.rest.shared.which_devices import SOME_OR_ALL, WhichDevicesSchema
from domain.runs.run import Outcome, RunKind


class PageSchema(Object):
    limit = WrittenNumber(
        load_default=50,
        validate=Range(1, LONGEST_PAGE),
        metadata=doc("How many runs to answer at most."),
    )
    before = WrittenNumber(
        metadata=doc(
            "Answers only runs that began before the run of this id.", minimum=0, maximum=LARGEST
        )
    )


class RunFilterSchema(PageSchema):
    kind = Choice(RunKind, metadata=doc("Of this kind only."))
    outcome = Choice(Outcome, metadata=doc("Of this outcome only."))
    since = Instant(
        metadata=doc(
            "That began at this instant or later: ISO 8601 with a zone.",
            examples=["2026-11-23T00:00:00Z", "2026-11-23T00:00:00+03:00"],
        )
    )


class RunOfAnyDeviceFilterSchema(RunFilterSchema):
    device_id = WrittenNumber(metadata=doc("Of this device only.", minimum=0, maximum=LARGEST))


class RunsSchema(Object):
    runs = fields.List(fields.Nested(RunSchema), required=True, metadata=doc("Newest first."))
    next = fields.String(
        required=True,
        allow_none=True,
        metadata=doc(
            "Where the runs before these are; null when there are none.", format="uri-reference"
        ),
    )


class NewBatchSchema(WhichDevicesSchema, UploadSchema):
    """`source` and `scope` are those of an upload."""

    kind = Text(required=True, validate=KIND, metadata=doc("What is to be done."))

    @validates_schema
    def _of_an_upload(self, data: dict[str, Any], **_: object) -> None:
        for name in ("source", "scope"):
            if name in data and data["kind"] != RunKind.UPLOAD.value:
                raise refused("only_of_an_upload", name)


NEW_BATCH_DOC: Final[dict[str, Any]] = {
    "requestBody": {
        "content": {"application/json": {"schema": {"allOf": [NewBatchSchema, SOME_OR_ALL]}}}
    }
}
