"""The state of a device's schedule as JSON."""

from marshmallow import validate

from adapters.rest.http.schemas import doc

NEXT_RUN = doc(
    "When its next turn is, in UTC. Null while it is off, and while the device waits for the right "
    "password."
)
LAST_RUN = doc("When the last run ended, in UTC; null before the first one.")
LAST_STATUS = [validate.OneOf(["OK", "ERROR", None])]
LAST_ERROR = doc("Null when the last run ended well.")
FAILURES = doc("How many runs have failed since the last one that ended well.")
