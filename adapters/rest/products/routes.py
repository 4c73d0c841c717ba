"""Reading, showing and editing the products of a device."""

from typing import Any, Final

from flask import Response, request
from flask.views import MethodView

from adapters.rest.http.encodings import GZIP, Tags, encoded_by_gzip, tag_of, takes_gzip
from adapters.rest.http.live import LiveView
from adapters.rest.http.openapi import TEXT, Blueprint
from adapters.rest.http.preferences import prefers_async
from adapters.rest.http.problem_types import CONVERSATION_FAILURES
from adapters.rest.http.requests import signed_in
from adapters.rest.http.responses import encoded
from adapters.rest.products.examples import FILE
from adapters.rest.products.responses import ETAG, products_answer, tagged
from adapters.rest.products.schemas import CachedProductsSchema, FieldsSchema, ProductsSchema
from adapters.rest.shared.batches import or_later, postponed
from application.ports.repositories.devices import UnknownDeviceError
from application.products.large_files import TooManyFilesError
from application.products.showing import NotChanged
from application.products.use_cases import ProductCases
from application.runs.batches import StartBatch
from domain.devices.device import DeviceId
from domain.errors import (
    AmbiguousProductError,
    CatalogueChangedError,
    FileTooLargeError,
    InvalidFieldsError,
    NothingReadError,
    TooManyEditsError,
    UnknownProductError,
)
from domain.runs.run import RunKind

TAG: Final = '"6f1ed002ab5595859014ebf0951522d9"'
VARY: Final = {"Vary": {"description": "Names Accept-Encoding.", "required": True, **TEXT}}
CONTENT_ENCODING: Final = {
    "Content-Encoding": {
        "description": "Where the body is compressed.",
        "schema": {"type": "string", "enum": [GZIP]},
    }
}


def products_blueprint(cases: ProductCases, start_batch: StartBatch) -> Blueprint:
    """The resources, given the use cases they call."""
    blueprint = Blueprint("products", __name__, url_prefix="/devices", description="Read and edit")

    @blueprint.route("/<number:device_id>/products")
    class Products(LiveView):
        @blueprint.response(
            200, ProductsSchema, example={"products": FILE, "warnings": []}, headers=ETAG
        )
        @or_later(blueprint)
        @blueprint.doc(operationId="readProducts")
        @blueprint.fails(*CONVERSATION_FAILURES)
        def get(self, device_id: DeviceId) -> Response:
            """Read the products from the device

            The service reads the device and remembers its products. They are answered with the
            waiting edits, which go on waiting. A device without products answers an empty list.

            With `Prefer: respond-async` the service does this as a batch of one device, like those
            of `POST /runs`. The products that it read are then among the cached products.
            """
            if prefers_async():
                response = postponed(start_batch(signed_in(), RunKind.READ, [device_id]))
            else:
                read = cases.read.for_user(signed_in(), device_id)
                response = products_answer(read.file, read.warnings)
            response.vary.add("Prefer")
            return response

    @blueprint.route("/<number:device_id>/products/cached")
    class CachedProducts(MethodView):
        init_every_request = False

        @blueprint.response(
            200,
            CachedProductsSchema,
            example={"products": FILE},
            headers={**ETAG, **VARY, **CONTENT_ENCODING},
        )
        @blueprint.alt_response(
            304, description="The products are as the client knows them", headers={**ETAG, **VARY}
        )
        @blueprint.doc(
            operationId="showCachedProducts",
            parameters=[
                _header(
                    "If-None-Match",
                    "Answers 304 while the tag is this one, from whichever answer it is.",
                    TAG,
                ),
                _header(
                    "Accept-Encoding", "Where it takes gzip, the answer is compressed.", "gzip"
                ),
            ],
        )
        @blueprint.fails(UnknownDeviceError)
        def get(self, device_id: DeviceId) -> Response:
            """Show the products as last read

            The products are answered with the waiting edits; the device is not asked. Before the
            first read there are no products. Clients that take gzip get the file as it is stored,
            at about an eighth of its size.
            """
            known = request.if_none_match
            as_gzip = takes_gzip(request)
            shown = cases.show_cached(
                signed_in(),
                device_id,
                known=Tags(known, weakly=True) if known else (),
                as_gzip=as_gzip,
            )
            if isinstance(shown, NotChanged):
                answer = Response(status=304)
            else:
                answer = encoded(shown.body)
                if as_gzip:
                    encoded_by_gzip(answer)
            answer.vary.add("Accept-Encoding")
            return tagged(answer, tag_of(shown.etag, as_gzip=as_gzip))

    @blueprint.route("/<number:device_id>/products/<number:plu>")
    class Product(MethodView):
        init_every_request = False

        @blueprint.arguments(FieldsSchema(), example={"fields": {"price": 79.0}})
        @blueprint.response(
            200, ProductsSchema, example={"products": FILE, "warnings": []}, headers=ETAG
        )
        @blueprint.doc(
            operationId="editProduct",
            parameters=[
                _header(
                    "If-Match",
                    "Edits only while the tag is this one, from whichever answer it is.",
                    TAG,
                )
            ],
        )
        @blueprint.fails(
            UnknownDeviceError,
            UnknownProductError,
            NothingReadError,
            AmbiguousProductError,
            CatalogueChangedError,
            InvalidFieldsError,
            TooManyEditsError,
            FileTooLargeError,
            TooManyFilesError,
        )
        def patch(self, wanted: dict[str, Any], device_id: DeviceId, plu: int) -> Response:
            """Edit a product

            `plu` may be the code of a product that has no PLU. The edit is saved and shown, and the
            next upload sends it to the device. A value equal to what the device holds removes the
            edit. At most 10,000 edits can wait for one device.

            The fields of a shelf life belong to each other: `shelfLife` and `shelfLifeInDays`
            follow each other by `shelfLifeType`, and `sellByDate` follows them unless you set it
            too. Values outside the ranges of the maker are refused by name. A value that is shown
            already is never refused.
            """
            edited = cases.edit(
                signed_in(),
                device_id,
                plu,
                wanted["fields_"],
                only_if=(
                    Tags(request.if_match, weakly=False) if "If-Match" in request.headers else None
                ),
            )
            return products_answer(edited.file, edited.warnings)

    return blueprint


def _header(name: str, description: str, example: str) -> dict[str, Any]:
    return {
        "in": "header",
        "name": name,
        "description": description,
        "schema": {"type": "string"},
        "example": example,
    }
