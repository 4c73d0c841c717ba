"""Former product files, each replaced by a different one."""

from flask import Response
from flask.views import MethodView

from adapters.rest.http.openapi import Blueprint
from adapters.rest.http.requests import signed_in
from adapters.rest.http.responses import answer, instant
from adapters.rest.products.changes import difference_json
from adapters.rest.products.examples import DIFFERENCES, FILE, FORMER_FILE
from adapters.rest.products.responses import ETAG, products_answer
from adapters.rest.products.schemas import (
    CachedProductsSchema,
    ComparisonSchema,
    DifferencesSchema,
    FormerFilesSchema,
    ProductsSchema,
)
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.former_files import FormerFile, UnknownFileError
from application.products.large_files import TooManyFilesError
from application.products.use_cases import ProductCases
from domain.devices.device import DeviceId
from domain.errors import FileTooLargeError, NothingReadError, TooManyEditsError
from domain.json_value import Json


def former_files_blueprint(cases: ProductCases) -> Blueprint:
    """The resources, given the use cases they call."""
    blueprint = Blueprint(
        "files", __name__, url_prefix="/devices", description="What devices held before"
    )

    @blueprint.route("/<number:device_id>/files")
    class FormerFiles(MethodView):
        init_every_request = False

        @blueprint.response(200, FormerFilesSchema, example={"files": [FORMER_FILE]})
        @blueprint.doc(operationId="listFormerFiles")
        @blueprint.fails(UnknownDeviceError)
        def get(self, device_id: DeviceId) -> Response:
            """List the former product files

            These are the files that a read or an upload replaced by a different one. A file with
            other dates only is not a different one. Only the last files are kept.
            """
            files = cases.list_former_files(signed_in(), device_id)
            return answer({"files": [former_file_json(file) for file in files]})

    @blueprint.route("/<number:device_id>/files/<number:n>")
    class OneFormerFile(MethodView):
        init_every_request = False

        @blueprint.response(200, CachedProductsSchema, example={"products": FILE})
        @blueprint.doc(operationId="showFormerFile")
        @blueprint.fails(UnknownDeviceError, UnknownFileError, FileTooLargeError, TooManyFilesError)
        def get(self, device_id: DeviceId, n: int) -> Response:
            """Show a former product file

            The file is as the device held it, without edits.
            """
            return answer({"products": cases.show_former_file(signed_in(), device_id, n).document})

    @blueprint.route("/<number:device_id>/files/<number:n>/diff")
    class Comparison(MethodView):
        init_every_request = False

        @blueprint.arguments(ComparisonSchema(), location="query", as_kwargs=True)
        @blueprint.response(200, DifferencesSchema, example={"changes": DIFFERENCES})
        @blueprint.doc(operationId="compareFiles")
        @blueprint.fails(
            UnknownDeviceError,
            UnknownFileError,
            FileTooLargeError,
            TooManyFilesError,
            NothingReadError,
        )
        def get(self, device_id: DeviceId, n: int, against: str) -> Response:
            """Compare a former product file

            The answer lists what changed between it and the other file: first fields, then whole
            products that were added and removed. Products that share a PLU or a code are left out.
            """
            other = None if against == "current" else int(against)
            difference = cases.compare_files(signed_in(), device_id, n, other)
            return answer({"changes": difference_json(difference)})

    @blueprint.route("/<number:device_id>/files/<number:n>/restore")
    class Restoration(MethodView):
        init_every_request = False

        @blueprint.response(
            200, ProductsSchema, example={"products": FILE, "warnings": []}, headers=ETAG
        )
        @blueprint.doc(operationId="restoreFile")
        @blueprint.fails(
            UnknownDeviceError,
            UnknownFileError,
            FileTooLargeError,
            TooManyFilesError,
            NothingReadError,
            TooManyEditsError,
        )
        def post(self, device_id: DeviceId, n: int) -> Response:
            """Restore a former product file

            This turns the difference into edits that wait for upload. They replace the edits that
            wait now: fields get their former values, products that are gone are added again, and
            products that are new are deleted. Dates stay as they are; products that are added get
            today's. Nothing is sent to the device. The service refuses a file that differs in more
            fields than edits may wait for one device (10,000).
            """
            restored = cases.restore_file(signed_in(), device_id, n)
            return products_answer(restored.file, restored.warnings)

    return blueprint


def former_file_json(file: FormerFile) -> Json:
    """Returns a file in a list as clients see it."""
    return {
        "n": file.number,
        "read_at": instant(file.read_at),
        "replaced_at": instant(file.replaced_at),
        "products": file.products,
        "bytes": file.size,
    }
