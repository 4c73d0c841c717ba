"""How many products or devices each check of the labels finds, as JSON."""

from typing import Final

from marshmallow import fields

from adapters.rest.http.schemas import Object
from domain.products.label_checks.checks import Check

CHECKS: Final = [check.value for check in Check]


LabelCountsSchema: Final = Object.from_dict(
    {check: fields.Integer(required=True) for check in CHECKS}, name="LabelCountsSchema"
)
