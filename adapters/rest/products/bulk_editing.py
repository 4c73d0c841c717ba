"""One edit on many devices."""

from collections import Counter
from typing import Any

from flask import Response
from flask.views import MethodView
from werkzeug.exceptions import InternalServerError

from adapters.rest.http.faults import first_of, sentences
from adapters.rest.http.languages import spoken
from adapters.rest.http.openapi import Blueprint
from adapters.rest.http.problem_types import KINDS, WHOLE, kind_of
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
    """The resource, given the use case it calls."""
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

            As the edit of one product on each of them, and told for each: the answer is 200 also
            when no device was edited. Each device is edited whole or not at all, and one that
            cannot be edited keeps none of the others from it. Nothing is sent to any device.

            Values that no product could be given are answered 422, and nothing is edited. A
            device of another owner reads as one that does not exist. The call can be repeated
            at any time: what is edited already reads `unchanged`. No device is begun more than a
            minute after the first: those left read `not_tried`.
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
    """What an answer about this device alone would have said of the failure."""
    if error is None:
        return {"type": None, "detail": None, "errors": {}}
    try:
        kind = kind_of(type(error))
    except KeyError:  # nobody foresaw it, and its words are for the log alone
        kind = KINDS[InternalServerError]
        return {"type": kind.type, "detail": kind.detail, "errors": {}}
    if not isinstance(error, InvalidFieldsError):
        return {"type": kind.type, "detail": str(error) or kind.detail, "errors": {}}
    errors: Json = {field: sentences(spoken(), faults) for field, faults in error.errors.items()}
    return {
        "type": kind.type,
        "detail": first_of(spoken(), error.errors, WHOLE),
        "errors": errors,
    }
