"""What was said to devices, and how it ended."""

from typing import Any, Final

from flask import Response, request, url_for
from flask.views import MethodView

from adapters.rest.http.openapi import Blueprint
from adapters.rest.http.requests import signed_in
from adapters.rest.http.responses import answer, instant
from adapters.rest.runs.schemas import (
    RunFilterSchema,
    RunOfAnyDeviceFilterSchema,
    RunsSchema,
)
from application.ports.repositories.runs import RunFilter
from application.runs.history import ListRuns
from domain.devices.device import DeviceId
from domain.errors import UnknownDeviceError
from domain.json_value import Json
from domain.runs.run import Ending, Run, RunId

EXAMPLE: Final[dict[str, Json]] = {
    "id": 4711,
    "device_id": 7,
    "kind": "upload",
    "by": "user",
    "asked_by": 1,
    "started_at": "2026-11-23T07:19:35Z",
    "ended_at": "2026-11-23T07:19:42Z",
    "outcome": "ok",
    "products": 678,
    "bytes": 151203,
    "retries": 0,
    "error_type": None,
    "error": None,
}


def runs_blueprint(*, list_runs: ListRuns) -> Blueprint:
    """The resources, given the use case they call."""
    blueprint = Blueprint("runs", __name__, description="What was said to devices")

    @blueprint.route("/devices/<number:device_id>/runs")
    class DeviceRuns(MethodView):
        init_every_request = False

        @blueprint.arguments(RunFilterSchema(), location="query", as_kwargs=True)
        @blueprint.response(
            200,
            RunsSchema,
            example={"runs": [EXAMPLE], "next": "/devices/7/runs?limit=1&before=4711"},
        )
        @blueprint.doc(operationId="listDeviceRuns")
        @blueprint.fails(UnknownDeviceError)
        def get(
            self, device_id: DeviceId, limit: int, before: RunId | None = None, **wanted: Any
        ) -> Response:
            """List the conversations with a device

            Newest first: reads, uploads, automatic updates and questions after its status, each
            with how it ended. The filters can be combined. Old ones are forgotten: those that
            asked after the status after a day, the others after some months.
            """
            return page(RunFilter(device_id=device_id, **wanted), limit, before)

    @blueprint.route("/runs")
    class Runs(MethodView):
        init_every_request = False

        @blueprint.arguments(RunOfAnyDeviceFilterSchema(), location="query", as_kwargs=True)
        @blueprint.response(
            200, RunsSchema, example={"runs": [EXAMPLE], "next": "/runs?limit=1&before=4711"}
        )
        @blueprint.doc(operationId="listRuns")
        @blueprint.fails(UnknownDeviceError)
        def get(self, limit: int, before: RunId | None = None, **wanted: Any) -> Response:
            """List the conversations with all your devices

            Newest first. The filters can be combined.
            """
            return page(RunFilter(**wanted), limit, before)

    def page(wanted: RunFilter, limit: int, before: RunId | None) -> Response:
        """Asks for one run more, to know whether there is a next page."""
        runs = list_runs(signed_in(), wanted, before=before, limit=limit + 1)
        following = None
        if len(runs) > limit:
            following = url_for(
                str(request.endpoint),
                device_id=wanted.device_id,
                kind=wanted.kind and wanted.kind.value,
                outcome=wanted.outcome and wanted.outcome.value,
                since=wanted.since and wanted.since.isoformat().replace("+00:00", "Z"),
                limit=limit,
                before=runs[limit - 1].id,
            )
        return answer({"runs": [run_json(run) for run in runs[:limit]], "next": following})

    return blueprint


def run_json(run: Run) -> Json:
    """What clients see of a run."""
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
        "error_type": ending.error_type,
        "error": ending.error,
    }
