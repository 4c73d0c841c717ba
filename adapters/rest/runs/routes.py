"""The history of conversations with devices."""

from typing import Any

from flask import Response, request, url_for
from flask.views import MethodView

from adapters.rest.http.openapi import Blueprint
from adapters.rest.http.requests import signed_in
from adapters.rest.http.responses import answer
from adapters.rest.runs.schemas import (
    RunFilterSchema,
    RunOfAnyDeviceFilterSchema,
    RunsSchema,
)
from adapters.rest.shared.examples import RUN
from adapters.rest.shared.runs import run_json
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.runs import RunFilter
from application.runs.use_cases import RunCases
from domain.devices.device import DeviceId
from domain.runs.run import RunId


def runs_blueprint(cases: RunCases) -> Blueprint:
    """The resources, given the use cases they call."""
    blueprint = Blueprint("runs", __name__, description="What happened to devices")

    @blueprint.route("/devices/<number:device_id>/runs")
    class DeviceRuns(MethodView):
        init_every_request = False

        @blueprint.arguments(RunFilterSchema(), location="query", as_kwargs=True)
        @blueprint.response(
            200,
            RunsSchema,
            example={"runs": [RUN], "next": "/devices/7/runs?limit=1&before=4711"},
        )
        @blueprint.doc(operationId="listDeviceRuns")
        @blueprint.fails(UnknownDeviceError)
        def get(
            self, device_id: DeviceId, limit: int, before: RunId | None = None, **wanted: Any
        ) -> Response:
            """List the conversations with a device

            The newest comes first. Reads, uploads, automatic updates and status requests are
            listed, each with its outcome. You can combine the filters. Status requests are
            forgotten after a day, the others after some months.
            """
            return page(RunFilter(device_id=device_id, **wanted), limit, before)

    @blueprint.route("/runs")
    class Runs(MethodView):
        init_every_request = False

        @blueprint.arguments(RunOfAnyDeviceFilterSchema(), location="query", as_kwargs=True)
        @blueprint.response(
            200, RunsSchema, example={"runs": [RUN], "next": "/runs?limit=1&before=4711"}
        )
        @blueprint.doc(operationId="listRuns")
        @blueprint.fails(UnknownDeviceError)
        def get(self, limit: int, before: RunId | None = None, **wanted: Any) -> Response:
            """List the conversations with all your devices

            The newest comes first. You can combine the filters.
            """
            return page(RunFilter(**wanted), limit, before)

    def page(wanted: RunFilter, limit: int, before: RunId | None) -> Response:
        """Returns a page of runs. Asks for one run more, to know whether there is a next page."""
        runs = cases.list(signed_in(), wanted, before=before, limit=limit + 1)
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
