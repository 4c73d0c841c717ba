"""Taking over everything that the service used before Web Scales remembers."""

from dataclasses import dataclass

from application.ports.cipher import Cipher
from application.ports.clock import Clock
from application.ports.former_service import FormerService
from application.ports.password_hasher import PasswordHasher
from application.ports.storage import Storage
from application.takeover.records import Takeover, TakeoverReport
from domain.devices.networks import DeviceNetworks
from domain.errors import Failure
from domain.renewal.schedule import ScheduleDefaults


class NotEmptyError(Failure):
    """The storage has users: ids of the former service could be theirs."""

    code = "NotEmpty"

    def __init__(self, users: int) -> None:
        super().__init__(f"users: {users}")
        self.users = users


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOver:
    """Take over users, devices, cached products and schedules: everything or nothing.

    Ids and hashes of passwords stay. Edits that were not sent wait in the cached file, and the
    first read tells which they are.
    """

    storage: Storage
    hasher: PasswordHasher
    cipher: Cipher
    clock: Clock
    schedule: ScheduleDefaults
    networks: DeviceNetworks

    def __call__(self, former: FormerService) -> TakeoverReport:
        """Raises FormerServiceError, NotEmptyError and CannotMoveInError."""
        with former.records() as records, self.storage.transaction() as tx:
            if present := tx.users.all():
                raise NotEmptyError(len(present))
            takeover = Takeover(
                tx,
                hasher=self.hasher,
                cipher=self.cipher,
                schedule=self.schedule,
                networks=self.networks,
                now=self.clock.now(),
            )
            takeover.take(records)
        return takeover.report
