"""Devices, their status and the fleet as JSON."""

from marshmallow import fields, validate

from adapters.rest.http.faults import OneOf, by_rule, length, within
from adapters.rest.http.fields import (
    Choice,
    Text,
    WholeNumber,
    known_zones,
)
from adapters.rest.http.schemas import Object, doc
from adapters.rest.shared.label_checks import LabelCountsSchema
from adapters.rest.shared.runs import RUN_KINDS, RunSchema
from adapters.rest.shared.schedules import (
    FAILURES,
    LAST_ERROR,
    LAST_RUN,
    LAST_STATUS,
    NEXT_RUN,
)
from domain.devices import rules
from domain.devices.state import DeviceState
from domain.errors import Fault

_NAME = doc("Unique among your devices.", examples=["Bakery counter"])
_DESCRIPTION = doc("Anything worth noting; empty where it is absent.", examples=["By the door"])
_IP = doc(
    "IPv4 address, IPv6 address or host name.",
    anyOf=[{"format": "ipv4"}, {"format": "ipv6"}, {"pattern": f"^{rules.HOST_NAME_FORM}$"}],
    examples=["192.168.1.50"],
)
_PORT = doc(f"TCP port; {rules.DEFAULT_PORT} where it is absent.", examples=[rules.DEFAULT_PORT])
_PROTOCOL = doc("Only TCP, which it is where it is absent.", examples=["TCP"])
_PASSWORD = doc(
    "Exactly 4 printable ASCII characters. Kept encrypted and never shown.",
    pattern=f"^{rules.PASSWORD_FORM}$",
    examples=["1234"],
)
_TIME_ZONE = doc(
    "IANA name of the zone whose date goes on the labels, and whose clock `daily_at` means. Empty: "
    "the device follows the service's.",
    enum=["", *sorted(known_zones()), None],
    examples=["Europe/Moscow"],
)


def known_zone(name: str) -> Fault | None:
    """What is wrong with the name of a time zone."""
    return rules.time_zone_fault(name, known_zones())


class DeviceChangesSchema(Object):
    """Members that are absent or null stay as they are."""

    name = Text(validate=length(rules.NAME), allow_none=True, metadata=_NAME)
    description = Text(validate=length(rules.DESCRIPTION), allow_none=True, metadata=_DESCRIPTION)
    ip = Text(
        validate=[length(rules.HOST), by_rule(rules.host_fault)], allow_none=True, metadata=_IP
    )
    port = WholeNumber(validate=within(rules.PORT), allow_none=True, metadata=_PORT)
    protocol = Text(validate=OneOf(list(rules.PROTOCOLS)), allow_none=True, metadata=_PROTOCOL)
    password = Text(validate=by_rule(rules.password_fault), allow_none=True, metadata=_PASSWORD)
    time_zone = Text(
        validate=[length(rules.TIME_ZONE), by_rule(known_zone)],
        allow_none=True,
        metadata=_TIME_ZONE,
    )


class NewDeviceSchema(DeviceChangesSchema):
    """Null counts as absent where a member may be absent."""

    name = Text(required=True, validate=length(rules.NAME), metadata=_NAME)
    ip = Text(required=True, validate=[length(rules.HOST), by_rule(rules.host_fault)], metadata=_IP)
    password = Text(required=True, validate=by_rule(rules.password_fault), metadata=_PASSWORD)


class DeviceSchema(Object):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    ip = fields.String(required=True)
    port = fields.Integer(required=True)
    protocol = fields.String(required=True)
    cached_dirty = fields.Boolean(required=True, metadata=doc("Whether edits wait to be uploaded."))
    unverified = fields.Boolean(
        required=True,
        metadata=doc(
            "Whether the device may hold an upload whose outcome is not known; the next read tells."
        ),
    )
    replaced = fields.Boolean(
        required=True,
        metadata=doc(
            "Whether the device lacked most of the products that were read from it before: it "
            "seems to be another one, or to have been emptied. A read takes what it holds now, "
            "an upload with `source=cache` restores what it held; both end this."
        ),
    )
    wrong_password = fields.Boolean(
        required=True,
        metadata=doc(
            "Whether the device refused its password: its dates are not renewed until the right "
            "one is set."
        ),
    )
    shared_address = fields.Boolean(
        required=True,
        metadata=doc(
            "Whether another of your devices has the same address and port: both are one scale, "
            "which is never talked to for both at once. Host names count by the address that they "
            "led to when they were last looked up. Devices of other users are never told of."
        ),
    )
    time_zone = fields.String(
        required=True,
        allow_none=True,
        metadata=doc("IANA name; null where the device follows the service's zone."),
    )
    auto_update = fields.Boolean(
        required=True, metadata=doc("Whether its dates are renewed by themselves.")
    )
    last_run_utc = fields.String(required=True, allow_none=True, metadata=LAST_RUN)
    last_status = fields.String(required=True, allow_none=True, validate=LAST_STATUS)
    last_error = fields.String(required=True, allow_none=True, metadata=LAST_ERROR)
    consecutive_failures = fields.Integer(required=True, metadata=FAILURES)
    next_run_utc = fields.String(required=True, allow_none=True, metadata=NEXT_RUN)


class SavedDeviceSchema(DeviceSchema):
    warnings = fields.List(
        fields.String(),
        required=True,
        metadata=doc("What should be looked at, such as another device at the same address."),
    )


