"""JSON on the wire: what is read, and what the documentation says of what is written."""

from typing import Any, Final

from marshmallow import EXCLUDE, INCLUDE, Schema, fields, validate

from adapters.rest.fields import (
    FOUR_CHARACTERS,
    HOST_NAME,
    TrueOrFalse,
    WholeNumber,
    device_password,
    host,
)

DEFAULT_PORT: Final = 1111
LONGEST_INTERVAL: Final = 10 * 366 * 24 * 60
"""Minutes: ten years; labels are renewed each midnight whatever the interval is."""


def _said(description: str, **more: Any) -> dict[str, Any]:
    return {"description": description, **more}


_EMAIL = _said("One user per address, whatever its case.", examples=["baker@example.com"])
_NAME = _said("Unique among your devices.", examples=["Bakery counter"])
_DESCRIPTION = _said("Anything worth noting; empty where it is absent.", examples=["By the door"])
_IP = _said(
    "IPv4 address, IPv6 address or host name.",
    anyOf=[{"format": "ipv4"}, {"format": "ipv6"}, {"pattern": f"^{HOST_NAME}$"}],
    examples=["192.168.1.50"],
)
_PORT = _said(f"TCP port; {DEFAULT_PORT} where it is absent.", examples=[DEFAULT_PORT])
_PROTOCOL = _said("Only TCP, which it is where it is absent.", examples=["TCP"])
_PASSWORD = _said(
    "Exactly 4 printable ASCII characters. Kept encrypted and never shown.",
    pattern=f"^{FOUR_CHARACTERS}$",
    examples=["1234"],
)


class Object(Schema):
    """Members that are not listed are ignored, or may be added later."""

    class Meta:
        unknown = EXCLUDE


class NewUserSchema(Object):
    email = fields.Email(required=True, validate=validate.Length(max=254), metadata=_EMAIL)
    password = fields.String(
        required=True,
        validate=validate.Length(min=8, max=128),
        metadata=_said("8–128 characters of any script.", examples=["correct horse battery"]),
    )


class UserSchema(Object):
    id = fields.Integer(required=True)
    email = fields.String(required=True)


class SignInSchema(Object):
    username = fields.String(required=True, metadata=_said("The email address."))
    password = fields.String(required=True, metadata=_said("The user's password."))


class TokenSchema(Object):
    access_token = fields.String(
        required=True, metadata=_said("Send it as “Authorization: Bearer …”.")
    )
    token_type = fields.String(required=True, validate=validate.Equal("bearer"))


class DeviceChangesSchema(Object):
    """What is absent or null stays as it is."""

    name = fields.String(validate=validate.Length(1, 120), allow_none=True, metadata=_NAME)
    description = fields.String(
        validate=validate.Length(max=500), allow_none=True, metadata=_DESCRIPTION
    )
    ip = fields.String(validate=[validate.Length(max=64), host], allow_none=True, metadata=_IP)
    port = WholeNumber(validate=validate.Range(1, 65535), allow_none=True, metadata=_PORT)
    protocol = fields.String(validate=validate.OneOf(["TCP"]), allow_none=True, metadata=_PROTOCOL)
    password = fields.String(validate=device_password, allow_none=True, metadata=_PASSWORD)


class NewDeviceSchema(DeviceChangesSchema):
    """Null counts as absent where a member may be absent."""

    name = fields.String(required=True, validate=validate.Length(1, 120), metadata=_NAME)
    ip = fields.String(required=True, validate=[validate.Length(max=64), host], metadata=_IP)
    password = fields.String(required=True, validate=device_password, metadata=_PASSWORD)


class DeviceSchema(Object):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    ip = fields.String(required=True)
    port = fields.Integer(required=True)
    protocol = fields.String(required=True)
    cached_dirty = fields.Boolean(
        required=True, metadata=_said("Whether edits wait to be uploaded.")
    )
    unverified = fields.Boolean(
        required=True,
        metadata=_said(
            "Whether the device may hold an upload whose outcome is not known; the next read tells."
        ),
    )


class AutoUpdateSettingsSchema(Object):
    enabled = TrueOrFalse(required=True)
    interval_minutes = WholeNumber(
        required=True,
        validate=validate.Range(1, LONGEST_INTERVAL),
        metadata=_said("The dates are renewed this often, and at midnight.", examples=[720]),
    )


