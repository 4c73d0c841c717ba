"""Runs on request: what users want done with several devices, without waiting for it."""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from flask import Response, url_for
from flask.views import MethodView

from adapters.rest.http.openapi import TEXT, Blueprint, View
from adapters.rest.http.preferences import PREFER, RESPOND_ASYNC
from adapters.rest.http.requests import signed_in
from adapters.rest.http.responses import answer, instant
from adapters.rest.runs.batch_schemas import (
    NEW_BATCH_DOC,
    STATES,
    WAITING,
    BatchSchema,
    NewBatchSchema,
)
from application.runs.batches import BatchProgress, RetryBatch, ShowBatch, StartBatch
from domain.errors import UnknownBatchError, UnknownDeviceError
from domain.json_value import Json
from domain.runs.job import BatchId, BatchItem, UploadOf
from domain.runs.run import RunKind

DEVICE_EXAMPLE: Final[dict[str, Json]] = {
    "device_id": 7,
    "name": "Bakery counter",
    "state": "ok",
    "run_id": 4711,
    "started_at": "2026-11-23T07:19:35Z",
    "ended_at": "2026-11-23T07:19:42Z",
    "products": 678,
    "error_type": None,
    "error": None,
}
FAILED_EXAMPLE: Final[dict[str, Json]] = {
    **DEVICE_EXAMPLE,
    "device_id": 8,
    "name": "Bread counter",
    "state": "failed",
    "run_id": 4712,
    "products": None,
    "error_type": "ScalesUnreachable",
    "error": "The device at 192.168.1.51:1111 cannot be reached: it refused the connection.",
}
WAITING_EXAMPLE: Final[dict[str, Json]] = {
    **dict.fromkeys(DEVICE_EXAMPLE),
    "device_id": 7,
    "name": "Bakery counter",
    "state": WAITING,
}


def _example(kind: str, *devices: dict[str, Json]) -> dict[str, Json]:
    states = Counter(device["state"] for device in devices)
    return {
        "id": 42,
        "kind": kind,
        "source": None,
        "scope": None,
        "created_at": "2026-11-23T07:19:34Z",
        "total": len(devices),
        "counts": {state: states[state] for state in STATES},
        "done": not states[WAITING],
        "devices": list[Json](devices),
    }


EXAMPLE: Final = _example("upload", DEVICE_EXAMPLE, FAILED_EXAMPLE)
BEGUN: Final = _example("upload", WAITING_EXAMPLE)
LOCATION: Final = {"Location": {"description": "The path of the batch.", "required": True, **TEXT}}
_APPLIED: Final = {"Preference-Applied": {"description": RESPOND_ASYNC, "required": True, **TEXT}}


def batches_blueprint(
    *, start_batch: StartBatch, show_batch: ShowBatch, retry_batch: RetryBatch
) -> Blueprint:
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
                start_batch(
                    signed_in(),
                    RunKind(wanted["kind"]),
                    wanted.get("device_ids"),
                    UploadOf(wanted.get("source") or wanted.get("scope") or "all"),
                )
            )

    @blueprint.route("/batches/<number:batch_id>")
    class Batch(MethodView):
        init_every_request = False

        @blueprint.response(200, BatchSchema, example=EXAMPLE)
        @blueprint.doc(operationId="showBatch")
        @blueprint.fails(UnknownBatchError)
        def get(self, batch_id: BatchId) -> Response:
            """Show how far a batch is

            With the outcome of each device. It goes on until `done` is true; when nothing leaves
            `waiting`, no scheduler or worker is running. Batches are forgotten with their runs,
            after some months.
            """
            return answer(batch_json(show_batch(signed_in(), batch_id)))

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
            return accepted(retry_batch(signed_in(), batch_id))

    return blueprint


def or_later(blueprint: Blueprint) -> Callable[[View], View]:
    """Document that an operation is put off when the client prefers so."""

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


def put_off(progress: BatchProgress) -> Response:
    """The answer to whoever preferred not to wait."""
    response = accepted(progress)
    response.headers["Preference-Applied"] = RESPOND_ASYNC
    return response


def accepted(progress: BatchProgress) -> Response:
    """It will be done; where to look."""
    response = answer(batch_json(progress), 202)
    response.headers["Location"] = url_for("batches.Batch", batch_id=progress.batch.id)
    return response


def batch_json(progress: BatchProgress) -> Json:
    """What clients see of a batch."""
    batch, states = progress.batch, Counter(map(_state, progress.items))
    return {
        "id": batch.id,
        "kind": batch.kind.value,
        "source": "cache" if batch.upload_of is UploadOf.CACHE else None,
        "scope": "edits" if batch.upload_of is UploadOf.EDITS else None,
        "created_at": instant(batch.created_at),
        "total": len(progress.items),
        "counts": {state: states[state] for state in STATES},
        "done": progress.over,
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
        "error_type": item.why_type,
        "error": item.why,
    }
