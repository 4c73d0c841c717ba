"""A choice of devices as JSON."""

from typing import Any, Final

from marshmallow import validates_schema

from adapters.rest.http.faults import LARGEST, Is, Length, Range, refused
from adapters.rest.http.fields import Some, TrueOrFalse, WholeNumber
from adapters.rest.http.schemas import Object, doc
from domain.json_value import Json

MOST_DEVICES: Final = 10_000
SOME_OR_ALL: Final[Json] = {"oneOf": [{"required": ["device_ids"]}, {"required": ["all"]}]}
"""What no field can say of itself."""


def exactly_one(data: dict[str, Any], one: str, other: str, neither: str) -> None:
    """Raises ValidationError unless just one of two members is there; `neither` is the code of the
    fault where none is."""
    if one in data and other in data:
        raise refused("not_together", other, other=one)
    if one not in data and other not in data:
        raise refused(neither, one)


class WhichDevicesSchema(Object):
    """Devices by their ids, or all devices of the user."""

    device_ids = Some(
        WholeNumber(validate=Range(0, LARGEST)),
        validate=Length(1, MOST_DEVICES),
        metadata=doc(
            "The devices, each counted once. Not together with `all`.", examples=[[7, 8, 12]]
        ),
    )
    all = TrueOrFalse(
        validate=Is(True, "true_or_absent"),
        metadata=doc("All your devices. Not together with `device_ids`."),
    )

    @validates_schema
    def _some_or_all(self, data: dict[str, Any], **_: object) -> None:
        exactly_one(data, "device_ids", "all", "which_devices")
