"""What may be asked about devices."""

from dataclasses import dataclass
from typing import Self

from application.conversations.opening import Conversations
from application.devices.fleet_overview import ShowFleet
from application.devices.registration import (
    AddDevice,
    ChangeDevice,
    ClearRefusals,
    ListDevices,
    RemoveDevice,
    ShowDevice,
)
from application.devices.status import ShowStatus
from application.ports.cipher import Cipher
from application.ports.clock import Clock
from application.ports.scales import Scales
from application.ports.storage import Storage
from domain.devices.networks import DeviceNetworks
from domain.renewal.schedule import ScheduleDefaults
from domain.renewal.time_zones import TimeZones


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCases:
    """The use cases of devices."""

    list: ListDevices
    show: ShowDevice
    add: AddDevice
    change: ChangeDevice
    remove: RemoveDevice
    clear_refusals: ClearRefusals
    show_status: ShowStatus
    show_fleet: ShowFleet

    @classmethod
    def wired(
        cls,
        *,
        storage: Storage,
        scales: Scales,
        conversations: Conversations,
        cipher: Cipher,
        clock: Clock,
        zones: TimeZones,
        schedule: ScheduleDefaults,
        networks: DeviceNetworks,
    ) -> Self:
        """With these parts behind them."""
        return cls(
            list=ListDevices(storage, clock),
            show=ShowDevice(storage),
            add=AddDevice(storage, scales, cipher, clock, schedule, networks),
            change=ChangeDevice(storage, scales, cipher, clock, zones, networks),
            remove=RemoveDevice(storage),
            clear_refusals=ClearRefusals(storage, scales, clock),
            show_status=ShowStatus(storage, conversations, clock, zones),
            show_fleet=ShowFleet(storage, clock, zones),
        )
