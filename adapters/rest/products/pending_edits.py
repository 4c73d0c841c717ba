"""Edits that wait for upload."""

from flask import Response
from flask.views import MethodView

from adapters.rest.http.openapi import Blueprint
from adapters.rest.http.requests import signed_in
from adapters.rest.http.responses import answer
from adapters.rest.products.changes import edit_json
from adapters.rest.products.examples import EDIT
from adapters.rest.products.schemas import DiscardedEditsSchema, EditsSchema
from application.ports.repositories.devices import UnknownDeviceError
from application.products.large_files import TooManyFilesError
from application.products.use_cases import ProductCases
from domain.devices.device import DeviceId
from domain.errors import UnknownEditError
from domain.products.edit import EditVersion


def edits_blueprint(cases: ProductCases) -> Blueprint:
    """The resources, given the use cases they call."""
    blueprint = Blueprint(
        "edits", __name__, url_prefix="/devices", description="What waits to be uploaded"
    )

    @blueprint.route("/<number:device_id>/products/edits")
    class Edits(MethodView):
        init_every_request = False

        @blueprint.response(200, EditsSchema, example={"edits": [EDIT]})
        @blueprint.doc(operationId="listEdits")
        @blueprint.fails(UnknownDeviceError, TooManyFilesError)
        def get(self, device_id: DeviceId) -> Response:
            """List the edits that wait for upload

            There is one edit for each field of each product, with its time and user.
            """
            pending = cases.list_edits(signed_in(), device_id)
            return answer({"edits": [edit_json(each) for each in pending]})

        @blueprint.response(200, DiscardedEditsSchema, example={"discarded": [EDIT]})
        @blueprint.doc(operationId="discardEdits")
        @blueprint.fails(UnknownDeviceError, TooManyFilesError)
        def delete(self, device_id: DeviceId) -> Response:
            """Discard all edits

            The answer lists the edits as they were. If the device may have taken one in an upload
            whose outcome is unknown, another edit takes its place and sets the field back.
            """
            discarded = cases.discard_edits(signed_in(), device_id)
            return answer({"discarded": [edit_json(each) for each in discarded]})

    @blueprint.route("/<number:device_id>/products/edits/<number:edit_id>")
    class Edit(MethodView):
        init_every_request = False

        @blueprint.response(200, DiscardedEditsSchema, example={"discarded": [EDIT]})
        @blueprint.doc(operationId="discardEdit")
        @blueprint.fails(UnknownDeviceError, UnknownEditError, TooManyFilesError)
        def delete(self, device_id: DeviceId, edit_id: EditVersion) -> Response:
            """Discard one edit

            The answer shows the edit as it was, as when all are discarded.
            """
            discarded = cases.discard_edits(signed_in(), device_id, edit_id)
            return answer({"discarded": [edit_json(each) for each in discarded]})

    return blueprint
