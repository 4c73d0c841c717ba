"""How a device is at this moment."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from application.conversations.errors import (
    DeviceBusyError,
    LeaseLostError,
    StoredPasswordError,
)
from application.conversations.opening import Conversations
from application.ports.clock import Clock
from application.ports.scales import Connection, ScalesError, ScalesRefusedError
from application.ports.storage import Storage
from domain.accounts.user import UserId
from domain.devices.device import Device, DeviceId
from domain.errors import Cause
from domain.json_value import Json
from domain.renewal.time_zones import TimeZones
from domain.runs.run import MOVES_PRODUCTS, Outcome, Run, RunKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStatus:
    """What the device said of itself (nothing where it did not answer, or its firmware does not
    know the question), and what is remembered of it. `reachable` is None where it could not be
    asked, because it is busy; `clock` is what its own clock shows, in no zone, and `clock_ahead`
    how far that is ahead of the time in its zone; `last_run` is the last that moved products."""

    reachable: bool | None
    checked_at: datetime
    latency: float | None
    information: Mapping[str, Json]
    clock: datetime | None
    clock_ahead: timedelta | None
    last_read: Run | None
    last_upload: Run | None
    last_run: Run | None
    unverified: bool
    wrong_password: bool
    error: Cause | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    """What a device answered, and the moment of `monotonic` at which it had said who it is."""

    information: Mapping[str, Json] = field(default_factory=dict)
    answered: float = 0.0
    clock: datetime | None = None
    clock_ahead: timedelta | None = None


@dataclass(frozen=True, slots=True)
class ShowStatus:
    """Ask the device how it is; that it does not answer is an answer too."""

    storage: Storage
    conversations: Conversations
    clock: Clock
    zones: TimeZones

    def __call__(self, owner_id: UserId, device_id: DeviceId) -> DeviceStatus:
        """Raises UnknownDeviceError and TooManyConversationsError."""
        reachable: bool | None = True
        latency: float | None = None
        error: Cause | None = None
        answers = _Answers()
        checked_at = self.clock.now()
        try:
            with (
                self.conversations.place(owner_id),
                self.conversations.for_user(owner_id, device_id, RunKind.STATUS) as conversation,
            ):
                asked = self.clock.monotonic()
                answers = conversation.on_connection(
                    lambda connection: self._ask(connection, conversation.device), retries=0
                )
                latency = answers.answered - asked
                with conversation.record.success() as tx:
                    if answers.clock_ahead is not None:
                        device = tx.devices.get(device_id)
                        tx.devices.save(replace(device, clock_ahead=answers.clock_ahead))
        except (DeviceBusyError, LeaseLostError, StoredPasswordError) as failure:
            reachable, error = None, Cause.of(failure)
        except ScalesError as failure:
            reachable, error = False, Cause.of(failure)
        with self.storage.snapshot() as tx:
            summary = tx.devices.summary(owner_id, device_id)
            return DeviceStatus(
                reachable=reachable,
                checked_at=checked_at,
                latency=latency,
                information=answers.information,
                clock=answers.clock,
                clock_ahead=answers.clock_ahead,
                last_read=tx.runs.last(device_id, {RunKind.READ}, {Outcome.OK}),
                last_upload=tx.runs.last(device_id, {RunKind.UPLOAD}, {Outcome.OK}),
                last_run=tx.runs.last(device_id, MOVES_PRODUCTS),
                unverified=summary.unverified,
                wrong_password=summary.device.refusals > 0,
                error=error,
            )

    def _ask(self, connection: Connection, device: Device) -> _Answers:
        information: Mapping[str, Json] = {}
        # Firmware that does not know the question refuses it, which is an answer too.
        with suppress(ScalesRefusedError):
            information = connection.information()
        answered = self.clock.monotonic()
        shown = connection.clock()
        if shown is None:
            return _Answers(information=information, answered=answered)
        local = self.clock.now().astimezone(self.zones.of(device)).replace(tzinfo=None)
        ahead = timedelta(seconds=round((shown - local).total_seconds()))
        return _Answers(information=information, answered=answered, clock=shown, clock_ahead=ahead)
