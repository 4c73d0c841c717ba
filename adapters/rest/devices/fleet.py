"""The fleet at a glance."""

from flask import Response
from flask.views import MethodView

from adapters.rest.devices.examples import FLEET
from adapters.rest.devices.schemas import FleetSchema
from adapters.rest.http.openapi import Blueprint
from adapters.rest.http.requests import signed_in
from adapters.rest.http.responses import answer, instant
from application.devices.fleet_overview import FleetAtAGlance
from application.devices.use_cases import DeviceCases
from application.ports.repositories.fleet import DueDevice, RunningDevice
from domain.devices.state import DeviceState
from domain.json_value import Json
from domain.products.label_checks.checks import Check


def fleet_blueprint(cases: DeviceCases) -> Blueprint:
    """The resource, given the use cases of its capability."""
    blueprint = Blueprint("fleet", __name__, description="All your devices at a glance")

    @blueprint.route("/fleet")
    class Fleet(MethodView):
        init_every_request = False

        @blueprint.response(200, FleetSchema, example=FLEET)
        @blueprint.doc(operationId="showFleet")
        @blueprint.fails()
        def get(self) -> Response:
            """Show your fleet at a glance

            The answer says how many devices are in each state, which device has been late the
            longest, which one is due next, and which ones are in a conversation now. `GET
            /devices?state=` lists the devices in a state and says why.
            """
            return answer(fleet_json(cases.show_fleet(signed_in())))

    return blueprint


def fleet_json(fleet: FleetAtAGlance) -> Json:
    """Returns a fleet as clients see it."""
    counts = fleet.counts
    return {
        "devices": counts.devices,
        "auto_update": counts.auto_update,
        "due": counts.due,
        "states": {state.value: counts.states[state] for state in DeviceState},
        "oldest_late": _due_json(fleet.oldest_late),
        "next_due": _due_json(fleet.next_due),
        "running": [_running_json(running) for running in fleet.running],
        "label_checks": {check.value: fleet.label_checks[check] for check in Check},
    }


def _due_json(device: DueDevice | None) -> Json:
    if device is None:
        return None
    return {
        "device_id": device.device_id,
        "name": device.name,
        "due_utc": instant(device.due_at),
    }


def _running_json(running: RunningDevice) -> Json:
    run = running.run
    return {
        "run_id": run.id,
        "device_id": run.device_id,
        "name": running.name,
        "kind": run.kind.value,
        "by": "scheduler" if run.asked_by is None else "user",
        "asked_by": run.asked_by,
        "since": instant(run.started_at),
    }
