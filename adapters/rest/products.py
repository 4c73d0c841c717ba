"""Products of a device."""

from dataclasses import dataclass
from typing import Any, Final

from flask import Response, request
from flask.views import MethodView
from werkzeug.datastructures import ETags

from adapters.json_text import dumps
from adapters.rest.answers import answer, encoded
from adapters.rest.openapi import TEXT, Blueprint
from adapters.rest.requests import signed_in
from adapters.rest.schemas import (
    CachedProductsSchema,
    FieldsSchema,
    ProductsSchema,
    UploadedSchema,
    UploadSchema,
)
from application.conversations import DeviceBusyError, LeaseLostError, StoredPasswordError
from application.ports.scales import (
    ScalesBusyError,
    ScalesNonsenseError,
    ScalesRefusedError,
    ScalesTimedOutError,
    ScalesUnreachableError,
    ScalesWrongPasswordError,
)
from application.products import (
    EditProduct,
    NotChanged,
    ReadProducts,
    ShowCachedProducts,
    ShownProducts,
    Uploaded,
    UploadProducts,
)
from domain.device import DeviceId
from domain.differences import FieldChange
from domain.errors import (
    AddressChangedError,
    AmbiguousProductError,
    CatalogueChangedError,
    DeviceReplacedError,
    InvalidFieldsError,
    NothingReadError,
    UnknownDeviceError,
    UnknownProductError,
)
from domain.json_value import ABSENT, Json, MaybeJson
from domain.product_file import number

CONVERSATION_FAILURES: Final = (
    UnknownDeviceError,
    StoredPasswordError,
    DeviceBusyError,
    LeaseLostError,
    ScalesBusyError,
    ScalesNonsenseError,
    ScalesRefusedError,
    ScalesTimedOutError,
    ScalesUnreachableError,
    ScalesWrongPasswordError,
)
FILE: Final[dict[str, Json]] = {
    "products": [
        {
            "code": 50,
            "deleted": False,
            "id": 10380,
            "manufactureDate": "23-11-26",
            "name": "Blueberry muffin",
            "pieceWeight": 0.0,
            "pluNumber": 607,
            "price": 76.5,
            "productType": "PIECE",
            "sellByDate": "30-11-26",
            "shelfLife": 7,
            "shelfLifeInDays": 7,
            "shelfLifeType": "DAYS",
            "tare": 0.0,
        }
    ]
}
UPLOADED: Final[dict[str, Json]] = {
    "status": "ok",
    "products": 678,
    "edits": 1,
    "changed_on_device": [
        {
            "plu": 607,
            "code": 50,
            "name": "Blueberry muffin",
            "field": "price",
            "from": 76.5,
            "to": 79.0,
        }
    ],
    "warnings": [],
}
ETAG: Final = {"ETag": {"description": "Changes with the products.", "required": True, **TEXT}}


def products_blueprint(
    *,
    read_products: ReadProducts,
    show_cached_products: ShowCachedProducts,
    edit_product: EditProduct,
    upload_products: UploadProducts,
) -> Blueprint:
    """The resources, given the use cases they call."""
    blueprint = Blueprint(
        "products", __name__, url_prefix="/devices", description="Read, edit, send back"
    )

    @blueprint.route("/<number:device_id>/products")
    class Products(MethodView):
        init_every_request = False

        @blueprint.response(
            200, ProductsSchema, example={"products": FILE, "warnings": []}, headers=ETAG
        )
        @blueprint.doc(operationId="readProducts")
        @blueprint.fails(*CONVERSATION_FAILURES)
        def get(self, device_id: DeviceId) -> Response:
            """Read the products from the device

            Speaks to the device, and remembers what it says. Waiting edits are shown on top of
            it and go on waiting. A device without any products answers an empty list.
            """
            return _products(read_products(signed_in(), device_id))

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
                return _tagged(Response(status=304), shown.etag)
            return _tagged(encoded(b'{"products":' + shown.body + b"}"), shown.etag)

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
            return _products(edited)

    @blueprint.route("/<number:device_id>/upload")
    class Upload(MethodView):
        init_every_request = False

        @blueprint.arguments(UploadSchema(), location="query", as_kwargs=True)
        @blueprint.response(200, UploadedSchema, example=UPLOADED)
        @blueprint.doc(operationId="uploadProducts")
        @blueprint.fails(
            NothingReadError, DeviceReplacedError, AddressChangedError, *CONVERSATION_FAILURES
        )
        def post(self, device_id: DeviceId, source: str | None = None) -> Response:
            """Send the edits to the device

            Reads the device first and lays the edits over what it holds, so that a change made
            at the device is not undone; `changed_on_device` lists such changes. Nothing is sent
            when the device lacks more than half of the products last read from it.
            """
            return answer(
                uploaded_json(upload_products(signed_in(), device_id, from_cache=source == "cache"))
            )

    return blueprint


def uploaded_json(uploaded: Uploaded) -> Json:
    """What clients see of an upload."""
    return {
        "status": "ok",
        "products": uploaded.products,
        "edits": uploaded.edits,
        "changed_on_device": [_change_json(change) for change in uploaded.changed_on_device],
        "warnings": list(uploaded.warnings),
    }


def _change_json(change: FieldChange) -> Json:
    return {
        "plu": number(change.product.get("pluNumber")),
        "code": number(change.product.get("code")),
        "name": change.product.get("name"),
        "field": change.field,
        "from": _or_null(change.before),
        "to": _or_null(change.after),
    }


def _or_null(value: MaybeJson) -> Json:
    return None if value is ABSENT else value


def _products(shown: ShownProducts) -> Response:
    file, warnings = shown.file, dumps(list[Json](shown.warnings))
    body = b'{"products":' + file.body + b',"warnings":' + warnings + b"}"
    return _tagged(encoded(body), file.etag)


def _tagged(response: Response, etag: str) -> Response:
    """Answers differ by user, and hold only as long as the tag does."""
    response.headers["ETag"] = f'"{etag}"'
    response.headers["Cache-Control"] = "private, no-cache"
    return response


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
