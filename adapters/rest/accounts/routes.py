"""Registering and signing in."""

from flask import Response
from flask.views import MethodView

from adapters.rest.accounts.schemas import NewUserSchema, SignInSchema, TokenSchema, UserSchema
from adapters.rest.http.openapi import Blueprint
from adapters.rest.http.responses import answer
from application.accounts.use_cases import AccountCases
from application.ports.password_hasher import HashingBusyError
from application.ports.repositories.users import EmailTakenError
from application.ports.storage import StorageNotReadyError
from domain.errors import SignInRefusedError


def auth_blueprint(cases: AccountCases) -> Blueprint:
    """The resources, given the use cases they call."""
    blueprint = Blueprint(
        "auth", __name__, url_prefix="/auth", public=True, description="Register and sign in"
    )

    @blueprint.route("/register")
    class Registration(MethodView):
        init_every_request = False

        @blueprint.arguments(
            NewUserSchema(),
            as_kwargs=True,
            example={"email": "baker@example.com", "password": "correct horse battery"},
        )
        @blueprint.response(201, UserSchema, example={"id": 1, "email": "baker@example.com"})
        @blueprint.doc(operationId="registerUser")
        @blueprint.fails(EmailTakenError, HashingBusyError, StorageNotReadyError)
        def post(self, email: str, password: str) -> Response:
            """Register a user

            Anybody who can reach the service may register. Each address can be registered once, in
            upper or lower case.
            """
            user = cases.register(email, password)
            return answer({"id": user.id, "email": user.email}, 201)

    @blueprint.route("/login")
    class Login(MethodView):
        init_every_request = False

        @blueprint.arguments(
            SignInSchema(),
            location="form",
            as_kwargs=True,
            example={"username": "baker@example.com", "password": "correct horse battery"},
        )
        @blueprint.response(
            200, TokenSchema, example={"access_token": "eyJhbGciOi…", "token_type": "bearer"}
        )
        @blueprint.doc(operationId="signIn")
        @blueprint.fails(SignInRefusedError, HashingBusyError, StorageNotReadyError)
        def post(self, username: str, password: str) -> Response:
            """Sign in

            This is the password form of OAuth2. Its other members, such as `grant_type`, are
            ignored, and so is an `Authorization` header.
            """
            return answer(
                {"access_token": cases.sign_in(username, password), "token_type": "bearer"}
            )

    return blueprint
