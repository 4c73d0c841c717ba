"""Examples in the document: a run, and batches."""

from collections import Counter
from typing import Final

from adapters.rest.shared.runs import STATES, WAITING
from domain.json_value import Json

RUN: Final[dict[str, Json]] = {
    "id": 4711,
    "device_id": 7,
    "kind": "upload",
    "by": "user",
    "asked_by": 1,
    "started_at": "2026-11-23T07:19:35Z",
    "ended_at": "2026-11-23T07:19:42Z",
    "outcome": "ok",
    "products": 678,
    "bytes": 151203,
    "retries": 0,
    "error_type": None,
    "error": None,
}
BATCH_DEVICE: Final[dict[str, Json]] = {
    "device_id": 7,
    "name": "Bakery counter",
    "state": "ok",
    "run_id": 4711,
    "started_at": "2026-11-23T07:19:35Z",
    "ended_at": "2026-11-23T07:19:42Z",
    "products": 678,
    "error_type": None,
    "error": None,
}
FAILED_DEVICE: Final[dict[str, Json]] = {
    **BATCH_DEVICE,
    "device_id": 8,
    "name": "Bread counter",
    "state": "failed",
    "run_id": 4712,
    "products": None,
    "error_type": "ScalesUnreachable",
    "error": "The scale at 192.168.1.51:1111 refused the connection.",
}
WAITING_DEVICE: Final[dict[str, Json]] = {
    **dict.fromkeys(BATCH_DEVICE),
    "device_id": 7,
    "name": "Bakery counter",
    "state": WAITING,
}


def _batch(kind: str, *devices: dict[str, Json]) -> dict[str, Json]:
    states = Counter(device["state"] for device in devices)
    return {
        "id": 42,
        "kind": kind,
        "source": None,
        "scope": None,
        "created_at": "2026-11-23T07:19:34Z",
        "total": len(devices),
        "counts": {state: states[state] for state in STATES},
        "done": not states[WAITING],
        "devices": list[Json](devices),
    }


BATCH: Final = _batch("upload", BATCH_DEVICE, FAILED_DEVICE)
BEGUN: Final = _batch("upload", WAITING_DEVICE)
