"""One edit on many devices."""

from collections import Counter
from typing import Any

from flask import Response
from flask.views import MethodView
from werkzeug.exceptions import InternalServerError

from adapters.rest.http.faults import sentences
from adapters.rest.http.languages import in_words, spoken
from adapters.rest.http.openapi import Blueprint
from adapters.rest.http.problem_types import PROBLEM_TYPES, problem_type_of
from adapters.rest.http.problems import cause_of
from adapters.rest.http.requests import signed_in
from adapters.rest.http.responses import answer, named
from adapters.rest.products.bulk_editing_schemas import (
    BULK_EDIT_DOC,
    BulkEditedSchema,
    BulkEditSchema,
)
from adapters.rest.products.changes import of_one_product
from adapters.rest.products.examples import DEVICE_EDIT, DEVICE_WITHOUT_PRODUCT
from application.products.bulk_editing import DeviceEdit, EditResult, ProductEdit
from application.products.use_cases import ProductCases
from domain.errors import InvalidFieldsError
from domain.json_value import Json
from domain.products.product import NumberKind


def bulk_edits_blueprint(cases: ProductCases) -> Blueprint:
    """The resource, given the use cases of its capability."""
    blueprint = Blueprint("bulk_edits", __name__, description="One edit on many devices")

    @blueprint.route("/edits")
    class BulkEdits(MethodView):
        init_every_request = False

        @blueprint.arguments(
            BulkEditSchema(),
            example={"device_ids": [7, 8], "code": 50, "fields": {"price": 79.9}},
        )
        @blueprint.response(
            200,
            BulkEditedSchema,
            example={
                "counts": {**_counts([]), "edited": 1, "no_such_product": 1},
                "devices": [DEVICE_EDIT, DEVICE_WITHOUT_PRODUCT],
            },
        )
        @blueprint.doc(operationId="editOnDevices", **BULK_EDIT_DOC)
        @blueprint.fails(InvalidFieldsError)
        def post(self, wanted: dict[str, Any]) -> Response:
            """Edit a product on many devices

            This makes the edit on each device, as for one product, and answers the result of each.
            The status is 200 even if no device was edited. Each device is edited completely or not
            at all, and a device that cannot be edited does not affect the others. Nothing is sent
            to any device.

            Values that no product could have are answered with 422, and nothing is edited. A device
            of another owner is answered like one that does not exist. You can repeat the call at
            any time: what is edited already is `unchanged`. The service starts no device more than
            a minute after the first one: the rest are `not_tried`.
            """
            kind: NumberKind = "code" if "code" in wanted else "plu"
            edit = ProductEdit(
                owner_id=signed_in(), kind=kind, number=wanted[kind], fields=wanted["fields_"]
            )
            done = cases.edit_on_devices(edit, wanted.get("device_ids"))
            return answer(
                {
                    "counts": _counts([each.result for each in done]),
                    "devices": [_device_edit_json(each) for each in done],
                }
            )

    return blueprint


def _counts(results: list[EditResult]) -> dict[str, Json]:
    counted = Counter(results)
    return {result.value: counted[result] for result in EditResult}


def _device_edit_json(done: DeviceEdit) -> Json:
    return {
        "device_id": done.device_id,
        "name": done.name,
        "result": done.result.value,
        "product": None if done.product is None else named(done.product),
        "changed": list[Json](map(of_one_product, done.changed)),
        **_problem(done.error),
    }


def _problem(error: Exception | None) -> dict[str, Json]:
    """Returns what an answer about this device alone would say of the failure."""
    if error is None:
        return {"type": None, "detail": None, "errors": {}}
    try:
        kind = problem_type_of(type(error))
    except KeyError:  # nobody foresaw it, and its words are for the log alone
        kind = PROBLEM_TYPES[InternalServerError]
        return {"type": kind.type, "detail": in_words(kind.example), "errors": {}}
    errors: Json = {}
    if isinstance(error, InvalidFieldsError):
        errors = {field: sentences(spoken(), faults) for field, faults in error.errors.items()}
    return {"type": kind.type, "detail": in_words(cause_of(error, kind)), "errors": errors}
