"""The schedule of a device."""

from datetime import timedelta
from typing import Final

from flask import Response
from flask.views import MethodView

from adapters.rest.answers import answer, instant
from adapters.rest.openapi import Blueprint
from adapters.rest.requests import signed_in
from adapters.rest.schemas import AutoUpdateSchema, AutoUpdateSettingsSchema
from application.auto_update import ChangeAutoUpdate, ShowAutoUpdate
from domain.auto_update import AutoUpdate
from domain.device import DeviceId
from domain.errors import UnknownDeviceError
from domain.json_value import Json

EXAMPLE: Final[dict[str, Json]] = {
    "enabled": True,
    "interval_minutes": 720,
    "last_run_utc": "2026-11-23T07:19:42Z",
    "last_status": "OK",
    "last_error": None,
    "next_run_utc": "2026-11-23T19:19:42Z",
}


def auto_update_blueprint(
    *, show_auto_update: ShowAutoUpdate, change_auto_update: ChangeAutoUpdate
) -> Blueprint:
    """The resources, given the use cases they call."""
    blueprint = Blueprint(
        "auto-update", __name__, url_prefix="/devices", description="Dates that renew themselves"
    )

    @blueprint.route("/<number:device_id>/auto-update")
    class Schedule(MethodView):
        init_every_request = False

        @blueprint.response(200, AutoUpdateSchema, example=EXAMPLE)
        @blueprint.doc(operationId="showAutoUpdate")
        @blueprint.fails(UnknownDeviceError)
        def get(self, device_id: DeviceId) -> Response:
            """Show whether and when the dates are renewed

            And how the last renewal ended.
            """
            return answer(auto_update_json(show_auto_update(signed_in(), device_id)))

        @blueprint.arguments(
            AutoUpdateSettingsSchema(),
            as_kwargs=True,
            example={"enabled": True, "interval_minutes": 720},
        )
        @blueprint.response(200, AutoUpdateSchema, example=EXAMPLE)
        @blueprint.doc(operationId="changeAutoUpdate")
        @blueprint.fails(UnknownDeviceError)
        def put(self, device_id: DeviceId, enabled: bool, interval_minutes: int) -> Response:
            """Set whether and how often the dates are renewed

            A device is due at once when this is switched on, then every interval, and shortly
            after each midnight. Other members are ignored, so that what was shown can be sent
            back.
            """
            changed = change_auto_update(
                signed_in(),
                device_id,
                enabled=enabled,
                interval=timedelta(minutes=interval_minutes),
            )
            return answer(auto_update_json(changed))

    return blueprint


def auto_update_json(schedule: AutoUpdate) -> Json:
    """What clients see of a schedule."""
    return {
        "enabled": schedule.enabled,
        "interval_minutes": schedule.interval // timedelta(minutes=1),
        "last_run_utc": instant(schedule.last_run_at),
        "last_status": schedule.last_status,
        "last_error": schedule.last_error,
        "next_run_utc": instant(schedule.due_at),
    }
