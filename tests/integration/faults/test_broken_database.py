"""A database that breaks while something is sent leaves it unknown what the device has taken."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from adapters.database.repositories.waiting_jobs import SqlWaitingJobs
from adapters.database.storage import SqlStorage
from application.ports.storage import Storage, StorageNotReadyError
from application.ports.waiting_jobs import WaitingJobs
from domain.devices.device import Address
from domain.products.catalogue import Catalogue
from domain.renewal.time_zones import TimeZones
from domain.runs.run import Outcome, Run, RunKind
from entrypoints.bootstrap import Options, wire
from tests.fakes.clock import FakeClock
from tests.fakes.scales import FakeScales
from tests.fakes.security import FakeCipher, FakeHasher, FakeTokens
from tests.fakes.storage import InMemoryStorage, InMemoryTransaction, InMemoryWaitingJobs
from tests.harness.products import bun, muffin
from tests.harness.sqlite import up_to_date
from tests.harness.work import do_all

HERE = Address("10.0.0.7", 1111)


class Breaks:
    """Makes the database break once: at the next statement, or at the next commit."""

    STATEMENT: Final = "statement"
    COMMIT: Final = "commit"

    def __init__(self) -> None:
        self.next: str | None = None
        self.happened = 0

    def at(self, what: str) -> None:
        """Raises OperationalError where this is what breaks next."""
        if self.next == what:
            self.next = None
            self.happened += 1
            raise OperationalError("the connection broke", None, Exception())


class BreakingInMemoryStorage(InMemoryStorage):
    def __init__(self, clock: FakeClock, breaks: Breaks) -> None:
        super().__init__(clock)
        self._breaks = breaks

    @contextmanager
    def transaction(self) -> Iterator[InMemoryTransaction]:
        with super().transaction() as tx:
            self._broken(Breaks.STATEMENT)
            yield tx
            self._broken(Breaks.COMMIT)

    @contextmanager
    def snapshot(self) -> Iterator[Any]:
        self._broken(Breaks.STATEMENT)
        with super().snapshot() as tx:
            yield tx

    def _broken(self, what: str) -> None:
        try:
            self._breaks.at(what)
        except OperationalError as error:
            raise StorageNotReadyError(str(error)) from error


class Shop:
    def __init__(
        self, clock: FakeClock, breaks: Breaks, storage: Storage, jobs: WaitingJobs
    ) -> None:
        self.clock, self.breaks, self.storage = clock, breaks, storage
        scales = FakeScales(self.clock)
        self.cases = wire(
            storage=storage,
            waiting_jobs=jobs,
            scales=scales,
            clock=self.clock,
            hasher=FakeHasher(),
            cipher=FakeCipher(),
            tokens=FakeTokens(),
            options=Options(zones=TimeZones(ZoneInfo("UTC"))),
        )
        self.anna = self.cases.register_user("anna@example.org", "correct horse").id
        self.device = scales.plug_in(HERE, {"products": [muffin(), bun()]})
        self.id = self.cases.add_device(
            self.anna,
            name="Bakery",
            description="",
            address=HERE,
            protocol="TCP",
            password="1234",  # noqa: S106  # the maker's default
        ).device.id
        self.cases.read_products(self.anna, self.id)
        self.cases.edit_product(self.anna, self.id, 607, {"price": 1.5})

    def break_when(self, stage: str, what: str, *, after: int = 0) -> None:
        """Once, at this stage of a conversation, after as many others of the kind."""
        # Long enough for a heartbeat that looks into the database.
        self.device.takes = 0.6 if what == Breaks.STATEMENT else 0.0
        left = after

        def during(now: str) -> None:
            nonlocal left
            if now == stage:
                if left == 0:
                    self.breaks.next = what
                left -= 1

        self.device.during = during

    def mended(self) -> None:
        assert self.breaks.happened == 1
        self.device.during = lambda stage: None
        self.device.takes = 0.0

    @property
    def run(self) -> Run:
        with self.storage.snapshot() as tx:
            run = tx.runs.last(self.id)
        assert run is not None
        return run

    @property
    def catalogue(self) -> Catalogue:
        with self.storage.snapshot() as tx:
            catalogue = tx.catalogues.find(self.id)
        assert catalogue is not None
        return catalogue

    @property
    def price(self) -> object:
        document = self.device.document
        assert document is not None
        return next(each["price"] for each in document["products"] if each["pluNumber"] == 607)

    def require_unknown(self) -> None:
        self.mended()
        assert self.run.outcome is Outcome.UNKNOWN
        assert self.cases.show_device(self.anna, self.id).unverified
        assert [edit.field for edit in self.catalogue.edits] == ["price"]


def in_memory(_request: pytest.FixtureRequest) -> Iterator[Shop]:
    clock, breaks = FakeClock(), Breaks()
    storage = BreakingInMemoryStorage(clock, breaks)
    yield Shop(clock, breaks, storage, InMemoryWaitingJobs(storage))


def on_sqlite(request: pytest.FixtureRequest) -> Iterator[Shop]:
    with up_to_date(request.getfixturevalue("tmp_path") / "shop.db") as engine:
        yield from on(engine)


def on_postgresql(request: pytest.FixtureRequest) -> Iterator[Shop]:
    yield from on(request.getfixturevalue("emptied_postgresql"))


def on(engine: Engine) -> Iterator[Shop]:
    breaks, storage = Breaks(), SqlStorage(engine)

    def statement(*_: object) -> None:
        breaks.at(Breaks.STATEMENT)

    def commit(*_: object) -> None:
        breaks.at(Breaks.COMMIT)

    event.listen(engine, "before_cursor_execute", statement)
    event.listen(engine, "commit", commit)
    try:
        yield Shop(FakeClock(), breaks, storage, SqlWaitingJobs(storage))
    finally:
        event.remove(engine, "before_cursor_execute", statement)
        event.remove(engine, "commit", commit)


DATABASES: dict[str, Callable[[pytest.FixtureRequest], Iterator[Shop]]] = {
    "in memory": in_memory,
    "sqlite": on_sqlite,
    "postgresql": on_postgresql,
}
WHEN = {
    "before the last portion": ("sending", Breaks.STATEMENT),
    "before the verdict": ("taken", Breaks.STATEMENT),
    "before it is remembered": ("taken", Breaks.COMMIT),
}


@pytest.fixture(params=DATABASES)
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    yield from DATABASES[request.param](request)


@pytest.mark.parametrize(("stage", "what"), WHEN.values(), ids=WHEN)
def test_an_upload_is_unknown(shop: Shop, stage: str, what: str) -> None:
    shop.break_when(stage, what)
    with pytest.raises(StorageNotReadyError):
        shop.cases.upload_products(shop.anna, shop.id)
    shop.require_unknown()
    [edit] = shop.catalogue.edits
    assert edit.unsettled
    taken = stage == "taken"
    assert (shop.price == 1.5) is taken
    shop.cases.read_products(shop.anna, shop.id)
    assert (shop.catalogue.edits == ()) is taken
    shop.cases.upload_products(shop.anna, shop.id)
    assert shop.price == 1.5
    assert not shop.cases.show_device(shop.anna, shop.id).unverified


@pytest.mark.parametrize(("stage", "what"), WHEN.values(), ids=WHEN)
def test_a_renewal_is_unknown(shop: Shop, stage: str, what: str) -> None:
    shop.cases.change_auto_update(shop.anna, shop.id, enabled=True, interval=timedelta(hours=12))
    shop.break_when(stage, what)
    assert do_all(shop.cases) == 1
    shop.require_unknown()
    schedule = shop.cases.show_auto_update(shop.anna, shop.id)
    assert schedule.last_status == "ERROR"
    shop.clock.sleep(600)
    assert do_all(shop.cases) == 1
    assert shop.cases.show_auto_update(shop.anna, shop.id).last_status == "OK"


def test_a_search_for_products_at_fault_is_unknown(shop: Shop) -> None:
    shop.device.refuses = lambda document: "no" if len(document["products"]) > 1 else ""
    shop.break_when("taken", Breaks.STATEMENT, after=1)
    with pytest.raises(StorageNotReadyError):
        shop.cases.upload_products(shop.anna, shop.id)
    shop.require_unknown()


def test_a_fault_of_ours_is_unknown(shop: Shop) -> None:
    def fail(stage: str) -> None:
        if stage == "taken":
            shop.breaks.happened += 1
            raise MemoryError

    shop.device.during = fail
    with pytest.raises(MemoryError):
        shop.cases.upload_products(shop.anna, shop.id)
    shop.require_unknown()


def test_what_broke_before_anything_was_sent_has_failed(shop: Shop) -> None:
    shop.break_when("reading", Breaks.STATEMENT)
    with pytest.raises(StorageNotReadyError):
        shop.cases.upload_products(shop.anna, shop.id)
    shop.mended()
    assert shop.run.outcome is Outcome.FAILED
    assert not shop.cases.show_device(shop.anna, shop.id).unverified


def test_a_retry_of_a_batch_does_the_unknown_again(shop: Shop) -> None:
    batch = shop.cases.start_batch(shop.anna, RunKind.UPLOAD, [shop.id]).batch
    shop.break_when("sending", Breaks.STATEMENT)
    with pytest.raises(StorageNotReadyError):
        do_all(shop.cases)
    shop.require_unknown()
    [item] = shop.cases.show_batch(shop.anna, batch.id).items
    assert item.outcome is Outcome.UNKNOWN
    shop.cases.retry_batch(shop.anna, batch.id)
    do_all(shop.cases)
    [item] = shop.cases.show_batch(shop.anna, batch.id).items
    assert item.outcome is Outcome.OK
    assert shop.price == 1.5
