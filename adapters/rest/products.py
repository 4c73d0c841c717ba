"""Products of a device."""

from dataclasses import dataclass
from typing import Any

from flask import Response, request
from flask.views import MethodView
from werkzeug.datastructures import ETags

from adapters.rest.answers import encoded
from adapters.rest.batches import or_later, put_off
from adapters.rest.kinds import CONVERSATION_FAILURES
from adapters.rest.openapi import Blueprint
from adapters.rest.preferences import prefers_async
from adapters.rest.product_answers import ETAG, FILE, products_answer, tagged
from adapters.rest.product_schemas import CachedProductsSchema, FieldsSchema, ProductsSchema
from adapters.rest.requests import signed_in
from application.batches import StartBatch
from application.products import EditProduct, NotChanged, ReadProducts, ShowCachedProducts
from domain.device import DeviceId
from domain.errors import (
    AmbiguousProductError,
    CatalogueChangedError,
    InvalidFieldsError,
    NothingReadError,
    UnknownDeviceError,
    UnknownProductError,
)
from domain.run import RunKind


def products_blueprint(
    *,
    read_products: ReadProducts,
    show_cached_products: ShowCachedProducts,
    edit_product: EditProduct,
    start_batch: StartBatch,
) -> Blueprint:
    """The resources, given the use cases they call."""
    blueprint = Blueprint("products", __name__, url_prefix="/devices", description="Read and edit")

    @blueprint.route("/<number:device_id>/products")
    class Products(MethodView):
        init_every_request = False

        @blueprint.response(
            200, ProductsSchema, example={"products": FILE, "warnings": []}, headers=ETAG
        )
        @or_later(blueprint)
        @blueprint.doc(operationId="readProducts")
        @blueprint.fails(*CONVERSATION_FAILURES)
        def get(self, device_id: DeviceId) -> Response:
            """Read the products from the device

            Speaks to the device, and remembers what it says. Waiting edits are shown on top of
            it and go on waiting. A device without any products answers an empty list.

            With `Prefer: respond-async` it is done as a batch of this one device, like those of
            `POST /runs`; what was read is then among the cached products.
            """
            if prefers_async():
                response = put_off(start_batch(signed_in(), RunKind.READ, [device_id]))
            else:
                read = read_products(signed_in(), device_id)
                response = products_answer(read.file, read.warnings)
            response.vary.add("Prefer")
            return response

    @blueprint.route("/<number:device_id>/products/cached")
    class CachedProducts(MethodView):
        init_every_request = False

        @blueprint.response(200, CachedProductsSchema, example={"products": FILE}, headers=ETAG)
        @blueprint.alt_response(
            304, description="The products are as the client knows them", headers=ETAG
        )
        @blueprint.doc(
            operationId="showCachedProducts",
            parameters=[_condition("If-None-Match", "Answers 304 while the tag is this one.")],
        )
        @blueprint.fails(UnknownDeviceError)
        def get(self, device_id: DeviceId) -> Response:
            """Show the products as last read

            With the waiting edits; the device is not asked. Before the first read the file has
            no products.
            """
            known = request.if_none_match
            shown = show_cached_products(
                signed_in(), device_id, known=_Weakly(known) if known else ()
            )
            if isinstance(shown, NotChanged):
                return tagged(Response(status=304), shown.etag)
            return tagged(encoded(b'{"products":' + shown.body + b"}"), shown.etag)

    @blueprint.route("/<number:device_id>/products/<number:plu>")
    class Product(MethodView):
        init_every_request = False

        @blueprint.arguments(FieldsSchema(), example={"fields": {"price": 79.0}})
        @blueprint.response(
            200, ProductsSchema, example={"products": FILE, "warnings": []}, headers=ETAG
        )
        @blueprint.doc(
            operationId="editProduct",
            parameters=[_condition("If-Match", "Edits only while the tag is this one.")],
        )
        @blueprint.fails(
            UnknownDeviceError,
            UnknownProductError,
            NothingReadError,
            AmbiguousProductError,
            CatalogueChangedError,
            InvalidFieldsError,
        )
        def patch(self, wanted: dict[str, Any], device_id: DeviceId, plu: int) -> Response:
            """Edit a product

            `plu` may be the code of a product that has no PLU. The edit is saved and shown, and
            sent to the device with the next upload. A value equal to what the device holds
            removes the edit.
            """
            edited = edit_product(
                signed_in(),
                device_id,
                plu,
                wanted["fields_"],
                only_if=request.if_match if "If-Match" in request.headers else None,
            )
            return products_answer(edited.file, edited.warnings)

    return blueprint


def _condition(header: str, description: str) -> dict[str, Any]:
    return {
        "in": "header",
        "name": header,
        "description": description,
        "schema": {"type": "string"},
        "example": '"6f1ed002ab5595859014ebf0951522d9"',
    }


@dataclass(frozen=True, slots=True)
class _Weakly:
    """Tags as If-None-Match compares them."""

    tags: ETags

    def __contains__(self, etag: object) -> bool:
        return isinstance(etag, str) and self.tags.contains_weak(etag)
