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
from adapters.rest.http.languages import spoken, told_in
from adapters.rest.http.openapi import Blueprint
from adapters.rest.http.requests import signed_in
from adapters.rest.http.responses import answer, instant
from adapters.texts.languages import ENGLISH
from adapters.texts.warnings import warnings
from application.devices.registration import (
    DeviceChanges,
)
from application.devices.use_cases import DeviceCases
from application.ports.repositories.devices import DeviceSummary
from domain.devices.device import Address, DeviceId
from domain.devices.rules import DEFAULT_PORT
from domain.devices.state import DeviceState
from domain.errors import DeviceNameTakenError, InvalidFieldsError, UnknownDeviceError
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

            In the order in which they were registered; all of them, or those in one state. Which
            ones failed, and why, is `?state=failing` and their `last_error`.
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

            The device is not asked: read its products to see whether it answers. It starts with
            the schedule that the service is set to give new devices. Addresses are taken from
            the networks only that the service is set to look for devices in (`DEVICE_NETWORKS`).
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

            As the service remembers it; the device itself is not asked.
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

            What is absent or null stays as it is; an empty `time_zone` has the device follow the
            service's again. In another zone the device has that zone's turns: none that has passed
            there today is made up for, and none that it has had today comes again.

            After a change of address or port the products have to be read before anything can be
            uploaded. A new password is tried at once when the device refused the former one,
            unless eight passwords were refused at its address and port since one was taken.

            Where another of your devices has the same address and port, `warnings` say so.
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

            With its products, waiting edits, former files, runs and schedule. What the device
            itself holds stays; a conversation that is under way is dropped.
            """
            cases.remove(signed_in(), device_id)
            return Response(status=204)

    return blueprint


def saved(summary: DeviceSummary, status: int = 200) -> Response:
    """What clients see of a device that they have just added or changed."""
    language, notices = spoken(), [SHARED_ADDRESS] if summary.shared_address else []
    shown = answer({**device_json(summary), "warnings": warnings(language, notices)}, status)
    return told_in(language, shown) if notices else shown


def device_json(summary: DeviceSummary) -> dict[str, Json]:
    """What clients see of a device; never its password."""
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
        "last_error": summary.last_error,
        "consecutive_failures": summary.consecutive_failures,
        "next_run_utc": instant(summary.next_run_at),
    }
