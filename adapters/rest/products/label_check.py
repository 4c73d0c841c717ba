"""What a shop should look at on the labels of a device."""

from typing import Final

from flask import Response, request, url_for
from flask.views import MethodView
from marshmallow import fields, validate

from adapters.rest.http.fields import LARGEST, WrittenNumber
from adapters.rest.http.openapi import Blueprint
from adapters.rest.http.requests import signed_in
from adapters.rest.http.responses import answer
from adapters.rest.http.schemas import Object, said
from adapters.rest.products.changes import named
from adapters.rest.products.schemas import NamedProductSchema
from adapters.rest.renewal.exceptions import RenewalExceptionSchema, exception_json
from adapters.rest.runs.schemas import LONGEST_PAGE
from adapters.texts.label_checks import detail_of, remedy_of
from adapters.texts.languages import Language, language
from application.products.label_check import CheckLabels
from application.products.large_files import TooManyFilesError
from domain.devices.device import DeviceId
from domain.errors import NothingReadError, UnknownDeviceError
from domain.json_value import Json
from domain.products.label_check import Check
from domain.products.label_report import CheckedProduct

CHECKS: Final = [check.value for check in Check]
EXAMPLE: Final[dict[str, Json]] = {
    "today": "2026-11-23",
    "counts": {**dict.fromkeys(CHECKS, 0), "sell_by_past": 1},
    "products": [
        {
            "plu": 607,
            "code": 50,
            "name": "Blueberry muffin",
            "checks": [
                {
                    "check": "sell_by_past",
                    "detail": "The sell-by date 2026-11-20 has passed.",
                    "remedy": "Take the goods off the shelf. If they are fresh, have the dates "
                    "renewed, or correct the sell-by date.",
                }
            ],
            "exception": {"code": 50, "keep": True, "note": "Dated by the dairy"},
        }
    ],
    "next": None,
}


class LabelFilterSchema(Object):
    check = fields.Enum(
        Check, by_value=fields.String(), metadata=said("Only products that this check finds.")
    )
    limit = WrittenNumber(
        load_default=50,
        validate=validate.Range(1, LONGEST_PAGE),
        metadata=said("How many products to answer at most."),
    )
    after = WrittenNumber(
        load_default=0,
        metadata=said(
            "Answers only products that stand after this place in the file, counted from 1.",
            minimum=0,
            maximum=LARGEST,
        ),
    )


CountsSchema: Final = Object.from_dict(
    {check: fields.Integer(required=True) for check in CHECKS}, name="LabelCountsSchema"
)


class LabelFindingSchema(Object):
    check = fields.String(required=True, validate=validate.OneOf(CHECKS))
    detail = fields.String(required=True, metadata=said("What is wrong, for people to read."))
    remedy = fields.String(required=True, metadata=said("What to do about it."))


class CheckedProductSchema(NamedProductSchema):
    checks = fields.List(
        fields.Nested(LabelFindingSchema),
        required=True,
        metadata=said("Empty for a product that is listed only for its exception."),
    )
    exception = fields.Nested(
        RenewalExceptionSchema,
        required=True,
        allow_none=True,
        metadata=said("The renewal exception by which it keeps its dates; null without one."),
    )


class LabelCheckSchema(Object):
    today = fields.String(
        required=True, metadata=said("The date in the device's zone.", format="date")
    )
    counts = fields.Nested(
        CountsSchema,
        required=True,
        metadata=said("How many products each check finds, whatever was asked for."),
    )
    products = fields.List(
        fields.Nested(CheckedProductSchema),
        required=True,
        metadata=said("In the order of the device's file."),
    )
    next = fields.String(
        required=True,
        allow_none=True,
        metadata=said(
            "Where the products after these are; null at the end.", format="uri-reference"
        ),
    )


def label_check_blueprint(*, check_labels: CheckLabels) -> Blueprint:
    """The resource, given the use case it calls."""
    blueprint = Blueprint(
        "label-check", __name__, url_prefix="/devices", description="Labels to look at"
    )

    @blueprint.route("/<number:device_id>/products/label-check")
    class Labels(MethodView):
        init_every_request = False

        @blueprint.arguments(LabelFilterSchema(), location="query", as_kwargs=True)
        @blueprint.response(200, LabelCheckSchema, example=EXAMPLE)
        @blueprint.doc(operationId="checkLabels")
        @blueprint.fails(UnknownDeviceError, NothingReadError, TooManyFilesError)
        def get(
            self, device_id: DeviceId, limit: int, after: int, check: Check | None = None
        ) -> Response:
            """Check the labels of a device

            Lists every product that is not deleted and that a shop should look at, as last read and
            with the waiting edits, and says what is wrong and what to do; the device is not asked.
            Products under a renewal exception are listed too, so that it can be seen which ones an
            exception names. These, and where `dates` is `dated` those without dates, may have
            other dates than today's.

            - `sell_by_past`, `made_in_future`, `dates_not_today`: by the date in the device's zone;
              the last where a renewal would write other dates.
            - `hours`: the shelf life is in hours, and the label has whole days.
            - `no_shelf_life`, `unknown_shelf_life_type`: a renewal leaves the sell-by date alone.
            - `zero_price`, `price_not_above_discount`, and `bad_name`: empty, or with control
              characters.
            - `missing_message`, `missing_category`, `missing_template`: the file has none such.
            - `lot_date_differs`: a lot of the product has another date.
            - `button_of_another`: its `buttonNumber` is the PLU of another product.
            - `shared_number`: another product has its PLU or its code.
            """
            report = check_labels(signed_in(), device_id)
            rest = [
                each
                for each in report.products
                if each.position >= after
                and (check is None or any(finding.check is check for finding in each.findings))
            ]
            page, following = rest[:limit], None
            if len(rest) > limit:
                following = url_for(
                    str(request.endpoint),
                    device_id=device_id,
                    check=check and check.value,
                    limit=limit,
                    after=page[-1].position + 1,
                )
            english = language("en")
            return answer(
                {
                    "today": report.today.isoformat(),
                    "counts": {each.value: report.counts[each] for each in Check},
                    "products": [_product_json(each, english) for each in page],
                    "next": following,
                }
            )

    return blueprint


def _product_json(checked: CheckedProduct, language: Language) -> Json:
    findings: list[Json] = [
        {
            "check": check.value,
            "detail": detail_of(check, facts, language),
            "remedy": remedy_of(check, language),
        }
        for check, facts in checked.findings
    ]
    exception = checked.exception
    return {
        **named(checked.product),
        "checks": findings,
        "exception": None if exception is None else exception_json(exception),
    }
