"""Examples in the document: a device, its status, and the fleet."""

from typing import Final

from adapters.rest.shared.examples import RUN
from adapters.rest.shared.label_checks import CHECKS
from domain.json_value import Json

DEVICE: Final[dict[str, Json]] = {
    "id": 7,
    "name": "Bakery counter",
    "description": "By the door",
    "ip": "192.168.1.50",
    "port": 1111,
    "protocol": "TCP",
    "cached_dirty": False,
    "unverified": False,
    "replaced": False,
    "wrong_password": False,
    "shared_address": False,
    "time_zone": "Europe/Moscow",
    "auto_update": True,
    "last_run_utc": "2026-11-23T07:19:42Z",
    "last_status": "OK",
    "last_error": None,
    "consecutive_failures": 0,
    "next_run_utc": "2026-11-23T19:19:42Z",
}
STATUS: Final[dict[str, Json]] = {
    "reachable": True,
    "checked_at": "2026-11-23T07:20:00Z",
    "latency_ms": 18,
    "model": "M-ER 725 PM-15.2",
    "serial_number": "21B06847",
    "versions": {
        "protocol": "0.16",
        "scale_app": "1.2.3",
        "service_app": "1.2.5.562",
        "android": "5.1.1",
        "sdk": "22",
    },
    "products_updated": None,
    "printer_ready": None,
    "clock": "2026-11-23T10:19:23",
    "clock_ahead_seconds": -37,
    "last_read": "2026-11-23T06:00:03Z",
    "last_upload": "2026-11-23T07:19:42Z",
    "last_run": RUN,
    "unverified": False,
    "wrong_password": False,
    "error": None,
}
FLEET: Final[dict[str, Json]] = {
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
