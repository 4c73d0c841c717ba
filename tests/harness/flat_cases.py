"""Use cases by the names that the tests call them by that must not change: `test_any_sequence` and
both of `test_frozen`. Each is called directly, as its user or the scheduler does."""

from typing import Any

from entrypoints import bootstrap
from entrypoints.bootstrap import UseCases
from tests.harness.installation import InMemory


class FlatCases:
    """The use cases that those tests need."""

    def __init__(self, cases: UseCases) -> None:
        self.register_user = cases.accounts.register
        self.add_device = cases.devices.add
        self.show_device = cases.devices.show
        self.change_device = cases.devices.change
        self.read_products = cases.products.read.for_user
        self.upload_products = cases.products.upload.for_user
        self.discard_edits = cases.products.discard_edits
        self.renew_dates = cases.renewal.renew_dates.for_schedule


def wire(**parts: Any) -> FlatCases:
    """As `bootstrap.wire`."""
    return FlatCases(bootstrap.wire(**parts))


class Shop(InMemory):
    """Fakes only."""

    @property
    def cases(self) -> FlatCases:  # type: ignore[override]
        return FlatCases(self.use_cases)
