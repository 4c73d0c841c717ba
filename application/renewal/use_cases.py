"""What may be asked about the renewal of dates."""

from dataclasses import dataclass
from typing import Self

from application.conversations.opening import Conversations
from application.ports.clock import Clock
from application.ports.storage import Storage
from application.products.file_history import KeptFiles
from application.renewal.exceptions import ListRenewalExceptions, SetRenewalExceptions
from application.renewal.renew_dates import RenewDates
from application.renewal.schedules import ChangeAutoUpdate, FollowServiceZone, ShowAutoUpdate
from domain.renewal.schedule import ScheduleDefaults
from domain.renewal.time_zones import TimeZones


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalCases:
    """The use cases of renewal: schedules, exceptions, and the renewal itself."""

    show_schedule: ShowAutoUpdate
    change_schedule: ChangeAutoUpdate
    list_exceptions: ListRenewalExceptions
    set_exceptions: SetRenewalExceptions
    renew_dates: RenewDates
    follow_service_zone: FollowServiceZone

    @classmethod
    def wired(
        cls,
        *,
        storage: Storage,
        conversations: Conversations,
        files: KeptFiles,
        clock: Clock,
        zones: TimeZones,
        schedule: ScheduleDefaults,
        find_faults: bool,
    ) -> Self:
        """With these parts behind them."""
        return cls(
            show_schedule=ShowAutoUpdate(storage, clock, schedule),
            change_schedule=ChangeAutoUpdate(storage, clock, zones, schedule),
            list_exceptions=ListRenewalExceptions(storage),
            set_exceptions=SetRenewalExceptions(storage),
            renew_dates=RenewDates(storage, conversations, files, clock, zones, find_faults),
            follow_service_zone=FollowServiceZone(storage, clock, zones),
        )
