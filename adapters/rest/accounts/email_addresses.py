"""Which email addresses new users may have."""

import unicodedata

import email_validator
from email_validator import EmailNotValidError, validate_email

from adapters.rest.http.faults import refused

# Nothing is ever sent there, and a shop's own network may well be called `shop.local`. This is the
# library's own way to say so.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


def email_address(text: str) -> None:
    """An address of at most 254 characters, with no control, format or separator character.
    Nobody is asked whether its domain exists. Raises ValidationError."""
    try:
        if any(unicodedata.category(letter)[0] in "CZ" for letter in text):
            raise EmailNotValidError
        validate_email(
            text,
            check_deliverability=False,
            globally_deliverable=False,
            allow_quoted_local=True,
            allow_domain_literal=True,
        )
    except EmailNotValidError:
        raise refused("not_an_email") from None
