"""An installation with an emulated device: real use cases, database and driver."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.database.backends.engine import make_engine
from adapters.database.storage import SqlStorage
from adapters.mertech.driver.scales import MertechScales
from adapters.mertech.emulator import EmulatedScales, Fleet, Pace, running_scales
from adapters.system.clock import SystemClock
from application.conversations.resources import Patience
from application.ports.repositories.rendered_files import RenderedFile
from application.products.uploading import UploadSettings
from domain.devices.device import Address
from domain.json_value import Json
from domain.products.product_file import ProductFile
from entrypoints.bootstrap import UseCases
from tests.harness.installation import LOOPBACK, WithDevice
from tests.harness.products import muffin
from tests.harness.storages import new_url

LARGEST = 1_000_000
"""Bytes of a product file."""
CONNECT, REPLY = 0.5, 0.4
"""Seconds."""
BRIEF = Patience(conversation=1.5, busy_wait=0.2, retries=1, retry_delay=0.06)
ROOMY = Patience(conversation=60.0, busy_wait=10.0, retries=1, retry_delay=0.06)
"""For conversations that are not to run into a limit."""
ON_DEVICE: dict[str, Any] = {
    "products": [
        muffin(code=code, id=code, pluNumber=code, name=f"{code} " + "я" * 240)
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


class Emulated(WithDevice[SqlStorage, MertechScales, Clock, EmulatedScales]):
    """What the tests of faults act on and look at."""

    def __init__(self, storage: SqlStorage, fleet: Fleet) -> None:
        clock = Clock()
        scales = scales_by(clock, reply=ROOMY.conversation)
        super().__init__(storage, scales, clock, networks=LOOPBACK, patience=ROOMY)
        self._fleet = fleet
        self.add_hers(fleet[0], Address(fleet[0].host, fleet[0].port))

    def patient(
        self, patience: Patience, *, reply: float | None = None, find_faults: bool = True
    ) -> UseCases:
        """The use cases, more or less patient with the device, and its replies."""
        if reply is None:
            reply = REPLY if patience is BRIEF else ROOMY.conversation
        scales = scales_by(self.clock, reply=reply)
        upload = UploadSettings(find_faults=find_faults)
        return self.wired(scales, patience=patience, upload=upload)

    def break_by(self, fault: str | None) -> None:
        self._fleet.set_fault(self.device.port, fault)

    def shown(self, plu: int = 100) -> dict[str, Json]:
        """A product as clients see it, from the cache."""
        file = self.cases.products.show_cached(self.anna, self.id)
        assert isinstance(file, RenderedFile)
        products = ProductFile.of(json.loads(file.body)["products"]).products
        return next(shown for shown in products if shown["pluNumber"] == plu)

    @property
    def edits(self) -> list[tuple[object, ...]]:
        """What waits, in all that users see of it."""
        return [
            (edit.version, edit.product, edit.field, edit.before, edit.after, edit.by, edit.at)
            for edit in self.catalogue.edits
        ]


def scales_by(clock: Clock, *, reply: float) -> MertechScales:
    """The driver; `reply` is how many seconds it waits for a device to answer."""
    return MertechScales(
        clock,
        networks=LOOPBACK,
        connect_timeout=CONNECT,
        reply_timeout=reply,
        largest_file=LARGEST,
    )


@contextmanager
def emulated(
    folder: Path,
    *,
    pace: Pace = AT_ONCE,
    document: dict[str, Any] = ON_DEVICE,
    url: str | None = None,
) -> Iterator[Emulated]:
    """An installation whose device was read once and for which an edit waits. The database is a
    new file in the folder, or at an address that has every table."""
    engine = make_engine(url or new_url(folder))
    try:
        with running_scales(products=0, pace=pace) as fleet:
            fleet[0].document = document
            shop = Emulated(SqlStorage(engine), fleet)
            shop.read()
            shop.edit(100, price=99.5)
            # So that nothing of this is counted as left over, or as gone, by a test.
            assert shop.device.wait_until(lambda counters: counters.connections_open == 0)
            yield shop
    finally:
        engine.dispose()
