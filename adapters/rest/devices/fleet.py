"""The fleet at a glance."""

from typing import Final

from flask import Response
from flask.views import MethodView
from marshmallow import fields, validate

from adapters.rest.http.openapi import Blueprint
from adapters.rest.http.requests import signed_in
from adapters.rest.http.responses import answer, instant
from adapters.rest.http.schemas import Object, said
from adapters.rest.products.label_check import CHECKS, CountsSchema
from adapters.rest.runs.schemas import KINDS_OF_RUN
from application.devices.fleet_overview import FleetAtAGlance, ShowFleet
from application.ports.repositories.fleet import DeviceState, DueDevice, RunningDevice
from domain.json_value import Json
from domain.products.label_check import Check

EXAMPLE: Final[dict[str, Json]] = {
    "devices": 120,
    "auto_update": 118,
    "due": 3,
    "states": {
        "failing": 2,
        "late": 1,
        "unverified": 0,
        "replaced": 0,
        "wrong_password": 1,
        "wrong_clock": 0,
        "edited": 4,
    },
    "oldest_late": {"device_id": 7, "name": "Bakery counter", "due_utc": "2026-11-23T03:00:00Z"},
    "next_due": {"device_id": 9, "name": "Fish", "due_utc": "2026-11-23T15:30:00Z"},
    "running": [
        {
            "run_id": 4711,
            "device_id": 8,
            "name": "Meat",
            "kind": "upload",
            "by": "user",
            "asked_by": 1,
            "since": "2026-11-23T07:19:35Z",
        }
    ],
    "label_checks": {**dict.fromkeys(CHECKS, 0), "dates_not_today": 2, "zero_price": 1},
}


class StatesSchema(Object):
    """How many devices are in each state; `GET /devices?state=` lists them."""

    failing = fields.Integer(required=True)
    late = fields.Integer(required=True)
    unverified = fields.Integer(required=True)
    replaced = fields.Integer(required=True)
    wrong_password = fields.Integer(required=True)
    wrong_clock = fields.Integer(required=True)
    edited = fields.Integer(required=True)


class DueDeviceSchema(Object):
    device_id = fields.Integer(required=True)
    name = fields.String(required=True)
    due_utc = fields.String(required=True, metadata=said("When its turn is, or was."))


class RunningDeviceSchema(Object):
    run_id = fields.Integer(required=True)
    device_id = fields.Integer(required=True)
    name = fields.String(required=True, metadata=said("The device's."))
    kind = fields.String(required=True, validate=validate.OneOf(KINDS_OF_RUN))
    by = fields.String(required=True, validate=validate.OneOf(["user", "scheduler"]))
    asked_by = fields.Integer(
        required=True, allow_none=True, metadata=said("The id of the user; null by the scheduler.")
    )
    since = fields.String(required=True, metadata=said("An instant in UTC."))


class FleetSchema(Object):
    devices = fields.Integer(required=True, metadata=said("How many there are."))
    auto_update = fields.Integer(required=True, metadata=said("How many have auto-update on."))
    due = fields.Integer(
        required=True, metadata=said("How many have a turn that has come and has not ended yet.")
    )
    states = fields.Nested(StatesSchema, required=True)
    oldest_late = fields.Nested(
        DueDeviceSchema,
        required=True,
        allow_none=True,
        metadata=said("Of those that are late, the one that waits longest; null without any."),
    )
    next_due = fields.Nested(
        DueDeviceSchema,
        required=True,
        allow_none=True,
        metadata=said("Whose turn comes next, after those that are due; null without any."),
    )
    running = fields.List(
        fields.Nested(RunningDeviceSchema),
        required=True,
        metadata=said("Conversations that go on at this moment, the oldest first."),
    )
    label_checks = fields.Nested(
        CountsSchema,
        required=True,
        metadata=said(
            "On how many devices each check finds at least one product today; see "
            "`GET /devices/{device_id}/products/label-check`. Edits count within seconds, while "
            "the scheduler runs."
        ),
    )


def fleet_blueprint(*, show_fleet: ShowFleet) -> Blueprint:
    """The resource, given the use case it calls."""
    blueprint = Blueprint("fleet", __name__, description="All your devices at a glance")

    @blueprint.route("/fleet")
    class Fleet(MethodView):
        init_every_request = False

        @blueprint.response(200, FleetSchema, example=EXAMPLE)
        @blueprint.doc(operationId="showFleet")
        @blueprint.fails()
        def get(self) -> Response:
            """Show your fleet at a glance

            How many devices are in each state, which one is late the longest, which one is next,
            and which are being talked to at this moment. `GET /devices?state=` lists the devices
            in a state and says why.
            """
            return answer(fleet_json(show_fleet(signed_in())))

    return blueprint


def fleet_json(fleet: FleetAtAGlance) -> Json:
    """What clients see of a fleet."""
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
