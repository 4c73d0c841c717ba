"""Products that keep their dates when dates are renewed."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Response
from flask.views import MethodView
from marshmallow import ValidationError, fields, validate, validates_schema

from adapters.rest.http.fields import LARGEST, TrueOrFalse, WholeNumber
from adapters.rest.http.openapi import Blueprint
from adapters.rest.http.requests import signed_in
from adapters.rest.http.responses import answer
from adapters.rest.http.schemas import Object, said
from application.renewal.exceptions import ListRenewalExceptions, SetRenewalExceptions
from domain.devices.device import DeviceId
from domain.errors import InvalidFieldsError, UnknownDeviceError
from domain.json_value import Json
from domain.renewal.policy import FIELDS, RenewalException

LONGEST_NOTE: Final = 200
EXAMPLE: Final[list[Json]] = [
    {"code": 50, "keep": True, "note": "Dated by the dairy"},
    {"category": 3, "keep": True},
]
_WHAT: Final = "Give exactly one of code, plu and category."


class RenewalExceptionSchema(Object):
    """Names a product, or all products of a category; exactly one of the three."""

    code = WholeNumber(validate=validate.Range(1, LARGEST), metadata=said("The product's code."))
    plu = WholeNumber(validate=validate.Range(1, LARGEST), metadata=said("The product's PLU."))
    category = WholeNumber(
        validate=validate.Range(1, LARGEST),
        metadata=said("An `idCategory` of the product file: all products of that category."),
    )
    keep = TrueOrFalse(
        required=True,
        validate=validate.Equal(True, error="Must be true: what is listed keeps its dates."),
        metadata=said("Always true: what is listed keeps its dates."),
    )
    note = fields.String(
        validate=validate.Length(max=LONGEST_NOTE),
        allow_none=True,
        metadata=said("Why, for whoever reads the list; shown with the product."),
    )

    @validates_schema
    def _exactly_one(self, data: dict[str, Any], **_: object) -> None:
        if sum(kind in data for kind in FIELDS) != 1:
            raise ValidationError(_WHAT)


DOC: Final[dict[str, Any]] = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "array",
                    "items": {
                        "allOf": [
                            RenewalExceptionSchema,
                            {"oneOf": [{"required": [kind]} for kind in FIELDS]},
                        ]
                    },
                }
            }
        }
    }
}
"""What no field can say of itself."""


def renewal_exceptions_blueprint(
    *,
    list_renewal_exceptions: ListRenewalExceptions,
    set_renewal_exceptions: SetRenewalExceptions,
) -> Blueprint:
    """The resources, given the use cases they call."""
    blueprint = Blueprint("renewal-exceptions", __name__, description="Products that keep dates")

    @blueprint.route("/renewal-exceptions")
    class OfAllDevices(MethodView):
        init_every_request = False

        @blueprint.response(200, RenewalExceptionSchema(many=True), example=EXAMPLE)
        @blueprint.doc(operationId="listRenewalExceptions")
        @blueprint.fails()
        def get(self) -> Response:
            """List the products that keep their dates on all your devices

            A renewal of the dates leaves these products as they are, on each device that has them:
            what somebody else has made and dated.
            """
            return listed(list_renewal_exceptions(signed_in()))

        @blueprint.arguments(RenewalExceptionSchema(many=True), example=EXAMPLE)
        @blueprint.response(200, RenewalExceptionSchema(many=True), example=EXAMPLE)
        @blueprint.doc(operationId="setRenewalExceptions", **DOC)
        @blueprint.fails(InvalidFieldsError)
        def put(self, wanted: Sequence[Mapping[str, Any]]) -> Response:
            """Set the products that keep their dates on all your devices

            The list takes the place of the one there was; an empty one makes no exceptions. At most
            5000 may be listed, each once. They count from the next renewal on, whether by schedule
            or by `POST /runs`; `GET /devices/{device_id}/products/label-check` shows which products
            they match.
            """
            return listed(set_renewal_exceptions(signed_in(), None, exceptions_of(wanted)))

    @blueprint.route("/devices/<number:device_id>/renewal-exceptions")
    class OfOneDevice(MethodView):
        init_every_request = False

        @blueprint.response(200, RenewalExceptionSchema(many=True), example=EXAMPLE)
        @blueprint.doc(operationId="listDeviceRenewalExceptions")
        @blueprint.fails(UnknownDeviceError)
        def get(self, device_id: DeviceId) -> Response:
            """List the products that keep their dates on this device

            Beside those of `GET /renewal-exceptions`, which hold for all your devices.
            """
            return listed(list_renewal_exceptions(signed_in(), device_id))

        @blueprint.arguments(RenewalExceptionSchema(many=True), example=EXAMPLE)
        @blueprint.response(200, RenewalExceptionSchema(many=True), example=EXAMPLE)
        @blueprint.doc(operationId="setDeviceRenewalExceptions", **DOC)
        @blueprint.fails(UnknownDeviceError, InvalidFieldsError)
        def put(self, wanted: Sequence[Mapping[str, Any]], device_id: DeviceId) -> Response:
            """Set the products that keep their dates on this device

            Like `PUT /renewal-exceptions`, for one device alone.
            """
            return listed(set_renewal_exceptions(signed_in(), device_id, exceptions_of(wanted)))

    return blueprint


def exceptions_of(wanted: Sequence[Mapping[str, Any]]) -> list[RenewalException]:
    """What a client listed."""
    return [
        RenewalException(kind, each[kind], each.get("note") or None)
        for each in wanted
        for kind in FIELDS
        if kind in each
    ]


def listed(exceptions: Sequence[RenewalException]) -> Response:
    """A list as clients see it, and may send it back."""
    return answer([exception_json(each) for each in exceptions])


def exception_json(exception: RenewalException) -> Json:
    """What clients see of an exception."""
    named: dict[str, Json] = {exception.kind: exception.number, "keep": True}
    return named | ({} if exception.note is None else {"note": exception.note})
