"""Batches: work on several devices that a user does not wait for."""

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
from application.ports.repositories.batches import UnknownBatchError
from application.ports.repositories.devices import UnknownDeviceError
from application.runs.use_cases import RunCases
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

            This begins a batch and does not wait for it: its `Location` shows the progress of each
            device. With SQLite the scheduler process does the work, with PostgreSQL the workers.
            The batch waits until one of them runs.

            A device that fails does not stop the others. If one of the devices is not yours,
            nothing is begun. Other obstacles, such as a device whose products were never read, are
            reported for that device in the batch.
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
            """Show the progress of a batch

            The answer has the outcome of each device. The batch goes on until `done` is true. If no
            device leaves `waiting`, no scheduler or worker is running. Batches are forgotten with
            their runs, after some months.
            """
            return answer(batch_json(cases.show_batch(signed_in(), batch_id)))

    @blueprint.route("/batches/<number:batch_id>/retry")
    class Retry(MethodView):
        init_every_request = False

        @blueprint.response(202, BatchSchema, example=BEGUN, headers=LOCATION)
        @blueprint.doc(operationId="retryBatch")
        @blueprint.fails(UnknownBatchError)
        def post(self, batch_id: BatchId) -> Response:
            """Repeat the failed devices of a batch

            The devices that failed wait again and are done again. Devices that succeeded, still
            wait or are running are left alone.
            """
            return accepted(cases.retry_batch(signed_in(), batch_id))

    return blueprint
