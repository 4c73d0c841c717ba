"""Products, edits, uploads and files as JSON."""

import re
from typing import Final

from marshmallow import (
    INCLUDE,
    fields,
    validate,
    validates,
)

from adapters.rest.http.faults import LARGEST, Range, refused
from adapters.rest.http.fields import Choice, Members, Text, WrittenNumber
from adapters.rest.http.schemas import LONGEST_PAGE, NamedProductSchema, Object, doc
from adapters.rest.shared.label_checks import CHECKS, LabelCountsSchema
from adapters.rest.shared.renewal_exceptions import RenewalExceptionSchema
from domain.json_value import Json
from domain.products.edit import MOST_FIELDS
from domain.products.label_checks.checks import Check

KNOWN_FIELDS: Final = {
    "name": "Text of up to 255 characters, not empty; may have two lines, and no other control "
    "characters.",
    "price": "Number 0–999999.99 with at most two decimals.",
    "discountPrice": "Number 0–999999.99 with at most two decimals.",
    "pluNumber": "Whole number 1–999999 that no other product goes by. Where `buttonNumber` was "
    "equal to it, the button follows unless it is set too.",
    "buttonNumber": "Whole number 0–999999.",
    "message": "Whole number 1–9999999: the `id` of one of the file's `messages`.",
    "category": "Whole number 1–65535: the `idCategory` of one of the file's `categories`.",
    "minWeight": "Number 0–999999.",
    "maxWeight": "Number 0–999999.",
    "wrappingType": "Whole number 0–65535, or a text where the device holds a text.",
    "shelfLife": "Whole number 0–9999, in days or hours as `shelfLifeType` says. It follows "
    "`shelfLifeInDays` where that is set instead.",
    "shelfLifeInDays": "Whole number 0–9999, the whole days of `shelfLife`, which it follows.",
    "shelfLifeType": "DAYS or HOURS. Where it alone is set, `shelfLife` keeps its number, and the "
    "days and the sell-by date follow. A single length in the same request goes with the new type.",
    "productType": "WEIGHT or PIECE.",
    "manufactureDate": "DD-MM-YY or empty; renewed by auto-update.",
    "sellByDate": "DD-MM-YY or empty; follows the shelf life unless it is set too. It stays where "
    "the unit of the shelf life is not known, and where it is empty and the shelf life is 0.",
    "tare": "Number from 0.",
    "pieceWeight": "Number from 0.",
    "deleted": "True or false.",
    "code": "Identifies the product and cannot be changed.",
    "id": "The device's own; cannot be changed.",
}


class FieldsSchema(Object):
    fields_ = Members(
        required=True,
        data_key="fields",
        metadata=doc(
            "New values by field. What is shown already is no edit and is never refused. A field "
            "that is not listed here passes unchecked, but whatever has price in its name has at "
            "most two decimals. Numbers that the device holds in strings may be given either way: "
            "they stay strings, with as many decimals.",
            properties={name: doc(meaning) for name, meaning in KNOWN_FIELDS.items()},
            maxProperties=MOST_FIELDS,
        ),
    )

    @validates("fields_")
    def _few(self, value: dict[str, Json], **_: object) -> None:
        if len(value) > MOST_FIELDS:
            raise refused("too_many_fields", most=MOST_FIELDS)


class ProductSchema(Object):
    """A product as its device writes it; some firmware writes every value as a string."""

    class Meta:
        unknown = INCLUDE

    code = fields.Raw(metadata=doc("Identifies the product.", type=["integer", "string"]))
    pluNumber = fields.Raw(metadata=doc("1–999999.", type=["integer", "string"]))  # noqa: N815
    name = fields.String(metadata=doc("Up to 255 characters; may have two lines."))
    price = fields.Raw(metadata=doc("At most two decimals.", type=["number", "string"]))


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
        metadata=doc(
            "Products that share a PLU or a code, or whose shelf life is in a unit that is not "
            "known, for the shop to correct."
        ),
    )


class FieldChangeSchema(NamedProductSchema):
    field = fields.String(required=True)
    from_ = fields.Raw(
        required=True, data_key="from", metadata=doc("Null where the product had no such field.")
    )
    to = fields.Raw(
        required=True, metadata=doc("Null where the product has no such field any more.")
    )


class UploadedSchema(Object):
    status = fields.String(required=True, validate=validate.Equal("ok"))
    products = fields.Integer(required=True, metadata=doc("Products sent."))
    edits = fields.Integer(required=True, metadata=doc("Edits sent."))
    changed_on_device = fields.List(
        fields.Nested(FieldChangeSchema),
        required=True,
        metadata=doc("Fields that had changed on the device since it was last read."),
    )
    warnings = fields.List(fields.String(), required=True)


