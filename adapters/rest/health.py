"""Whether the service is alive and ready, for monitoring."""

from flask import Response
from flask.views import MethodView
from marshmallow import fields, validate

from adapters.rest.http.openapi import Blueprint
from adapters.rest.http.responses import answer
from adapters.rest.http.schemas import Object, doc
from application.health import CheckReadiness
from application.ports.storage import StorageNotReadyError


class HealthSchema(Object):
    status = fields.String(required=True, validate=validate.Equal("ok"))


class ReadinessSchema(Object):
    status = fields.String(required=True, validate=validate.OneOf(["ok", "degraded"]))
    clock_ahead_seconds = fields.Integer(
        required=True,
        metadata=doc(
            "How far this machine's clock is ahead of the database's, below zero where it is "
            "behind; always 0 on SQLite, where there is no other clock."
        ),
    )


def health_blueprint(*, check_readiness: CheckReadiness) -> Blueprint:
    """The resources, given the use cases they call."""
    blueprint = Blueprint(
        "health", __name__, url_prefix="/health", public=True, description="For monitoring"
    )

    @blueprint.route("/live")
    class Live(MethodView):
        init_every_request = False

        @blueprint.response(200, HealthSchema, example={"status": "ok"})
        @blueprint.doc(operationId="isLive")
        @blueprint.fails()
        def get(self) -> Response:
            """Tell whether the process answers

            This says nothing about the database. Restart the process when it fails.
            """
            return answer({"status": "ok"})

    @blueprint.route("/ready")
    class Ready(MethodView):
        init_every_request = False

        @blueprint.response(
            200, ReadinessSchema, example={"status": "ok", "clock_ahead_seconds": 0}
        )
        @blueprint.doc(operationId="isReady")
        @blueprint.fails(StorageNotReadyError)
        def get(self) -> Response:
            """Tell whether the service can work

            This succeeds if the database is reachable and has the schema of this version. Send no
            requests to the service while it fails. With PostgreSQL, the clock of the database is
            what counts. A machine whose clock differs from it by more than a minute is `degraded`:
            it answers requests, but writes no dates onto labels until its clock is right.
            """
            readiness = check_readiness()
            return answer(
                {
                    "status": "degraded" if readiness.clock_wrong else "ok",
                    "clock_ahead_seconds": round(readiness.clock_ahead.total_seconds()),
                }
            )

    return blueprint
