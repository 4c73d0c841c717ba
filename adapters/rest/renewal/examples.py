"""Examples in the document: a schedule, and renewal exceptions."""

from typing import Final

from domain.json_value import Json

SCHEDULE: Final[dict[str, Json]] = {
    "enabled": True,
    "interval_minutes": 720,
    "daily_at": ["06:00", "18:30"],
    "dates": "all",
    "last_run_utc": "2026-11-23T03:00:07Z",
    "last_status": "OK",
    "last_error": None,
    "consecutive_failures": 0,
    "next_run_utc": "2026-11-23T15:30:00Z",
}
EXCEPTIONS: Final[list[Json]] = [
    {"code": 50, "keep": True, "note": "Dated by the dairy"},
    {"category": 3, "keep": True},
]
