"""Whatever the OpenAPI document allows, and much that it does not, is answered as documented."""

import gzip
import re
from typing import Any, TypeGuard

import schemathesis
from hypothesis import settings
from schemathesis.config import (
    ChecksConfig,
    GenerationConfig,
    NotAServerErrorConfig,
    ProjectConfig,
    ProjectsConfig,
)
from schemathesis.specs.openapi.checks import positive_data_acceptance

from adapters.mertech.emulator.faults import Fault
from adapters.rest.http.faults import LARGEST
from domain.devices.networks import DeviceNetworks
from tests.harness.over_http import DEVICE, OverHttp
from tests.harness.products import bun, muffin
from tests.harness.work import do_all

DEVICES = 3

shop = OverHttp(
    networks=DeviceNetworks.of(["0.0.0.0/0", "0.0.0.0/32", "::/0", "::/128"]), own_app=True
)
device = shop.plug_in()
anna = shop.sign_in("anna@example.org")
for number in range(DEVICES):
    device_id = anna.add_device(name=f"Counter {number}")
    # Each has had another file before, and has edits.
    for price in (1, 2):
        device.document = {"products": [muffin(price=price), bun()]}
        anna.get(f"/devices/{device_id}/products")
    anna.patch(f"/devices/{device_id}/products/607", json={"fields": {"price": 3, "tare": 1}})

# Of the first batch all devices fail, of the second none, of the third all wait.
BATCHES = 3
for fault in (Fault.NOT_JSON, None):
    anna.post("/runs", json={"kind": "read", "all": True})
    device.fault = fault
    do_all(shop.cases)
anna.post("/runs", json={"kind": "read", "all": True})

project = ProjectConfig(
    # No schema can say that NUL is refused, and parameters that nobody knows are ignored.
    generation=GenerationConfig(allow_x00=False, allow_extra_parameters=False),
    # Devices fail, also where the service is right.
    checks=ChecksConfig(
        not_a_server_error=NotAServerErrorConfig(
            expected_statuses=["2xx", "3xx", "4xx", 502, 503, 504]
        )
    ),
)
schema = schemathesis.openapi.from_wsgi(
    "/openapi.json",
    shop.app,
    config=schemathesis.Config(projects=ProjectsConfig(default=project)),
)


@schema.hook
def filter_body(context: schemathesis.HookContext, body: object) -> bool:
    """Nor can a schema say that members nobody knows hold no integers beyond 64 bits."""
    return re.search("[0-9]{19}", str(body)) is None


@schema.hook
def after_call(
    context: schemathesis.HookContext, case: schemathesis.Case[Any], response: schemathesis.Response
) -> None:
    """Called in process, an answer comes as the service compressed it."""
    if response.headers.get("content-encoding") == ["gzip"]:
        response.content = gzip.decompress(response.content)


@schema.parametrize()
@settings(max_examples=30, deadline=None, derandomize=True, database=None)
def test_every_operation_answers_as_documented(case: schemathesis.Case[Any]) -> None:
    aim(case)
    if case.operation.path.endswith(("/products", "/upload", "/{plu}", "/edits", "/{edit_id}")):
        put_back()
    # Which values a product takes depends on the product, source goes without scope, both go with
    # an upload only, and no exception is listed twice.
    depends = (
        case.operation.label
        in ("PATCH /devices/{device_id}/products/{plu}", "POST /edits", "POST /runs")
        or case.operation.label.endswith("/renewal-exceptions")
        or {"source", "scope"} <= case.query.keys()
    )
    case.call_and_validate(
        headers={"Authorization": f"Bearer {anna.token}"},
        excluded_checks=[positive_data_acceptance] if depends else [],
    )


def aim(case: schemathesis.Case[Any]) -> None:
    """Mostly at devices and products that exist, but at none that would be missed later."""
    found = {name: str(value) for name, value in case.path_parameters.items()}
    if all(value.isdecimal() and int(value) <= LARGEST for value in found.values()):
        beyond = DEVICES if case.operation.method == "delete" else 0
        places = {
            "device_id": (DEVICES + 1, 1 + beyond),
            "plu": (3, 607),
            "n": (3, 1),
            "batch_id": (BATCHES + 1, 1),
        }
        for name, value in found.items():
            count, first = places.get(name, (10, 1))
            case.path_parameters[name] = int(value) % count + first
    if case.operation.label == "POST /edits" and isinstance(case.body, dict):
        wanted = case.body.get("device_ids")
        ids = [each for each in wanted if is_id(each)] if isinstance(wanted, list) else []
        if ids and ids == wanted:
            case.body["device_ids"] = [each % (DEVICES + 2) for each in ids]
        for member, first in (("plu", 607), ("code", 50)):
            asked = case.body.get(member)
            if is_id(asked):
                case.body[member] = asked % 3 + first
    if len(case.headers.get("If-Match", "")) % 3:
        del case.headers["If-Match"]


def is_id(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value <= LARGEST


def put_back() -> None:
    """Have every device stand where it stood at first, and known."""
    for device_id in range(1, DEVICES + 1):
        anna.put(
            f"/devices/{device_id}", json={**DEVICE, "port": 1111, "name": f"Counter {device_id}"}
        )
        anna.get(f"/devices/{device_id}/products")
