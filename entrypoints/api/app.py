"""The web application, made of the use cases."""

from flask import Flask

from adapters.rest.accounts.routes import auth_blueprint
from adapters.rest.app import RestSettings, rest_app
from adapters.rest.devices.fleet import fleet_blueprint
from adapters.rest.devices.routes import devices_blueprint
from adapters.rest.devices.status import status_blueprint
from adapters.rest.health import health_blueprint
from adapters.rest.products.bulk_editing import bulk_edits_blueprint
from adapters.rest.products.file_history import former_files_blueprint
from adapters.rest.products.label_check import label_check_blueprint
from adapters.rest.products.pending_edits import edits_blueprint
from adapters.rest.products.routes import products_blueprint
from adapters.rest.products.uploading import uploads_blueprint
from adapters.rest.renewal.exceptions import renewal_exceptions_blueprint
from adapters.rest.renewal.routes import auto_update_blueprint
from adapters.rest.runs.batches import batches_blueprint
from adapters.rest.runs.routes import runs_blueprint
from entrypoints.bootstrap import UseCases


def create_app(cases: UseCases, settings: RestSettings) -> Flask:
    """Returns the WSGI application. It is safe to call from many threads."""
    return rest_app(
        auth_blueprint(cases.accounts),
        devices_blueprint(cases.devices),
        products_blueprint(cases.products, cases.runs.start_batch),
        edits_blueprint(cases.products),
        bulk_edits_blueprint(cases.products),
        uploads_blueprint(cases.products, cases.runs.start_batch),
        former_files_blueprint(cases.products),
        status_blueprint(cases.devices),
        fleet_blueprint(cases.devices),
        runs_blueprint(cases.runs),
        batches_blueprint(cases.runs),
        auto_update_blueprint(cases.renewal),
        label_check_blueprint(cases.products),
        renewal_exceptions_blueprint(cases.renewal),
        health_blueprint(check_readiness=cases.check_readiness),
        settings=settings,
        identify=cases.accounts.identify,
    )
