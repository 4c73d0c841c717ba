"""The products whose labels a shop should look at."""

from flask import Response, request, url_for
from flask.views import MethodView

from adapters.rest.http.languages import in_language, spoken
from adapters.rest.http.openapi import Blueprint
from adapters.rest.http.requests import signed_in
from adapters.rest.http.responses import answer, named
from adapters.rest.products.examples import LABEL_CHECK
from adapters.rest.products.schemas import LabelCheckSchema, LabelFilterSchema
from adapters.rest.shared.renewal_exceptions import exception_json
from adapters.texts.label_checks import detail_of, remedy_of
from adapters.texts.languages import Language
from application.ports.repositories.devices import UnknownDeviceError
from application.products.large_files import TooManyFilesError
from application.products.use_cases import ProductCases
from domain.devices.device import DeviceId
from domain.errors import NothingReadError
from domain.json_value import Json
from domain.products.label_checks.checks import Check
from domain.products.label_checks.report import CheckedProduct
from domain.renewal.policy import RenewalException


def label_check_blueprint(cases: ProductCases) -> Blueprint:
    """The resource, given the use cases of its capability."""
    blueprint = Blueprint(
        "label-check", __name__, url_prefix="/devices", description="Labels to look at"
    )

    @blueprint.route("/<number:device_id>/products/label-check")
    class Labels(MethodView):
        init_every_request = False

        @blueprint.arguments(LabelFilterSchema(), location="query", as_kwargs=True)
        @blueprint.response(200, LabelCheckSchema, example=LABEL_CHECK)
        @blueprint.doc(operationId="checkLabels")
        @blueprint.fails(UnknownDeviceError, NothingReadError, TooManyFilesError)
        def get(
            self, device_id: DeviceId, limit: int, after: int, check: Check | None = None
        ) -> Response:
            """Check the labels of a device

            This lists every product that is not deleted and whose label a shop should look at, and
            says what is wrong and what to do. Products are as last read, with the waiting edits;
            the device is not asked. Products under a renewal exception are listed too, to show
            which ones an exception names. They may have other dates than today's. So may products
            without dates where `dates` is `dated`.

            - `sell_by_past`, `made_in_future`, `dates_not_today`: by the date in the device's zone;
              the last one where a renewal would write other dates.
            - `hours`: the shelf life is in hours, and the label has whole days.
            - `no_shelf_life`, `unknown_shelf_life_type`: a renewal leaves the sell-by date as it
              is.
            - `zero_price`, `price_not_above_discount`, and `bad_name`: empty, or with control
              characters.
            - `missing_message`, `missing_category`, `missing_template`: it is not in the file.
            - `lot_date_differs`: a lot of the product has another date.
            - `button_of_another`: its `buttonNumber` is the PLU of another product.
            - `shared_number`: another product has its PLU or its code.
            """
            checked = cases.check_labels(signed_in(), device_id)
            report, exception_of = checked.report, checked.policy.exception_of
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
            language = spoken()
            shown = answer(
                {
                    "today": report.today.isoformat(),
                    "counts": {each.value: report.counts[each] for each in Check},
                    "products": [
                        _product_json(language, each, exception_of(each.product)) for each in page
                    ],
                    "next": following,
                }
            )
            return in_language(language, shown)

    return blueprint


def _product_json(
    language: Language, checked: CheckedProduct, exception: RenewalException | None
) -> Json:
    findings: list[Json] = [
        {
            "check": check.value,
            "detail": detail_of(language, check, facts),
            "remedy": remedy_of(language, check),
        }
        for check, facts in checked.findings
    ]
    return {
        **named(checked.product),
        "checks": findings,
        "exception": None if exception is None else exception_json(exception),
    }
