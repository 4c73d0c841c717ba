"""How a device is at this moment."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from application.conversations import Conversations, DeviceBusyError
from application.ports.clock import Clock
from application.ports.scales import ScalesError, ScalesRefusedError
from application.ports.storage import Storage
from application.talk import LeaseLostError, StoredPasswordError, readable
from domain.device import DeviceId
from domain.json_value import Json
from domain.run import MOVES_PRODUCTS, Outcome, Run, RunKind
from domain.user import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStatus:
    """What the device said of itself (nothing where it did not answer, or its firmware does not
    know the question), and what is remembered of it. `reachable` is None where it could not be
    asked, because it is busy; `last_run` is the last that moved products."""

    reachable: bool | None
    checked_at: datetime
    latency: float | None
    information: Mapping[str, Json]
    last_read: Run | None
    last_upload: Run | None
    last_run: Run | None
    unverified: bool
    wrong_password: bool
    error: str | None


@dataclass(frozen=True, slots=True)
class ShowStatus:
    """Ask the device how it is; that it does not answer is an answer too."""

    storage: Storage
    conversations: Conversations
    clock: Clock

    def __call__(self, owner_id: UserId, device_id: DeviceId) -> DeviceStatus:
        """Raises UnknownDeviceError and TooManyConversationsError."""
        reachable: bool | None = True
        latency: float | None = None
        error: str | None = None
        information: Mapping[str, Json] = {}
        checked_at = self.clock.now()
        try:
            with (
                self.conversations.room(owner_id),
                self.conversations.asked(device_id, RunKind.STATUS, owner_id) as talk,
            ):
                asked = self.clock.monotonic()
                # Firmware that does not know the question refuses it, and so is there.
                with suppress(ScalesRefusedError):
                    information = talk.speak(lambda line: line.information(), retries=0)
                latency = self.clock.monotonic() - asked
                with talk.succeed():
                    pass
        except (DeviceBusyError, LeaseLostError, StoredPasswordError) as untold:
            reachable, error = None, str(untold)
        except ScalesError as failure:
            reachable, error = False, readable(failure)
        with self.storage.snapshot() as tx:
            summary = tx.devices.summary(owner_id, device_id)
            return DeviceStatus(
                reachable=reachable,
                checked_at=checked_at,
                latency=latency,
                information=information,
                last_read=tx.runs.last(device_id, {RunKind.READ}, {Outcome.OK}),
                last_upload=tx.runs.last(device_id, {RunKind.UPLOAD}, {Outcome.OK}),
                last_run=tx.runs.last(device_id, MOVES_PRODUCTS),
                unverified=summary.unverified,
                wrong_password=summary.device.refusals > 0,
                error=error,
            )