class DeviceFilterSchema(Object):
    state = Choice(
        DeviceState,
        metadata=doc(
            "Only devices in this state. `failing`: auto-update is on and its last run failed. "
            "`late`: its turn came five minutes ago or earlier and no run of it has ended, or its "
            "labels bear a day that is yet to come. "
            "`unverified`: it may hold an upload that got lost. `replaced`: it lacked most of the "
            "products that were read before, and nobody has read it since. `wrong_password`: it "
            "refused the password that is set now. `wrong_clock`: its own clock was off by more "
            "than five minutes when its status was last asked. `edited`: edits wait to be "
            "uploaded. A device can be in several; one that waits for its password is not late."
        ),
    )


class StatesSchema(Object):
    """How many devices are in each state; `GET /devices?state=` lists them."""

    failing = fields.Integer(required=True)
    late = fields.Integer(required=True)
    unverified = fields.Integer(required=True)
    replaced = fields.Integer(required=True)
    wrong_password = fields.Integer(required=True)
    wrong_clock = fields.Integer(required=True)
    edited = fields.Integer(required=True)


class DueDeviceSchema(Object):
    device_id = fields.Integer(required=True)
    name = fields.String(required=True)
    due_utc = fields.String(required=True, metadata=doc("When its turn is, or was."))


class RunningDeviceSchema(Object):
    run_id = fields.Integer(required=True)
    device_id = fields.Integer(required=True)
    name = fields.String(required=True, metadata=doc("The device's."))
    kind = fields.String(required=True, validate=validate.OneOf(RUN_KINDS))
    by = fields.String(required=True, validate=validate.OneOf(["user", "scheduler"]))
    asked_by = fields.Integer(
        required=True, allow_none=True, metadata=doc("The id of the user; null by the scheduler.")
    )
    since = fields.String(required=True, metadata=doc("An instant in UTC."))


class FleetSchema(Object):
    devices = fields.Integer(required=True, metadata=doc("How many there are."))
    auto_update = fields.Integer(required=True, metadata=doc("How many have auto-update on."))
    due = fields.Integer(
        required=True, metadata=doc("How many have a turn that has come and has not ended yet.")
    )
    states = fields.Nested(StatesSchema, required=True)
    oldest_late = fields.Nested(
        DueDeviceSchema,
        required=True,
        allow_none=True,
        metadata=doc("Of those that are late, the one that waits longest; null without any."),
    )
    next_due = fields.Nested(
        DueDeviceSchema,
        required=True,
        allow_none=True,
        metadata=doc("Whose turn comes next, after those that are due; null without any."),
    )
    running = fields.List(
        fields.Nested(RunningDeviceSchema),
        required=True,
        metadata=doc("Conversations that go on at this moment, the oldest first."),
    )
    label_checks = fields.Nested(
        LabelCountsSchema,
        required=True,
        metadata=doc(
            "On how many devices each check finds at least one product today; see "
            "`GET /devices/{device_id}/products/label-check`. Edits count within seconds, while "
            "the scheduler runs."
        ),
    )


class VersionsSchema(Object):
    """The values are as the device writes them; null where it does not give one."""

    protocol = fields.String(required=True, allow_none=True)
    scale_app = fields.String(required=True, allow_none=True)
    service_app = fields.String(required=True, allow_none=True)
    android = fields.String(required=True, allow_none=True)
    sdk = fields.String(required=True, allow_none=True)


class StatusSchema(Object):
    reachable = fields.Boolean(
        required=True,
        allow_none=True,
        metadata=doc("Null while the device is busy with another conversation."),
    )
    checked_at = fields.String(required=True, metadata=doc("An instant in UTC."))
    latency_ms = fields.Integer(
        required=True,
        allow_none=True,
        metadata=doc("Milliseconds to connect and to be answered; null without an answer."),
    )
    model = fields.String(
        required=True, allow_none=True, metadata=doc("Null where the device does not tell.")
    )
    serial_number = fields.String(
        required=True, allow_none=True, metadata=doc("Null where the device does not tell.")
    )
    versions = fields.Nested(VersionsSchema, required=True)
    products_updated = fields.String(
        required=True,
        allow_none=True,
        metadata=doc(
            "When the device's products were updated last, as the device writes it; null where its "
            "firmware does not tell."
        ),
    )
    printer_ready = fields.Boolean(
        required=True,
        allow_none=True,
        metadata=doc("Whether it can print; null where its firmware does not tell."),
    )
    clock = fields.String(
        required=True,
        allow_none=True,
        metadata=doc("What the device's own clock shows, in no zone; null where it does not tell."),
    )
    clock_ahead_seconds = fields.Integer(
        required=True,
        allow_none=True,
        metadata=doc(
            "How far that is ahead of the time in the device's zone; below zero where it is behind."
        ),
    )
    last_read = fields.String(
        required=True,
        allow_none=True,
        metadata=doc("When the products were last read, an instant in UTC; null before that."),
    )
    last_upload = fields.String(
        required=True,
        allow_none=True,
        metadata=doc("When products were last uploaded, an instant in UTC; null before that."),
    )
    last_run = fields.Nested(
        RunSchema,
        required=True,
        allow_none=True,
        metadata=doc(
            "The last that read or sent products, not one that asked after the status; null before "
            "the first one."
        ),
    )
    unverified = fields.Boolean(
        required=True,
        metadata=doc("Whether the device may hold an upload whose outcome is not known."),
    )
    wrong_password = fields.Boolean(
        required=True, metadata=doc("Whether the device refused the password that is set now.")
    )
    error = fields.String(
        required=True, allow_none=True, metadata=doc("Why the device did not answer.")
    )
