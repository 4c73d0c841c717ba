"""Which email addresses new users may have."""

import pytest

from adapters.email_addresses import email_fault
from domain.errors import Fault


@pytest.mark.parametrize("email", ["anna@example.org", "anna@shop.local", "anna@[10.0.0.7]"])
def test_an_address_of_the_standards_form_has_no_fault(email: str) -> None:
    assert email_fault(email) is None


@pytest.mark.parametrize("email", ["", "anna", "anna@", "an na@example.org", "a@b@example.org"])
def test_all_else_is_no_address(email: str) -> None:
    assert email_fault(email) == Fault("not_an_email")


def test_the_bounds_are_the_domains() -> None:
    assert email_fault("a" * 255) == Fault("too_long", {"most": 254})
