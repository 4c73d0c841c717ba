"""Uploading the edits of a device."""

from flask import Response
from flask.views import MethodView

from adapters.rest.http.languages import in_language, spoken
from adapters.rest.http.openapi import Blueprint
from adapters.rest.http.preferences import prefers_async
from adapters.rest.http.problem_types import CONVERSATION_FAILURES
from adapters.rest.http.requests import signed_in
from adapters.rest.http.responses import answer
from adapters.rest.products.changes import change_json
from adapters.rest.products.examples import UPLOADED
from adapters.rest.products.schemas import UploadedSchema
from adapters.rest.shared.batches import or_later, postponed
from adapters.rest.shared.uploading import UploadSchema, upload_of
from adapters.texts.languages import Language
from adapters.texts.warnings import warnings
from application.products.uploading import Uploaded
from application.products.use_cases import ProductCases
from application.runs.batches import StartBatch
from domain.devices.device import DeviceId
from domain.errors import (
    AddressChangedError,
    ClashingEditsError,
    DeviceReplacedError,
    NothingReadError,
)
from domain.json_value import Json
from domain.products.refused import ProductsAtFaultError
from domain.runs.run import RunKind


def uploads_blueprint(cases: ProductCases, start_batch: StartBatch) -> Blueprint:
    """The resource, given the use cases it calls."""
    blueprint = Blueprint(
        "uploads", __name__, url_prefix="/devices", description="Send edits to the device"
    )

    @blueprint.route("/<number:device_id>/upload")
    class Upload(MethodView):
        init_every_request = False

        @blueprint.arguments(UploadSchema(), location="query", as_kwargs=True)
        @blueprint.response(200, UploadedSchema, example=UPLOADED)
        @or_later(blueprint)
        @blueprint.doc(operationId="uploadProducts")
        @blueprint.fails(
            NothingReadError,
            DeviceReplacedError,
            AddressChangedError,
            ClashingEditsError,
            ProductsAtFaultError,
            *CONVERSATION_FAILURES,
        )
        def post(
            self, device_id: DeviceId, source: str | None = None, scope: str | None = None
        ) -> Response:
            """Send the edits to the device

            The service reads the device first and applies the edits to what it holds, so that a
            change made at the device is not undone; `changed_on_device` lists such changes. It
            sends nothing if the device lacks more than half of the products last read from it, or
            if an edit gives a product a number that another product on the device has by now.

            If the device refuses, the service can be set to find the products at fault. The device
            then holds all others, and the problem lists the products that it will not take, each
            with the reason that the device gave. Their edits go on waiting.

            With `Prefer: respond-async` the service does this as a batch of one device, like those
            of `POST /runs`. The batch then says what went wrong.
            """
            what = upload_of(source, scope)
            if prefers_async():
                return postponed(start_batch(signed_in(), RunKind.UPLOAD, [device_id], what))
            language = spoken()
            uploaded = cases.upload.for_user(signed_in(), device_id, what)
            shown = answer(uploaded_json(language, uploaded))
            return in_language(language, shown) if uploaded.warnings else shown

    return blueprint


def uploaded_json(language: Language, uploaded: Uploaded) -> Json:
    """Returns an upload as clients see it."""
    return {
        "status": "ok",
        "products": uploaded.products,
        "edits": uploaded.edits,
        "changed_on_device": [change_json(change) for change in uploaded.changed_on_device],
        "warnings": warnings(language, uploaded.warnings),
    }
