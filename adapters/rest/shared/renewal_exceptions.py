"""A renewal exception as JSON, in its own lists and beside the product that it is about."""

from typing import Any, Final

from marshmallow import ValidationError, fields, validate, validates_schema

from adapters.rest.http.fields import LARGEST, TrueOrFalse, WholeNumber
from adapters.rest.http.schemas import Object, doc
from domain.json_value import Json
from domain.renewal.policy import FIELDS, RenewalException

LONGEST_NOTE: Final = 200
_WHAT: Final = "Give exactly one of code, plu and category."


class RenewalExceptionSchema(Object):
    """Names a product, or all products of a category; exactly one of the three."""

    code = WholeNumber(validate=validate.Range(1, LARGEST), metadata=doc("The product's code."))
    plu = WholeNumber(validate=validate.Range(1, LARGEST), metadata=doc("The product's PLU."))
    category = WholeNumber(
        validate=validate.Range(1, LARGEST),
        metadata=doc("An `idCategory` of the product file: all products of that category."),
    )
    keep = TrueOrFalse(
        required=True,
        validate=validate.Equal(True, error="Must be true: what is listed keeps its dates."),
        metadata=doc("Always true: what is listed keeps its dates."),
    )
    note = fields.String(
        validate=validate.Length(max=LONGEST_NOTE),
        allow_none=True,
        metadata=doc("Why, for whoever reads the list; shown with the product."),
    )

    @validates_schema
    def _exactly_one(self, data: dict[str, Any], **_: object) -> None:
        if sum(kind in data for kind in FIELDS) != 1:
            raise ValidationError(_WHAT)


def exception_json(exception: RenewalException) -> Json:
    """What clients see of an exception."""
    named: dict[str, Json] = {exception.kind: exception.number, "keep": True}
    return named | ({} if exception.note is None else {"note": exception.note})
