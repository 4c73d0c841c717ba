"""A renewal exception as JSON, in its own list and beside a product."""

from typing import Any

from marshmallow import validates_schema

from adapters.rest.http.faults import LARGEST, Is, Range, length, refused
from adapters.rest.http.fields import Text, TrueOrFalse, WholeNumber
from adapters.rest.http.schemas import Object, doc
from domain.json_value import Json
from domain.renewal.policy import FIELDS, RenewalException
from domain.renewal.rules import NOTE


class RenewalExceptionSchema(Object):
    """Names one product, or all products of a category, by exactly one of the three."""

    code = WholeNumber(validate=Range(1, LARGEST), metadata=doc("The product's code."))
    plu = WholeNumber(validate=Range(1, LARGEST), metadata=doc("The product's PLU."))
    category = WholeNumber(
        validate=Range(1, LARGEST),
        metadata=doc("An `idCategory` of the product file: all products of that category."),
    )
    keep = TrueOrFalse(
        required=True,
        validate=Is(True, "keep_not_true"),
        metadata=doc("Always true: what is listed keeps its dates."),
    )
    note = Text(
        validate=length(NOTE),
        allow_none=True,
        metadata=doc("Why, for whoever reads the list; shown with the product."),
    )

    @validates_schema
    def _exactly_one(self, data: dict[str, Any], **_: object) -> None:
        if sum(kind in data for kind in FIELDS) != 1:
            raise refused("which_exception")


def exception_json(exception: RenewalException) -> Json:
    """Returns an exception as clients see it."""
    named: dict[str, Json] = {exception.kind: exception.number, "keep": True}
    return named | ({} if exception.note is None else {"note": exception.note})
