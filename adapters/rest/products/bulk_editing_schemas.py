"""JSON of what is done on many devices at once."""

from typing import Any, Final

from marshmallow import ValidationError, fields, validate, validates, validates_schema

from adapters.json_text import dumps
from adapters.rest.http.fields import LARGEST, TrueOrFalse, WholeNumber
from adapters.rest.http.schemas import Object, said
from adapters.rest.products.schemas import FieldsSchema, NamedProductSchema
from application.products.bulk_editing import EditResult
from domain.json_value import Json

MOST_DEVICES: Final = 10_000
SOME_OR_ALL: Final[Json] = {"oneOf": [{"required": ["device_ids"]}, {"required": ["all"]}]}
"""What no field can say of itself."""
MOST_BYTES: Final = 8192
"""Of the new values as JSON: they are answered for each device."""


def exactly_one(data: dict[str, Any], one: str, other: str, how: str) -> None:
    """Raises ValidationError unless just one of two members is there."""
    if one in data and other in data:
        raise ValidationError(f"Must not be given together with {one}.", other)
    if one not in data and other not in data:
        raise ValidationError(f"Is missing: give {how}.", one)


class WhichDevicesSchema(Object):
    """Some devices by their ids, or all that the caller has."""

    device_ids = fields.List(
        WholeNumber(validate=validate.Range(0, LARGEST)),
        validate=validate.Length(1, MOST_DEVICES),
        metadata=said(
            "The devices, each counted once. Not together with `all`.", examples=[[7, 8, 12]]
        ),
    )
    all = TrueOrFalse(
        validate=validate.Equal(True, error="Must be true, or absent."),
        metadata=said("All your devices. Not together with `device_ids`."),
    )

    @validates_schema
    def _some_or_all(self, data: dict[str, Any], **_: object) -> None:
        exactly_one(data, "device_ids", "all", "device_ids, or all: true")


class BulkEditSchema(WhichDevicesSchema, FieldsSchema):
    code = WholeNumber(
        validate=validate.Range(0, LARGEST),
        metadata=said("The code of the product, exactly. Not together with `plu`.", examples=[50]),
    )
    plu = WholeNumber(
        validate=validate.Range(0, LARGEST),
        metadata=said(
            "The PLU of the product; of a product that has none, its code. Not together with "
            "`code`.",
            examples=[607],
        ),
    )

    @validates("fields_")
    def _short(self, value: dict[str, Json], **_: object) -> None:
        if len(dumps(value)) > MOST_BYTES:
            raise ValidationError(f"Must be at most {MOST_BYTES} bytes for many devices.")

    @validates_schema
    def _one_number(self, data: dict[str, Any], **_: object) -> None:
        exactly_one(data, "code", "plu", "the code or the plu of the product")


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
        metadata=said("What was shown before; null where the product had no such field."),
    )
    to = fields.Raw(required=True, metadata=said("What is shown now."))


class DeviceEditSchema(Object):
    """What the edit came to on one device."""

    device_id = fields.Integer(required=True)
    name = fields.String(
        required=True,
        allow_none=True,
        metadata=said("The device's; null where you have no such device, or it was not looked up."),
    )
    result = fields.String(
        required=True,
        validate=validate.OneOf([each.value for each in EditResult]),
        metadata=said(
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
        metadata=said("As it is shown now; null where it was not edited."),
    )
    changed = fields.List(
        fields.Nested(EditedFieldSchema),
        required=True,
        metadata=said("The fields that are shown otherwise now, those that follow included."),
    )
    type = fields.String(
        required=True,
        allow_none=True,
        metadata=said(
            "The type of the problem that an edit of this device alone would have had; null "
            "without one.",
            format="uri-reference",
        ),
    )
    detail = fields.String(
        required=True,
        allow_none=True,
        metadata=said("The problem, for people to read; null without one."),
    )
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        required=True,
        metadata=said("Why values were refused, by field."),
    )


CountsSchema = Object.from_dict(
    {result.value: fields.Integer(required=True) for result in EditResult}, name="EditCountsSchema"
)
"""How many devices have each result."""


class BulkEditedSchema(Object):
    counts = fields.Nested(CountsSchema, required=True)
    devices = fields.List(
        fields.Nested(DeviceEditSchema),
        required=True,
        metadata=said("In the order asked for; all devices by their ids."),
    )
