"""Registered devices."""

from typing import Any, Final

from flask import Response, url_for
from flask.views import MethodView

from adapters.rest.devices.examples import DEVICE
from adapters.rest.devices.schemas import (
    DeviceChangesSchema,
    DeviceFilterSchema,
    DeviceSchema,
    NewDeviceSchema,
    SavedDeviceSchema,
)
from adapters.rest.http.languages import in_language, in_words, spoken
from adapters.rest.http.openapi import Blueprint
from adapters.rest.http.requests import signed_in
from adapters.rest.http.responses import answer, instant
from adapters.texts.languages import ENGLISH
from adapters.texts.warnings import warnings
from application.devices.registration import (
    DeviceChanges,
)
from application.devices.use_cases import DeviceCases
from application.ports.repositories.devices import (
    DeviceNameTakenError,
    DeviceSummary,
    UnknownDeviceError,
)
from domain.devices.device import Address, DeviceId
from domain.devices.rules import DEFAULT_PORT
from domain.devices.state import DeviceState
from domain.errors import InvalidFieldsError
from domain.json_value import Json
from domain.notices import Notice

SHARED_ADDRESS: Final = Notice("shared_address")


def devices_blueprint(cases: DeviceCases) -> Blueprint:
    """The resources, given the use cases they call."""
    blueprint = Blueprint(
        "devices", __name__, url_prefix="/devices", description="Register your scales"
    )

    @blueprint.route("")
    class Devices(MethodView):
        init_every_request = False

        @blueprint.arguments(DeviceFilterSchema(), location="query", as_kwargs=True)
        @blueprint.response(200, DeviceSchema(many=True), example=[DEVICE])
        @blueprint.doc(operationId="listDevices")
        @blueprint.fails()
        def get(self, state: DeviceState | None = None) -> Response:
            """List your devices

            The devices are in the order in which they were registered: all of them, or those in one
            state. `?state=failing` lists those that failed; their `last_error` says why.
            """
            listed = cases.list(signed_in(), state)
            return answer([device_json(summary) for summary in listed])

        @blueprint.arguments(
            NewDeviceSchema(),
            example={"name": "Bakery counter", "ip": "192.168.1.50", "password": "1234"},
        )
        @blueprint.response(
            201,
            SavedDeviceSchema,
            example={**DEVICE, "warnings": []},
            headers={"Location": {"description": "Its path.", "schema": {"type": "string"}}},
        )
        @blueprint.doc(operationId="addDevice")
        @blueprint.fails(DeviceNameTakenError, InvalidFieldsError)
        def post(self, wanted: dict[str, Any]) -> Response:
            """Register a device

            The service does not contact the device: read its products to see whether it answers. A
            new device starts with the default schedule of the service. Its address has to be in a
            network in which the service looks for devices (`DEVICE_NETWORKS`).
            """
            summary = cases.add(
                signed_in(),
                name=wanted["name"],
                description=wanted.get("description") or "",
                address=Address(wanted["ip"], wanted.get("port") or DEFAULT_PORT),
                protocol=wanted.get("protocol") or "TCP",
                password=wanted["password"],
                time_zone=wanted.get("time_zone"),
            )
            added = saved(summary, 201)
            added.headers["Location"] = url_for(".Device", device_id=summary.device.id)
            return added

    @blueprint.route("/<number:device_id>")
    class Device(MethodView):
        init_every_request = False

        @blueprint.response(200, DeviceSchema, example=DEVICE)
        @blueprint.doc(operationId="showDevice")
        @blueprint.fails(UnknownDeviceError)
        def get(self, device_id: DeviceId) -> Response:
            """Show a device

            The answer is what the service remembers; the device itself is not asked.
            """
            return answer(device_json(cases.show(signed_in(), device_id)))

        @blueprint.arguments(DeviceChangesSchema(), example={"ip": "192.168.1.51"})
        @blueprint.response(
            200,
            SavedDeviceSchema,
            example={
                **DEVICE,
                "ip": "192.168.1.51",
                "shared_address": True,
                "warnings": warnings(ENGLISH, [SHARED_ADDRESS]),
            },
        )
        @blueprint.doc(operationId="changeDevice")
        @blueprint.fails(UnknownDeviceError, DeviceNameTakenError, InvalidFieldsError)
        def put(self, wanted: dict[str, Any], device_id: DeviceId) -> Response:
            """Change a device

            Members that are absent or null stay as they are. With an empty `time_zone`, the device
            follows the time zone of the service again. After a change of zone, the schedule counts
            in the new zone: times that have passed there today are not made up for, and times that
            the device has had today do not come again.

            After a change of address or port, the products have to be read before anything can be
            uploaded. A new password is tried at once if the device refused the former one, unless
            the scale at that address and port has refused eight passwords since it last accepted
            one.

            `warnings` says if another of your devices has the same address and port.
            """
            changes = DeviceChanges(
                name=wanted.get("name"),
                description=wanted.get("description"),
                host=wanted.get("ip"),
                port=wanted.get("port"),
                protocol=wanted.get("protocol"),
                password=wanted.get("password"),
                time_zone=wanted.get("time_zone"),
            )
            return saved(cases.change(signed_in(), device_id, changes))

        @blueprint.response(204)
        @blueprint.doc(operationId="removeDevice")
        @blueprint.fails(UnknownDeviceError)
        def delete(self, device_id: DeviceId) -> Response:
            """Remove a device

            Its products, waiting edits, former files, runs and schedule are removed too. What the
            device itself holds stays. A conversation that is under way is dropped.
            """
            cases.remove(signed_in(), device_id)
            return Response(status=204)

    return blueprint


def saved(summary: DeviceSummary, status: int = 200) -> Response:
    """Returns a device as clients see it after they have added or changed it."""
    language, notices = spoken(), [SHARED_ADDRESS] if summary.shared_address else []
    shown = answer({**device_json(summary), "warnings": warnings(language, notices)}, status)
    return in_language(language, shown) if notices else shown


def device_json(summary: DeviceSummary) -> dict[str, Json]:
    """Returns a device as clients see it, without its password."""
    device = summary.device
    return {
        "id": device.id,
        "name": device.name,
        "description": device.description,
        "ip": device.address.host,
        "port": device.address.port,
        "protocol": device.protocol,
        "cached_dirty": summary.cached_dirty,
        "unverified": summary.unverified,
        "replaced": summary.replaced,
        "wrong_password": device.refusals > 0,
        "shared_address": summary.shared_address,
        "time_zone": device.time_zone,
        "auto_update": summary.auto_update,
        "last_run_utc": instant(summary.last_run_at),
        "last_status": summary.last_status,
        "last_error": in_words(summary.last_error),
        "consecutive_failures": summary.consecutive_failures,
        "next_run_utc": instant(summary.next_run_at),
    }
