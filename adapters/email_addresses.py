"""Which email addresses new users may have."""

import email_validator
from email_validator import EmailNotValidError, validate_email

from domain.accounts import rules
from domain.errors import Fault

# Nothing is ever sent there, and a shop's own network may well be called `shop.local`. This is the
# library's own way to say so.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


def email_fault(email: str) -> Fault | None:
    """What is wrong with an address; None for one of the standards' form. Nobody is asked whether
    its domain exists."""
    if fault := rules.email_fault(email):
        return fault
    try:
        validate_email(
            email,
            check_deliverability=False,
            globally_deliverable=False,
            allow_quoted_local=True,
            allow_domain_literal=True,
        )
    except EmailNotValidError:
        return Fault("not_an_email")
    return None
