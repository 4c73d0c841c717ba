"""A shop with one user and one device, all of it in memory."""

import json
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

from application.ports.repositories.leases import Lease
from application.products.uploading import UploadSettings
from domain.accounts.user import UserId
from domain.devices.device import Address, DeviceId
from domain.json_value import Json
from domain.products.catalogue import Catalogue
from domain.products.product_file import Product, ProductFile
from domain.renewal.schedule import AutoUpdate
from domain.renewal.time_zones import TimeZones
from domain.runs.run import Run
from entrypoints.bootstrap import Options, wire
from tests.fakes.clock import FakeClock
from tests.fakes.scales import FakeDevice, FakeScales
from tests.fakes.security import FakeCipher, FakeHasher, FakeTokens
from tests.fakes.storage import InMemoryStorage, InMemoryWaitingJobs
from tests.harness.products import bun, muffin

HERE = Address("10.0.0.7", 1111)
THERE = Address("10.0.0.8", 1111)
MOSCOW = ZoneInfo("Europe/Moscow")


class Shop:
    """What the tests of use cases act on and look at."""

    def __init__(self, *, clear_database: bool = False, find_faults: bool = True) -> None:
        self.clock = FakeClock()
        self.storage = InMemoryStorage(self.clock)
        self.scales = FakeScales(self.clock)
        self.cipher = FakeCipher()
        self.cases = wire(
            storage=self.storage,
            waiting_jobs=InMemoryWaitingJobs(self.storage),
            scales=self.scales,
            clock=self.clock,
            hasher=FakeHasher(),
            cipher=self.cipher,
            tokens=FakeTokens(),
            options=Options(
                zones=TimeZones(MOSCOW), upload=UploadSettings(clear_database, find_faults)
            ),
        )
        self.anna = self.cases.register_user("anna@example.org", "correct horse").id
        self.device: FakeDevice = self.scales.plug_in(HERE, {"products": [muffin(), bun()]})
        self.id = self.add_device(self.anna, "Bakery", HERE)

    def add_device(self, owner: UserId, name: str, address: Address) -> DeviceId:
        return self.cases.add_device(
            owner,
            name=name,
            description="",
            address=address,
            protocol="TCP",
            password="1234",  # noqa: S106  # the maker's default
        ).device.id

    def read(self) -> list[Product]:
        shown = json.loads(self.cases.read_products(self.anna, self.id).file.body)["products"]
        return ProductFile.of(shown).products

    def edit(self, plu: int = 607, **fields: Json) -> None:
        self.cases.edit_product(self.anna, self.id, plu, fields)

    def when(self, stage: str, act: Callable[[], object]) -> None:
        """Act at this stage of every conversation: "reading", "sending" or "taken"."""

        def during(now: str) -> None:
            if now == stage:
                act()

        self.device.during = during

    def renew(self) -> None:
        self.cases.renew_dates(self.lease())

    def lease(self) -> Lease:
        with self.storage.transaction() as tx:
            lease = tx.leases.take(self.id, timedelta(seconds=15))
        assert lease is not None
        return lease

    @property
    def held(self) -> list[Product]:
        """The products on the device."""
        document = self.device.document
        assert document is not None
        products: list[Product] = document["products"]
        return products

    @property
    def catalogue(self) -> Catalogue:
        with self.storage.snapshot() as tx:
            catalogue = tx.catalogues.find(self.id)
        assert catalogue is not None
        return catalogue

    @property
    def schedule(self) -> AutoUpdate:
        return self.cases.show_auto_update(self.anna, self.id)

    @property
    def run(self) -> Run:
        """The last one."""
        with self.storage.snapshot() as tx:
            run = tx.runs.last(self.id)
        assert run is not None
        return run

    @property
    def unverified(self) -> bool:
        return self.cases.show_device(self.anna, self.id).unverified