class AutoUpdateSchema(Object):
    enabled = fields.Boolean(required=True)
    interval_minutes = fields.Integer(required=True)
    last_run_utc = fields.String(
        required=True, allow_none=True, metadata=_said("Null before the first run.")
    )
    last_status = fields.String(
        required=True, allow_none=True, validate=validate.OneOf(["OK", "ERROR", None])
    )
    last_error = fields.String(
        required=True, allow_none=True, metadata=_said("Null when the last run ended well.")
    )
    next_run_utc = fields.String(
        required=True, allow_none=True, metadata=_said("Null while it is off.")
    )


KNOWN_FIELDS: Final = {
    "name": "Text of up to 255 characters; may have two lines.",
    "price": "Number from 0 with at most two decimals.",
    "pluNumber": "Whole number 1–999999 that no other product goes by.",
    "shelfLife": "Whole number 0–9999, in days or hours as `shelfLifeType` says.",
    "shelfLifeInDays": "Whole number 0–9999; follows `shelfLife` while that is in days.",
    "shelfLifeType": "DAYS or HOURS.",
    "productType": "WEIGHT or PIECE.",
    "manufactureDate": "DD-MM-YY or empty; renewed by auto-update.",
    "sellByDate": "DD-MM-YY or empty; follows the shelf life unless it is set too.",
    "tare": "Number from 0.",
    "pieceWeight": "Number from 0.",
    "deleted": "True or false.",
    "code": "Identifies the product and cannot be changed.",
    "id": "The device's own; cannot be changed.",
}


class FieldsSchema(Object):
    fields_ = fields.Dict(
        required=True,
        data_key="fields",
        metadata=_said(
            "New values by field. A field that is not listed here passes unchanged; one that the "
            "device holds as a string may be given as a number or as a string.",
            properties={name: _said(meaning) for name, meaning in KNOWN_FIELDS.items()},
        ),
    )


class ProductSchema(Object):
    """A product as its device writes it; some firmware writes every value as a string."""

    class Meta:
        unknown = INCLUDE

    code = fields.Raw(metadata=_said("Identifies the product.", type=["integer", "string"]))
    pluNumber = fields.Raw(metadata=_said("1–999999.", type=["integer", "string"]))  # noqa: N815
    name = fields.String(metadata=_said("Up to 255 characters; may have two lines."))
    price = fields.Raw(metadata=_said("At most two decimals.", type=["number", "string"]))


class ProductFileSchema(Object):
    """The file as the device writes it, with everything it holds."""

    class Meta:
        unknown = INCLUDE

    products = fields.List(fields.Nested(ProductSchema), required=True)


class CachedProductsSchema(Object):
    products = fields.Nested(ProductFileSchema, required=True)


class ProductsSchema(CachedProductsSchema):
    warnings = fields.List(
        fields.String(),
        required=True,
        metadata=_said("Products that share a PLU or a code, for the shop to correct."),
    )


class FieldChangeSchema(Object):
    plu = fields.Integer(required=True, allow_none=True)
    code = fields.Integer(required=True, allow_none=True)
    name = fields.Raw(required=True)
    field = fields.String(required=True)
    from_ = fields.Raw(required=True, data_key="from")
    to = fields.Raw(required=True)


class UploadSchema(Object):
    source = fields.String(
        validate=validate.OneOf(["cache"]),
        metadata=_said(
            "`cache` sends the cached file as it is, with the edits, whatever the device holds now."
        ),
    )


class UploadedSchema(Object):
    status = fields.String(required=True, validate=validate.Equal("ok"))
    products = fields.Integer(required=True, metadata=_said("Products in the file sent."))
    edits = fields.Integer(required=True, metadata=_said("Edits in the file sent."))
    changed_on_device = fields.List(
        fields.Nested(FieldChangeSchema),
        required=True,
        metadata=_said("Fields that had changed on the device since it was last read."),
    )
    warnings = fields.List(fields.String(), required=True)


class HealthSchema(Object):
    status = fields.String(required=True, validate=validate.Equal("ok"))


class ProblemSchema(Object):
    """RFC 9457 problem details."""

    type = fields.String(
        required=True, metadata=_said("The kind of problem.", format="uri-reference")
    )
    title = fields.String(required=True, metadata=_said("The kind of problem in words."))
    status = fields.Integer(required=True, metadata=_said("The HTTP status."))
    detail = fields.String(required=True, metadata=_said("What happened, for people to read."))
    instance = fields.String(
        required=True, metadata=_said("The path that was asked for.", format="uri-reference")
    )


class ValidationProblemSchema(ProblemSchema):
    """Problem details of values that cannot be used."""

    errors = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.List(fields.String())),
        required=True,
        metadata=_said("Messages by where the value stood (json, form, query) and by field."),
    )
