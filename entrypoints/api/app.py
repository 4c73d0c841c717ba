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
    """A WSGI application; safe to call from many threads."""
    return rest_app(
        auth_blueprint(register_user=cases.register_user, sign_in=cases.sign_in),
        devices_blueprint(
            list_devices=cases.list_devices,
            add_device=cases.add_device,
            show_device=cases.show_device,
            change_device=cases.change_device,
            remove_device=cases.remove_device,
        ),
        products_blueprint(
            read_products=cases.read_products,
            show_cached_products=cases.show_cached_products,
            edit_product=cases.edit_product,
            start_batch=cases.start_batch,
        ),
        edits_blueprint(list_edits=cases.list_edits, discard_edits=cases.discard_edits),
        bulk_edits_blueprint(edit_on_devices=cases.edit_on_devices),
        uploads_blueprint(upload_products=cases.upload_products, start_batch=cases.start_batch),
        former_files_blueprint(
            list_former_files=cases.list_former_files,
            show_former_file=cases.show_former_file,
            compare_files=cases.compare_files,
            restore_file=cases.restore_file,
        ),
        status_blueprint(show_status=cases.show_status),
        fleet_blueprint(show_fleet=cases.show_fleet),
        runs_blueprint(list_runs=cases.list_runs),
        batches_blueprint(
            start_batch=cases.start_batch,
            show_batch=cases.show_batch,
            retry_batch=cases.retry_batch,
        ),
        auto_update_blueprint(
            show_auto_update=cases.show_auto_update,
            change_auto_update=cases.change_auto_update,
        ),
        label_check_blueprint(check_labels=cases.check_labels),
        renewal_exceptions_blueprint(
            list_renewal_exceptions=cases.list_renewal_exceptions,
            set_renewal_exceptions=cases.set_renewal_exceptions,
        ),
        health_blueprint(check_readiness=cases.check_readiness),
        settings=settings,
        identify=cases.identify,
    )
