"""Products that keep their dates when dates are renewed."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response
from flask.views import MethodView

from adapters.rest.http.openapi import Blueprint
from adapters.rest.http.requests import signed_in
from adapters.rest.http.responses import answer
from adapters.rest.renewal.examples import EXCEPTIONS
from adapters.rest.renewal.schemas import EXCEPTIONS_DOC
from adapters.rest.shared.renewal_exceptions import RenewalExceptionSchema, exception_json
from application.ports.repositories.devices import UnknownDeviceError
from application.renewal.use_cases import RenewalCases
from domain.devices.device import DeviceId
from domain.errors import InvalidFieldsError
from domain.renewal.policy import FIELDS, RenewalException


def renewal_exceptions_blueprint(cases: RenewalCases) -> Blueprint:
    """The resources, given the use cases they call."""
    blueprint = Blueprint("renewal-exceptions", __name__, description="Products that keep dates")

    @blueprint.route("/renewal-exceptions")
    class OfAllDevices(MethodView):
        init_every_request = False

        @blueprint.response(200, RenewalExceptionSchema(many=True), example=EXCEPTIONS)
        @blueprint.doc(operationId="listRenewalExceptions")
        @blueprint.fails()
        def get(self) -> Response:
            """List the products that keep their dates on all your devices

            A renewal does not change the dates of these products on any device that has them. They
            are usually made and dated by somebody else.
            """
            return listed(cases.list_exceptions(signed_in()))

        @blueprint.arguments(RenewalExceptionSchema(many=True), example=EXCEPTIONS)
        @blueprint.response(200, RenewalExceptionSchema(many=True), example=EXCEPTIONS)
        @blueprint.doc(operationId="setRenewalExceptions", **EXCEPTIONS_DOC)
        @blueprint.fails(InvalidFieldsError)
        def put(self, wanted: Sequence[Mapping[str, Any]]) -> Response:
            """Set the products that keep their dates on all your devices

            The list replaces the one before; an empty list makes no exceptions. It may have at most
            5000 entries, all different. It counts from the next renewal, whether by schedule or by
            `POST /runs`; `GET /devices/{device_id}/products/label-check` shows which products it
            matches.
            """
            return listed(cases.set_exceptions(signed_in(), None, exceptions_of(wanted)))

    @blueprint.route("/devices/<number:device_id>/renewal-exceptions")
    class OfOneDevice(MethodView):
        init_every_request = False

        @blueprint.response(200, RenewalExceptionSchema(many=True), example=EXCEPTIONS)
        @blueprint.doc(operationId="listDeviceRenewalExceptions")
        @blueprint.fails(UnknownDeviceError)
        def get(self, device_id: DeviceId) -> Response:
            """List the products that keep their dates on this device

            The exceptions of `GET /renewal-exceptions`, which apply to all your devices, are not
            among them.
            """
            return listed(cases.list_exceptions(signed_in(), device_id))

        @blueprint.arguments(RenewalExceptionSchema(many=True), example=EXCEPTIONS)
        @blueprint.response(200, RenewalExceptionSchema(many=True), example=EXCEPTIONS)
        @blueprint.doc(operationId="setDeviceRenewalExceptions", **EXCEPTIONS_DOC)
        @blueprint.fails(UnknownDeviceError, InvalidFieldsError)
        def put(self, wanted: Sequence[Mapping[str, Any]], device_id: DeviceId) -> Response:
            """Set the products that keep their dates on this device

            Like `PUT /renewal-exceptions`, for one device alone.
            """
            return listed(cases.set_exceptions(signed_in(), device_id, exceptions_of(wanted)))

    return blueprint


def exceptions_of(wanted: Sequence[Mapping[str, Any]]) -> list[RenewalException]:
    """Returns the exceptions that a client listed."""
    return [
        RenewalException(kind, each[kind], each.get("note") or None)
        for each in wanted
        for kind in FIELDS
        if kind in each
    ]


def listed(exceptions: Sequence[RenewalException]) -> Response:
    """Returns a list as clients see it, in the form in which they can send it back."""
    return answer([exception_json(each) for each in exceptions])
