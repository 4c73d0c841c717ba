"""The service as it is wired for a test: fakes, or the real parts that a test gives it."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, Generic, TypeVar
from zoneinfo import ZoneInfo

from adapters.database.repositories.waiting_jobs import SqlWaitingJobs
from adapters.database.storage import SqlStorage
from adapters.mertech.emulator import EmulatedScales
from application.conversations.resources import Patience
from application.ports.clock import Clock
from application.ports.password_hasher import PasswordHasher
from application.ports.repositories.leases import Lease
from application.ports.scales import Scales
from application.ports.storage import Storage
from application.ports.waiting_jobs import WaitingJobs
from application.products.uploading import UploadSettings
from domain.accounts.user import UserId
from domain.devices.device import Address, DeviceId
from domain.devices.networks import DeviceNetworks
from domain.json_value import Json
from domain.products.catalogue import Catalogue
from domain.products.product import Product
from domain.products.product_file import ProductFile
from domain.renewal.schedule import AutoUpdate
from domain.renewal.time_zones import TimeZones
from domain.runs.run import Run
from entrypoints.bootstrap import Options, UseCases, wire
from tests.fakes.clock import FakeClock
from tests.fakes.scales import FakeDevice, FakeScales
from tests.fakes.security import FakeCipher, FakeHasher, FakeTokens
from tests.fakes.storage import InMemoryStorage, InMemoryWaitingJobs
from tests.harness.products import bun, muffin

ANNA: Final = "anna@example.org"
PASSWORD: Final = "correct horse"  # noqa: S105 - nobody's
HERE: Final = Address("10.0.0.7", 1111)
THERE: Final = Address("10.0.0.8", 1111)
MOSCOW: Final = ZoneInfo("Europe/Moscow")
PRIVATE: Final = DeviceNetworks.of()
LOOPBACK: Final = DeviceNetworks.of(["127.0.0.0/8", "::1/128"])
LEASED: Final = timedelta(seconds=15)

StorageT = TypeVar("StorageT", bound=Storage)
ScalesT = TypeVar("ScalesT", bound=Scales)
ClockT = TypeVar("ClockT", bound=Clock)
DeviceT = TypeVar("DeviceT", FakeDevice, EmulatedScales)


class Installation(Generic[StorageT, ScalesT, ClockT]):
    """The use cases of a service, and the parts behind them. What keeps secrets is a fake."""

    def __init__(
        self,
        storage: StorageT,
        scales: ScalesT,
        clock: ClockT,
        *,
        hasher: PasswordHasher | None = None,
        networks: DeviceNetworks = PRIVATE,
        patience: Patience | None = None,
        upload: UploadSettings | None = None,
    ) -> None:
        self.storage, self.scales, self.clock = storage, scales, clock
        self.cipher = FakeCipher()
        self._hasher = hasher or FakeHasher()
        self._networks = networks
        self.use_cases = self.wired(scales, patience=patience, upload=upload)

    @property
    def cases(self) -> UseCases:
        """What the outside world may ask for."""
        return self.use_cases

    def wired(
        self,
        scales: Scales,
        *,
        patience: Patience | None = None,
        upload: UploadSettings | None = None,
    ) -> UseCases:
        """The use cases, as a service with these settings would have them."""
        return wire(
            storage=self.storage,
            waiting_jobs=waiting_jobs_of(self.storage),
            scales=scales,
            clock=self.clock,
            hasher=self._hasher,
            cipher=self.cipher,
            tokens=FakeTokens(now=self.clock.now),
            options=Options(
                zones=TimeZones(MOSCOW),
                patience=patience or Patience(),
                upload=upload or UploadSettings(),
                networks=self._networks,
            ),
        )

    def register(self, email: str = ANNA) -> UserId:
        return self.use_cases.accounts.register(email, PASSWORD).id

    def add_device(self, owner: UserId, name: str = "Bakery", address: Address = HERE) -> DeviceId:
        return add_device(self.use_cases, owner, name, address)

    def take_lease(self, device_id: DeviceId) -> Lease | None:
        """None while somebody else has it."""
        with self.storage.transaction() as tx:
            return tx.leases.take(device_id, LEASED)

    def catalogue_of(self, device_id: DeviceId) -> Catalogue | None:
        with self.storage.snapshot() as tx:
            return tx.catalogues.find(device_id)


class WithDevice(
    Installation[StorageT, ScalesT, ClockT], Generic[StorageT, ScalesT, ClockT, DeviceT]
):
    """An installation with one user, Anna, and one device of hers."""

    device: DeviceT
    """The scale itself."""

    def add_hers(self, device: DeviceT, address: Address) -> None:
        """Register Anna, and the device at its address as hers."""
        self.device = device
        self.anna = self.register()
        self.id = self.add_device(self.anna, address=address)

    def read(self) -> list[Product]:
        shown = json.loads(self.use_cases.products.read.for_user(self.anna, self.id).file.body)[
            "products"
        ]
        return ProductFile.of(shown).products

    def edit(self, plu: int = 607, **fields: Json) -> None:
        self.use_cases.products.edit(self.anna, self.id, plu, fields)

    def upload(self) -> None:
        self.use_cases.products.upload.for_user(self.anna, self.id)

    def renew(self) -> None:
        self.use_cases.renewal.renew_dates.for_schedule(self.lease())

    def lease(self) -> Lease:
        lease = self.take_lease(self.id)
        assert lease is not None
        return lease

    @property
    def is_free(self) -> bool:
        """Whether nobody has a lease of the device."""
        lease = self.take_lease(self.id)
        if lease is not None:
            with self.storage.transaction() as tx:
                tx.leases.release(lease)
        return lease is not None

    @property
    def held(self) -> list[Product]:
        """The products on the device."""
        document = self.device.document
        assert document is not None
        products: list[Product] = document["products"]
        return products

    def on_device(self, code: int = 100) -> dict[str, Any]:
        """A product on the device."""
        return next(product for product in self.held if product["code"] == code)

    @property
    def catalogue(self) -> Catalogue:
        catalogue = self.catalogue_of(self.id)
        assert catalogue is not None
        return catalogue

    @property
    def schedule(self) -> AutoUpdate:
        return self.use_cases.renewal.show_schedule(self.anna, self.id)

    @property
    def runs(self) -> int:
        """How many there were."""
        with self.storage.snapshot() as tx:
            last = tx.runs.last(self.id)
        return 0 if last is None else last.id

    @property
    def run(self) -> Run:
        """The last one."""
        with self.storage.snapshot() as tx:
            run = tx.runs.last(self.id)
        assert run is not None
        return run

    @property
    def unverified(self) -> bool:
        return self.use_cases.devices.show(self.anna, self.id).unverified


class FakeScalesWithDevice(WithDevice[StorageT, FakeScales, FakeClock, FakeDevice]):
    """Any storage, and a fake device that holds a muffin and a bun."""

    def __init__(
        self, storage: StorageT, clock: FakeClock, *, upload: UploadSettings | None = None
    ) -> None:
        super().__init__(storage, FakeScales(clock), clock, upload=upload)
        device = self.scales.plug_in(HERE, {"products": [muffin(), bun()]})
        self.add_hers(device, HERE)

    def when(self, stage: str, act: Callable[[], object]) -> None:
        """Act at this stage of every conversation: "reading", "sending" or "taken"."""

        def during(now: str) -> None:
            if now == stage:
                act()

        self.device.during = during


class InMemory(FakeScalesWithDevice[InMemoryStorage]):
    """Fakes only."""

    def __init__(self, *, clear_database: bool = False, find_faults: bool = True) -> None:
        clock = FakeClock()
        upload = UploadSettings(clear_database, find_faults)
        super().__init__(InMemoryStorage(clock), clock, upload=upload)


def waiting_jobs_of(storage: Storage) -> WaitingJobs:
    """The jobs that wait in a storage."""
    if isinstance(storage, SqlStorage):
        return SqlWaitingJobs(storage)
    assert isinstance(storage, InMemoryStorage)
    return InMemoryWaitingJobs(storage)


def add_device(cases: UseCases, owner: UserId, name: str, address: Address) -> DeviceId:
    """A device with the maker's password."""
    return cases.devices.add(
        owner,
        name=name,
        description="",
        address=address,
        protocol="TCP",
        password="1234",  # noqa: S106  the maker's default
    ).device.id
