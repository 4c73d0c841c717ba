"""What all schemas have in common, and the problems."""

from typing import Any, Final

from marshmallow import EXCLUDE, Schema, fields

from adapters.rest.http.fields import faults


def doc(description: str, **more: Any) -> dict[str, Any]:
    """Returns the description of a member for the document."""
    return {"description": description, **more}


class Object(Schema):
    """Ignores members that are not listed. More members may be added later."""

    error_messages = faults(type="not_an_object")

    class Meta:
        unknown = EXCLUDE


class ProblemSchema(Object):
    """RFC 9457 problem details."""

    type = fields.String(
        required=True, metadata=doc("The kind of problem.", format="uri-reference")
    )
    title = fields.String(required=True, metadata=doc("The kind of problem in words."))
    status = fields.Integer(required=True, metadata=doc("The HTTP status."))
    detail = fields.String(
        required=True,
        metadata=doc("What happened, for people to read: in the language of `Accept-Language`."),
    )
    instance = fields.String(
        required=True, metadata=doc("The path that was asked for.", format="uri-reference")
    )
    code = fields.String(
        metadata=doc(
            "The failure by its lasting name, as `error_type` has it.", examples=["EmailTaken"]
        )
    )
    remedy = fields.String(metadata=doc("What to do about it, for people to read."))
    links = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata=doc("The calls that help, by what they are for: references with a path."),
    )


class ValidationProblemSchema(ProblemSchema):
    """Problem details of values that cannot be used."""

    errors = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.List(fields.String())),
        required=True,
        metadata=doc("Messages by where the value stood (json, form, query) and by field."),
    )


class NamedProductSchema(Object):
    """Enough of a product to recognise it."""

    plu = fields.Integer(required=True, allow_none=True)
    code = fields.Integer(required=True, allow_none=True)
    name = fields.Raw(required=True)


class CulpritSchema(NamedProductSchema):
    """A product that the device will not take."""

    reason = fields.String(
        required=True, metadata=doc("The device's own; empty where it gave none.")
    )


class ProductsAtFaultProblemSchema(ProblemSchema):
    """Problem details of an upload where the device took all products but some."""

    products = fields.List(fields.Nested(CulpritSchema), required=True)


LONGEST_PAGE: Final = 200
