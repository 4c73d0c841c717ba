"""The status of a device at this moment."""

from collections.abc import Mapping
from typing import Final

from flask import Response

from adapters.rest.devices.examples import STATUS
from adapters.rest.devices.schemas import StatusSchema
from adapters.rest.http.languages import in_words
from adapters.rest.http.live import LiveView
from adapters.rest.http.openapi import Blueprint
from adapters.rest.http.requests import signed_in
from adapters.rest.http.responses import answer, instant
from adapters.rest.shared.runs import run_json
from application.conversations.errors import (
    LeaseLostError,
    StoredPasswordError,
    TooManyConversationsError,
)
from application.devices.status import DeviceStatus
from application.devices.use_cases import DeviceCases
from application.ports.repositories.devices import UnknownDeviceError
from domain.devices.device import DeviceId
from domain.devices.device_text import cut
from domain.json_value import Json
from domain.runs.run import Run

VERSIONS: Final = {
    "protocol": "protocolVersion",
    "scale_app": "scaleAppVersion",
    "service_app": "serviceAppVersion",
    "android": "androidVersion",
    "sdk": "sdkVersion",
}
"""The names that the device gives its versions (FF 17)."""


def status_blueprint(cases: DeviceCases) -> Blueprint:
    """The resource, given the use cases of its capability."""
    blueprint = Blueprint(
        "status", __name__, url_prefix="/devices", description="How devices are at this moment"
    )

    @blueprint.route("/<number:device_id>/status")
    class Status(LiveView):
        @blueprint.response(200, StatusSchema, example=STATUS)
        @blueprint.doc(operationId="showStatus")
        @blueprint.fails(
            UnknownDeviceError, StoredPasswordError, LeaseLostError, TooManyConversationsError
        )
        def get(self, device_id: DeviceId) -> Response:
            """Ask a device for its status

            The service answers even if the device does not: `reachable` and `error` say so. No
            password is sent. A device that is busy with another conversation is not disturbed. The
            request is remembered for a day as a run of kind `status`. The service compares the
            clock of the device with the time in its zone and remembers the difference for `GET
            /fleet`.
            """
            return answer(status_json(cases.show_status(signed_in(), device_id)))

    return blueprint


def status_json(status: DeviceStatus) -> Json:
    """Returns the status of a device as clients see it."""
    information = status.information
    return {
        "reachable": status.reachable,
        "checked_at": instant(status.checked_at),
        "latency_ms": None if status.latency is None else round(status.latency * 1000),
        "model": _text(information, "scaleModel"),
        "serial_number": _text(information, "serialNumber"),
        "versions": {name: _text(information, member) for name, member in VERSIONS.items()},
        "products_updated": _text(information, "productUpdateDateTime"),
        "printer_ready": _printer_ready(information),
        "clock": None if status.clock is None else status.clock.isoformat(timespec="seconds"),
        "clock_ahead_seconds": (
            None if status.clock_ahead is None else round(status.clock_ahead.total_seconds())
        ),
        "last_read": _ended(status.last_read),
        "last_upload": _ended(status.last_upload),
        "last_run": None if status.last_run is None else run_json(status.last_run),
        "unverified": status.unverified,
        "wrong_password": status.wrong_password,
        "error": in_words(status.error),
    }


def _text(information: Mapping[str, Json], member: str) -> str | None:
    """Returns a text or a number that the device gave, as text."""
    value = information.get(member)
    known = isinstance(value, str | int | float) and not isinstance(value, bool)
    return cut(str(value)) if known else None


def _printer_ready(information: Mapping[str, Json]) -> bool | None:
    printer = information.get("printInfo")
    ready = printer.get("isReady") if isinstance(printer, dict) else None
    if isinstance(ready, str):
        return {"true": True, "false": False}.get(ready.lower())
    return ready if isinstance(ready, bool) else None


def _ended(run: Run | None) -> str | None:
    return None if run is None or run.ending is None else instant(run.ending.at)
