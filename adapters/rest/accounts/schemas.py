"""Users and tokens as JSON."""

from marshmallow import fields, validate

from adapters.rest.accounts.email_addresses import email_address
from adapters.rest.http.faults import Length
from adapters.rest.http.fields import Text
from adapters.rest.http.schemas import Object, doc
from domain.accounts.rules import LONGEST_EMAIL, LONGEST_PASSWORD

_EMAIL = doc("One user per address, whatever its case.", examples=["baker@example.com"])


class NewUserSchema(Object):
    email = Text(
        required=True,
        validate=[Length(max=254), email_address],
        metadata={**_EMAIL, "format": "email"},
    )
    password = Text(
        required=True,
        validate=Length(min=8, max=128),
        metadata=doc("8–128 characters of any script.", examples=["correct horse battery"]),
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
