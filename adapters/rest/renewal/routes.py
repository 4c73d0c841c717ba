"""The schedule of a device."""

from collections.abc import Sequence
from datetime import time, timedelta

from flask import Response
from flask.views import MethodView

from adapters.rest.http.languages import in_words
from adapters.rest.http.openapi import Blueprint
from adapters.rest.http.requests import signed_in
from adapters.rest.http.responses import answer, instant
from adapters.rest.renewal.examples import SCHEDULE
from adapters.rest.renewal.schemas import AutoUpdateSchema, AutoUpdateSettingsSchema
from application.ports.repositories.devices import UnknownDeviceError
from application.renewal.use_cases import RenewalCases
from domain.devices.device import DeviceId
from domain.json_value import Json
from domain.renewal.policy import Dates
from domain.renewal.schedule import AutoUpdate


def auto_update_blueprint(cases: RenewalCases) -> Blueprint:
    """The resources, given the use cases they call."""
    blueprint = Blueprint(
        "auto-update", __name__, url_prefix="/devices", description="Dates that renew themselves"
    )

    @blueprint.route("/<number:device_id>/auto-update")
    class Schedule(MethodView):
        init_every_request = False

        @blueprint.response(200, AutoUpdateSchema, example=SCHEDULE)
        @blueprint.doc(operationId="showAutoUpdate")
        @blueprint.fails(UnknownDeviceError)
        def get(self, device_id: DeviceId) -> Response:
            """Show whether and when the dates are renewed

            The answer also says how the last renewal ended.
            """
            return answer(auto_update_json(cases.show_schedule(signed_in(), device_id)))

        @blueprint.arguments(
            AutoUpdateSettingsSchema(),
            as_kwargs=True,
            example={"enabled": True, "interval_minutes": 720, "daily_at": ["06:00", "18:30"]},
        )
        @blueprint.response(200, AutoUpdateSchema, example=SCHEDULE)
        @blueprint.doc(operationId="changeAutoUpdate")
        @blueprint.fails(UnknownDeviceError)
        def put(
            self,
            device_id: DeviceId,
            enabled: bool,
            interval_minutes: int,
            dates: Dates | None = None,
            **more: Sequence[time] | None,
        ) -> Response:
            """Set whether and when the dates are renewed

            A device is due at once when this is switched on. Then it is due at the times of day in
            `daily_at`, or after every interval where that is null or empty. In both cases it is
            also due shortly after each midnight of its own zone. A time that daylight saving skips
            comes right after the gap; a time that it doubles comes once. Without `daily_at` the
            times stay as they were, and without `dates` the choice of products does. Other members
            are ignored, so that you can send back what was shown.

            With `dates` at `dated`, products without a date get none: this is for scales that date
            labels themselves when they print. It counts from the next renewal.

            A run that failed is tried again after 1, 2, 4 and then every 5 minutes, and at the
            latest at its next turn.
            """
            changed = cases.change_schedule(
                signed_in(),
                device_id,
                enabled=enabled,
                interval=timedelta(minutes=interval_minutes),
                daily_at=(more["daily_at"] or ()) if "daily_at" in more else None,
                dates=dates,
            )
            return answer(auto_update_json(changed))

    return blueprint


def auto_update_json(schedule: AutoUpdate) -> Json:
    """Returns a schedule as clients see it."""
    return {
        "enabled": schedule.enabled,
        "interval_minutes": schedule.interval // timedelta(minutes=1),
        "daily_at": [f"{at:%H:%M}" for at in schedule.daily_at],
        "dates": schedule.dates,
        "last_run_utc": instant(schedule.last_run_at),
        "last_status": schedule.last_status,
        "last_error": in_words(schedule.last_error),
        "consecutive_failures": schedule.consecutive_failures,
        "next_run_utc": instant(schedule.due_at),
    }
