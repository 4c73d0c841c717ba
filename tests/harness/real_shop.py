"""A shop with one user and one device: real use cases, database, adapter; an emulated device."""

import json
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from adapters.database.backends.engine import make_engine
from adapters.database.repositories.waiting_jobs import SqlWaitingJobs
from adapters.database.storage import SqlStorage
from adapters.mertech.driver.scales import MertechScales
from adapters.mertech.emulator import EmulatedScales, Fleet, Pace, running_scales
from adapters.system.clock import SystemClock
from application.conversations.conversation import Patience
from application.ports.repositories.catalogues import ShownFile
from application.ports.repositories.leases import Lease
from application.products.uploading import UploadSettings
from domain.devices.device import Address
from domain.json_value import Json
from domain.products.catalogue import Catalogue
from domain.products.product_file import ProductFile
from domain.renewal.schedule import AutoUpdate
from domain.renewal.time_zones import TimeZones
from domain.runs.run import Run
from entrypoints.bootstrap import Options, UseCases, wire
from tests.fakes.security import FakeCipher, FakeHasher, FakeTokens
from tests.integration.database.databases import up_to_date, url_of
from tests.integration.emulator.wire import product
from tests.integration.mertech.talk import LOOPBACK

MOSCOW = ZoneInfo("Europe/Moscow")
LARGEST = 1_000_000
"""Bytes of a product file."""
CONNECT, REPLY = 0.5, 0.4
"""Seconds."""
BRIEF = Patience(conversation=1.5, busy_wait=0.2, retries=1, retry_delay=0.06)
ROOMY = Patience(conversation=60.0, busy_wait=10.0, retries=1, retry_delay=0.06)
"""For conversations that are not to run into a limit."""
ON_DEVICE: dict[str, Any] = {
    "products": [
        product(code=code, id=code, pluNumber=code, name=f"{code} " + "я" * 240)
        for code in range(100, 260)
    ]
}
"""Longer than two portions, so that a device can break off in the middle either way."""
AT_ONCE = Pace(build=0, hashing=0, check=0)


class Clock(SystemClock):
    """The system's clock, a day or more later when told so; tells of each retry of a line."""

    def __init__(self) -> None:
        self.later = timedelta()
        self.on_retry: Callable[[], object] = lambda: None

    def now(self) -> datetime:
        return super().now() + self.later

    def sleep(self, seconds: float) -> None:
        if seconds == BRIEF.retry_delay:
            self.on_retry()
        super().sleep(seconds)


