"""Edits on many devices as JSON."""

from typing import Any, Final

from marshmallow import fields, validate, validates, validates_schema

from adapters.json_text import dumps
from adapters.rest.http.faults import LARGEST, Range, refused
from adapters.rest.http.fields import WholeNumber
from adapters.rest.http.schemas import NamedProductSchema, Object, doc
from adapters.rest.products.schemas import FieldsSchema
from adapters.rest.shared.which_devices import SOME_OR_ALL, WhichDevicesSchema, exactly_one
from application.products.bulk_editing import EditResult
from domain.json_value import Json

MOST_BYTES: Final = 8192
"""Bytes of the new values as JSON. They are answered for each device."""


class BulkEditSchema(WhichDevicesSchema, FieldsSchema):
    code = WholeNumber(
        validate=Range(0, LARGEST),
        metadata=doc("The code of the product, exactly. Not together with `plu`.", examples=[50]),
    )
    plu = WholeNumber(
        validate=Range(0, LARGEST),
        metadata=doc(
            "The PLU of the product; of a product that has none, its code. Not together with "
            "`code`.",
            examples=[607],
        ),
    )

    @validates("fields_")
    def _short(self, value: dict[str, Json], **_: object) -> None:
        if len(dumps(value)) > MOST_BYTES:
            raise refused("too_many_bytes", most=MOST_BYTES)

    @validates_schema
    def _one_number(self, data: dict[str, Any], **_: object) -> None:
        exactly_one(data, "code", "plu", "which_product")


BULK_EDIT_DOC: Final[dict[str, Any]] = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "allOf": [
                        BulkEditSchema,
                        SOME_OR_ALL,
                        {"oneOf": [{"required": ["code"]}, {"required": ["plu"]}]},
                    ]
                }
            }
        }
    }
}
"""What no field can say of itself."""


class EditedFieldSchema(Object):
    field = fields.String(required=True)
    from_ = fields.Raw(
        required=True,
        data_key="from",
        metadata=doc("What was shown before; null where the product had no such field."),
    )
    to = fields.Raw(required=True, metadata=doc("What is shown now."))


class DeviceEditSchema(Object):
    """The result of the edit on one device."""

    device_id = fields.Integer(required=True)
    name = fields.String(
        required=True,
        allow_none=True,
        metadata=doc("The device's; null where you have no such device, or it was not looked up."),
    )
    result = fields.String(
        required=True,
        validate=validate.OneOf([each.value for each in EditResult]),
        metadata=doc(
            "`edited`; `unchanged` where the product is shown with these values already; "
            "`no_such_device` of yours; `no_such_product` on the device; `nothing_read` from it "
            "yet; `refused` for the reason in `detail`; `failed` where the service did; "
            "`not_tried` where the devices before took too long. All but the first leave the "
            "device's products and edits as they were."
        ),
    )
    product = fields.Nested(
        NamedProductSchema,
        required=True,
        allow_none=True,
        metadata=doc("As it is shown now; null where it was not edited."),
    )
    changed = fields.List(
        fields.Nested(EditedFieldSchema),
        required=True,
        metadata=doc("The fields that are shown otherwise now, those that follow included."),
    )
    type = fields.String(
        required=True,
        allow_none=True,
        metadata=doc(
            "The type of the problem that an edit of this device alone would have had; null "
            "without one.",
            format="uri-reference",
        ),
    )
    detail = fields.String(
        required=True,
        allow_none=True,
        metadata=doc("The problem, for people to read; null without one."),
    )
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        required=True,
        metadata=doc("Why values were refused, by field."),
    )


EditCountsSchema = Object.from_dict(
    {result.value: fields.Integer(required=True) for result in EditResult}, name="EditCountsSchema"
)
"""How many devices have each result."""


class BulkEditedSchema(Object):
    counts = fields.Nested(EditCountsSchema, required=True)
    devices = fields.List(
        fields.Nested(DeviceEditSchema),
        required=True,
        metadata=doc("In the order asked for; all devices by their ids."),
    )
