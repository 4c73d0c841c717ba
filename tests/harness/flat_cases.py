"""Use cases by the names that the tests call them by that must not change: `test_any_sequence` and
both of `test_frozen`. Each is called directly, as its user or the scheduler does."""

from typing import Any

from entrypoints import bootstrap
from entrypoints.bootstrap import UseCases
from tests.harness.installation import InMemory


class FlatCases:
    """The use cases that those tests need."""

    def __init__(self, cases: UseCases) -> None:
        self.register_user = cases.register_user
        self.add_device = cases.add_device
        self.show_device = cases.show_device
        self.change_device = cases.change_device
        self.read_products = cases.read_products.for_user
        self.upload_products = cases.upload_products.for_user
        self.discard_edits = cases.discard_edits
        self.renew_dates = cases.renew_dates.for_schedule


def wire(**parts: Any) -> FlatCases:
    """As `bootstrap.wire`."""
    return FlatCases(bootstrap.wire(**parts))


class Shop(InMemory):
    """Fakes only."""

    @property
    def cases(self) -> FlatCases:  # type: ignore[override]
        return FlatCases(self.use_cases)