class RealShop:
    """What the tests of faults act on and look at."""

    def __init__(self, url: str, fleet: Fleet) -> None:
        self._engine = make_engine(url)
        self._fleet = fleet
        self.storage = SqlStorage(self._engine)
        self.clock = Clock()
        self.cipher = FakeCipher()
        self.cases = self.wired(ROOMY)
        self.anna = self.cases.register_user("anna@example.org", "correct horse").id
        self.device: EmulatedScales = fleet[0]
        self.id = self.cases.add_device(
            self.anna,
            name="Bakery",
            description="",
            address=Address(self.device.host, self.device.port),
            protocol="TCP",
            password="1234",  # noqa: S106  the maker's default
        ).device.id

    def wired(
        self, patience: Patience, *, reply: float | None = None, find_faults: bool = True
    ) -> UseCases:
        """The use cases of this shop, more or less patient with the device, and its replies."""
        if reply is None:
            reply = REPLY if patience is BRIEF else ROOMY.conversation
        scales = MertechScales(
            self.clock,
            networks=LOOPBACK,
            connect_timeout=CONNECT,
            reply_timeout=reply,
            largest_file=LARGEST,
        )
        return wire(
            storage=self.storage,
            waiting_jobs=SqlWaitingJobs(self.storage),
            scales=scales,
            clock=self.clock,
            hasher=FakeHasher(),
            cipher=self.cipher,
            tokens=FakeTokens(),
            options=Options(
                zones=TimeZones(MOSCOW),
                patience=patience,
                upload=UploadSettings(find_faults=find_faults),
                networks=LOOPBACK,
            ),
        )

    def close(self) -> None:
        self._engine.dispose()

    def break_by(self, fault: str | None) -> None:
        self._fleet.set_fault(self.device.port, fault)

    def read(self) -> None:
        self.cases.read_products(self.anna, self.id)

    def upload(self) -> None:
        self.cases.upload_products(self.anna, self.id)

    def renew(self) -> None:
        self.cases.renew_dates(self.lease())

    def edit(self, plu: int = 100, **fields: Json) -> None:
        self.cases.edit_product(self.anna, self.id, plu, fields)

    def lease(self) -> Lease:
        lease = self._lease()
        assert lease is not None
        return lease

    @property
    def is_free(self) -> bool:
        """Whether nobody has a lease of the device."""
        lease = self._lease()
        if lease is not None:
            with self.storage.transaction() as tx:
                tx.leases.release(lease)
        return lease is not None

    def held(self, code: int = 100) -> dict[str, Any]:
        """A product on the device."""
        document = self.device.document
        assert document is not None
        return next(held for held in document["products"] if held["code"] == code)

    def shown(self, plu: int = 100) -> dict[str, Json]:
        """A product as clients see it, from the cache."""
        file = self.cases.show_cached_products(self.anna, self.id)
        assert isinstance(file, ShownFile)
        products = ProductFile.of(json.loads(file.body)["products"]).products
        return next(shown for shown in products if shown["pluNumber"] == plu)

    @property
    def catalogue(self) -> Catalogue:
        with self.storage.snapshot() as tx:
            catalogue = tx.catalogues.find(self.id)
        assert catalogue is not None
        return catalogue

    @property
    def edits(self) -> list[tuple[object, ...]]:
        """What waits, in all that users see of it."""
        return [
            (edit.version, edit.product, edit.field, edit.before, edit.after, edit.by, edit.at)
            for edit in self.catalogue.edits
        ]

    @property
    def schedule(self) -> AutoUpdate:
        return self.cases.show_auto_update(self.anna, self.id)

    @property
    def runs(self) -> int:
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
        return self.cases.show_device(self.anna, self.id).unverified

    def _lease(self) -> Lease | None:
        with self.storage.transaction() as tx:
            return tx.leases.take(self.id, timedelta(seconds=15))


@contextmanager
def opened(
    folder: Path,
    *,
    pace: Pace = AT_ONCE,
    document: dict[str, Any] = ON_DEVICE,
    url: str | None = None,
) -> Iterator[RealShop]:
    """A shop whose device was read once and for which an edit waits. The database is a new file
    in the folder, or at an address that has every table."""
    if url is None:
        url = url_of(Path(shutil.copy(_empty_database(), folder / "shop.db")))
    with running_scales(products=0, pace=pace) as fleet:
        fleet[0].document = document
        shop = RealShop(url, fleet)
        try:
            shop.read()
            shop.edit(100, price=99.5)
            # So that nothing of this is counted as left over, or as gone, by a test.
            assert shop.device.wait_until(lambda counters: counters.connections_open == 0)
            yield shop
        finally:
            shop.close()


@contextmanager
def beside(*actions: Callable[[], object]) -> Iterator[Sequence[BaseException]]:
    """The actions run in threads of their own, which end with the block; what they raised."""
    raised: list[BaseException] = []

    def act(action: Callable[[], object]) -> None:
        try:
            action()
        except Exception as error:
            raised.append(error)

    threads = [threading.Thread(target=act, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    try:
        yield raised
    finally:
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()


def sockets_open() -> int:
    """Of this process; 0 where the system does not tell."""
    count = 0
    try:
        for number in os.listdir("/proc/self/fd"):
            try:
                count += os.readlink(f"/proc/self/fd/{number}").startswith("socket:")
            except FileNotFoundError:
                continue
    except FileNotFoundError:
        return 0
    return count


@cache
def _empty_database() -> Path:
    """With every table and no row, to be copied: migrating takes longer."""
    path = Path(tempfile.mkdtemp()) / "empty.db"
    with up_to_date(path):
        pass
    return path
