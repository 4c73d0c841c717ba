"""Runs on request: what users want done with several devices, without waiting for it."""

from typing import Any

from flask import Response
from flask.views import MethodView

from adapters.rest.http.openapi import Blueprint
from adapters.rest.http.requests import signed_in
from adapters.rest.http.responses import answer
from adapters.rest.runs.schemas import NEW_BATCH_DOC, NewBatchSchema
from adapters.rest.shared.batches import LOCATION, BatchSchema, accepted, batch_json
from adapters.rest.shared.examples import BATCH, BEGUN
from adapters.rest.shared.uploading import upload_of
from application.runs.use_cases import RunCases
from domain.errors import UnknownBatchError, UnknownDeviceError
from domain.runs.batch import BatchId
from domain.runs.run import RunKind


def batches_blueprint(cases: RunCases) -> Blueprint:
    """The resources, given the use cases they call."""
    blueprint = Blueprint(
        "batches", __name__, url_prefix="/runs", description="Work on many devices, done later"
    )

    @blueprint.route("")
    class NewBatch(MethodView):
        init_every_request = False

        @blueprint.arguments(NewBatchSchema(), example={"kind": "upload", "device_ids": [7, 8]})
        @blueprint.response(202, BatchSchema, example=BEGUN, headers=LOCATION)
        @blueprint.doc(operationId="startBatch", **NEW_BATCH_DOC)
        @blueprint.fails(UnknownDeviceError)
        def post(self, wanted: dict[str, Any]) -> Response:
            """Read, upload or renew many devices

            Begins a batch and does not wait for it: look at its `Location` to see how each device
            fares. The work is done by the scheduler process where the database is SQLite, and by
            the workers where it is PostgreSQL; until one of them runs, it waits.

            Each device is done on its own, and one that fails stops none of the others. When one
            of the devices is not yours, nothing is begun. Whatever else stands against it, such
            as a device of which nothing was read yet, is told of that device in the batch.
            """
            return accepted(
                cases.start_batch(
                    signed_in(),
                    RunKind(wanted["kind"]),
                    wanted.get("device_ids"),
                    upload_of(wanted.get("source"), wanted.get("scope")),
                )
            )

    @blueprint.route("/batches/<number:batch_id>")
    class Batch(MethodView):
        init_every_request = False

        @blueprint.response(200, BatchSchema, example=BATCH)
        @blueprint.doc(operationId="showBatch")
        @blueprint.fails(UnknownBatchError)
        def get(self, batch_id: BatchId) -> Response:
            """Show how far a batch is

            With the outcome of each device. It goes on until `done` is true; when nothing leaves
            `waiting`, no scheduler or worker is running. Batches are forgotten with their runs,
            after some months.
            """
            return answer(batch_json(cases.show_batch(signed_in(), batch_id)))

    @blueprint.route("/batches/<number:batch_id>/retry")
    class Retry(MethodView):
        init_every_request = False

        @blueprint.response(202, BatchSchema, example=BEGUN, headers=LOCATION)
        @blueprint.doc(operationId="retryBatch")
        @blueprint.fails(UnknownBatchError)
        def post(self, batch_id: BatchId) -> Response:
            """Repeat what failed of a batch

            Those devices wait again, and are done again; what ended well, still waits or is
            running is left alone.
            """
            return accepted(cases.retry_batch(signed_in(), batch_id))

    return blueprint
