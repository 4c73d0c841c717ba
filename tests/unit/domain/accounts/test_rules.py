"""What users may sign in with."""

import pytest

from domain.accounts import rules
from domain.errors import Fault


def test_the_bounds_are_those_that_clients_know() -> None:
    assert (rules.PASSWORD.least, rules.PASSWORD.most) == (8, 128)
    assert rules.EMAIL.most == 254
    assert rules.LONGEST_EMAIL == rules.LONGEST_PASSWORD == 1024


@pytest.mark.parametrize("email", ["anna@example.org", "анна@пример.рф", "x" * 254])
def test_an_address_of_plain_characters_has_no_fault(email: str) -> None:
    assert rules.email_fault(email) is None


@pytest.mark.parametrize(
    "email",
    ["an na@example.org", "anna@example.org\n", "an\u200bna@example.org", "an\u2028na@example.org"],
)
def test_an_address_has_no_control_format_or_separator_character(email: str) -> None:
    assert rules.email_fault(email) == Fault("not_an_email")


def test_a_long_address_is_not_looked_at() -> None:
    assert rules.email_fault(" " * 255) == Fault("too_long", {"most": 254})


@pytest.mark.parametrize(
    "other", ["ANNA@example.org", " anna@example.org ", "ａnna@example.org", "anna@EXAMPLE.ORG"]
)
def test_ways_to_write_an_address_have_one_key(other: str) -> None:
    assert rules.email_key(other) == rules.email_key("anna@example.org")


def test_two_addresses_have_two_keys() -> None:
    assert rules.email_key("anna@example.org") != rules.email_key("anna@example.com")
    assert rules.former_email_key("ａnna@example.org") != rules.former_email_key("anna@example.org")