class EditSchema(NamedProductSchema):
    """A change of one field, or a whole product that is to be added."""

    id = fields.Integer(required=True, metadata=doc("Grows with each edit of a device."))
    field = fields.String(
        required=True, allow_none=True, metadata=doc("Null where a whole product is added.")
    )
    from_ = fields.Raw(
        required=True,
        data_key="from",
        metadata=doc("What the device held; null where it held no such field or product."),
    )
    to = fields.Raw(required=True, metadata=doc("What is to be uploaded."))
    who = fields.String(required=True, metadata=doc("The email address of the user."))
    when = fields.String(required=True, metadata=doc("An instant in UTC."))
    state = fields.String(
        required=True,
        validate=validate.OneOf(["waiting", "superseded", "orphaned"]),
        metadata=doc(
            "`waiting` is shown and sent with the next upload; `superseded` is a date that a "
            "renewal has overtaken; `orphaned` has no product on the device any more. The latter "
            "two are neither shown nor sent."
        ),
    )


class EditsSchema(Object):
    edits = fields.List(fields.Nested(EditSchema), required=True, metadata=doc("Oldest first."))


class DiscardedEditsSchema(Object):
    discarded = fields.List(
        fields.Nested(EditSchema),
        required=True,
        metadata=doc("The edits as they were, oldest first."),
    )


class FormerFileSchema(Object):
    n = fields.Integer(required=True, metadata=doc("Counts the files of a device from 1."))
    read_at = fields.String(required=True, metadata=doc("An instant in UTC."))
    replaced_at = fields.String(required=True, metadata=doc("An instant in UTC."))
    products = fields.Integer(required=True)
    bytes = fields.Integer(required=True)


class FormerFilesSchema(Object):
    files = fields.List(
        fields.Nested(FormerFileSchema), required=True, metadata=doc("Newest first.")
    )


def _current_or_number(value: str) -> None:
    if not re.fullmatch("current|[0-9]{1,18}", value):
        raise refused("not_a_former_file")


class ComparisonSchema(Object):
    against = Text(
        load_default="current",
        validate=_current_or_number,
        metadata=doc(
            "The number of another former file, or `current` for what the device is known to "
            "hold now, without waiting edits.",
            pattern="^(current|[0-9]{1,18})$",
            examples=["current"],
        ),
    )


class DifferenceSchema(FieldChangeSchema):
    field = fields.String(
        required=True,
        allow_none=True,
        metadata=doc("Null where a whole product came or went."),
    )
    from_ = fields.Raw(
        required=True,
        data_key="from",
        metadata=doc("Null where there was no such field, or no such product."),
    )
    to = fields.Raw(
        required=True, metadata=doc("Null where there is no such field, or no such product.")
    )


class DifferencesSchema(Object):
    changes = fields.List(fields.Nested(DifferenceSchema), required=True)


class LabelFilterSchema(Object):
    check = Choice(Check, metadata=doc("Only products that this check finds."))
    limit = WrittenNumber(
        load_default=50,
        validate=Range(1, LONGEST_PAGE),
        metadata=doc("How many products to answer at most."),
    )
    after = WrittenNumber(
        load_default=0,
        metadata=doc(
            "Answers only products that stand after this place in the file, counted from 1.",
            minimum=0,
            maximum=LARGEST,
        ),
    )


class LabelFindingSchema(Object):
    check = fields.String(required=True, validate=validate.OneOf(CHECKS))
    detail = fields.String(required=True, metadata=doc("What is wrong, for people to read."))
    remedy = fields.String(required=True, metadata=doc("What to do about it."))


class CheckedProductSchema(NamedProductSchema):
    checks = fields.List(
        fields.Nested(LabelFindingSchema),
        required=True,
        metadata=doc("Empty for a product that is listed only for its exception."),
    )
    exception = fields.Nested(
        RenewalExceptionSchema,
        required=True,
        allow_none=True,
        metadata=doc("The renewal exception by which it keeps its dates; null without one."),
    )


class LabelCheckSchema(Object):
    today = fields.String(
        required=True, metadata=doc("The date in the device's zone.", format="date")
    )
    counts = fields.Nested(
        LabelCountsSchema,
        required=True,
        metadata=doc("How many products each check finds, whatever was asked for."),
    )
    products = fields.List(
        fields.Nested(CheckedProductSchema),
        required=True,
        metadata=doc("In the order of the device's file."),
    )
    next = fields.String(
        required=True,
        allow_none=True,
        metadata=doc(
            "Where the products after these are; null at the end.", format="uri-reference"
        ),
    )
