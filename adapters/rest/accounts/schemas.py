"""Users and tokens as JSON."""

from marshmallow import fields, validate

from adapters.email_addresses import email_fault
from adapters.rest.http.faults import Length, by_rule, length
from adapters.rest.http.fields import Text
from adapters.rest.http.schemas import Object, doc
from domain.accounts.rules import EMAIL, LONGEST_EMAIL, LONGEST_PASSWORD, PASSWORD

_EMAIL = doc("One user per address, whatever its case.", examples=["baker@example.com"])


class NewUserSchema(Object):
    email = Text(
        required=True,
        validate=[length(EMAIL), by_rule(email_fault)],
        metadata={**_EMAIL, "format": "email"},
    )
    password = Text(
        required=True,
        validate=length(PASSWORD),
        metadata=doc(
            f"{PASSWORD.least}–{PASSWORD.most} characters of any script.",
            examples=["correct horse battery"],
        ),
    )


class UserSchema(Object):
    id = fields.Integer(required=True)
    email = fields.String(required=True)


class SignInSchema(Object):
    username = Text(
        required=True,
        validate=Length(max=LONGEST_EMAIL),
        metadata=doc("The email address."),
    )
    password = Text(
        required=True,
        validate=Length(max=LONGEST_PASSWORD),
        metadata=doc("The user's password."),
    )


class TokenSchema(Object):
    access_token = fields.String(
        required=True, metadata=doc("Send it as “Authorization: Bearer …”.")
    )
    token_type = fields.String(required=True, validate=validate.Equal("bearer"))
