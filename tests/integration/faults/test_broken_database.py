"""A database that breaks while something is sent leaves it unknown what the device has taken."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import pytest

from adapters.database.storage import SqlStorage
from application.ports.storage import Storage, StorageNotReadyError
from domain.runs.run import Outcome, RunKind
from tests.fakes.clock import FakeClock
from tests.harness.faults import BreakingInMemoryStorage, Breaks, breaking
from tests.harness.installation import FakeScalesWithDevice
from tests.harness.storages import postgresql, sqlite
from tests.harness.work import do_all


class BrokenDatabase(FakeScalesWithDevice[Storage]):
    """An installation whose device was read once, and for which an edit waits."""

    def __init__(self, storage: Storage, clock: FakeClock, breaks: Breaks) -> None:
        super().__init__(storage, clock)
        self.breaks = breaks
        self.read()
        self.edit(607, price=1.5)

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
    def price(self) -> object:
        return next(each["price"] for each in self.held if each["pluNumber"] == 607)

    def require_unknown(self) -> None:
        self.mended()
        assert self.run.outcome is Outcome.UNKNOWN
        assert self.unverified
        assert [edit.field for edit in self.catalogue.edits] == ["price"]


@contextmanager
def in_memory(_request: pytest.FixtureRequest) -> Iterator[BrokenDatabase]:
    clock, breaks = FakeClock(), Breaks()
    yield BrokenDatabase(BreakingInMemoryStorage(clock, breaks), clock, breaks)


@contextmanager
def on_sqlite(request: pytest.FixtureRequest) -> Iterator[BrokenDatabase]:
    with sqlite(request) as engine, breaking(engine) as breaks:
        yield BrokenDatabase(SqlStorage(engine), FakeClock(), breaks)


@contextmanager
def on_postgresql(request: pytest.FixtureRequest) -> Iterator[BrokenDatabase]:
    with postgresql(request) as engine, breaking(engine) as breaks:
        yield BrokenDatabase(SqlStorage(engine), FakeClock(), breaks)


DATABASES: dict[str, Callable[[pytest.FixtureRequest], AbstractContextManager[BrokenDatabase]]] = {
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
def shop(request: pytest.FixtureRequest) -> Iterator[BrokenDatabase]:
    with DATABASES[request.param](request) as shop:
        yield shop


@pytest.mark.parametrize(("stage", "what"), WHEN.values(), ids=WHEN)
def test_an_upload_is_unknown(shop: BrokenDatabase, stage: str, what: str) -> None:
    shop.break_when(stage, what)
    with pytest.raises(StorageNotReadyError):
        shop.cases.products.upload.for_user(shop.anna, shop.id)
    shop.require_unknown()
    [edit] = shop.catalogue.edits
    assert edit.unsettled
    taken = stage == "taken"
    assert (shop.price == 1.5) is taken
    shop.cases.products.read.for_user(shop.anna, shop.id)
    assert (shop.catalogue.edits == ()) is taken
    shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert shop.price == 1.5
    assert not shop.cases.devices.show(shop.anna, shop.id).unverified


@pytest.mark.parametrize(("stage", "what"), WHEN.values(), ids=WHEN)
def test_a_renewal_is_unknown(shop: BrokenDatabase, stage: str, what: str) -> None:
    shop.cases.renewal.change_schedule(
        shop.anna, shop.id, enabled=True, interval=timedelta(hours=12)
    )
    shop.break_when(stage, what)
    assert do_all(shop.cases) == 1
    shop.require_unknown()
    schedule = shop.cases.renewal.show_schedule(shop.anna, shop.id)
    assert schedule.last_status == "ERROR"
    shop.clock.sleep(600)
    assert do_all(shop.cases) == 1
    assert shop.cases.renewal.show_schedule(shop.anna, shop.id).last_status == "OK"


def test_a_search_for_products_at_fault_is_unknown(shop: BrokenDatabase) -> None:
    shop.device.refuses = lambda document: "no" if len(document["products"]) > 1 else ""
    shop.break_when("taken", Breaks.STATEMENT, after=1)
    with pytest.raises(StorageNotReadyError):
        shop.cases.products.upload.for_user(shop.anna, shop.id)
    shop.require_unknown()


def test_a_fault_of_ours_is_unknown(shop: BrokenDatabase) -> None:
    def fail(stage: str) -> None:
        if stage == "taken":
            shop.breaks.happened += 1
            raise MemoryError

    shop.device.during = fail
    with pytest.raises(MemoryError):
        shop.cases.products.upload.for_user(shop.anna, shop.id)
    shop.require_unknown()


def test_what_broke_before_anything_was_sent_has_failed(shop: BrokenDatabase) -> None:
    shop.break_when("reading", Breaks.STATEMENT)
    with pytest.raises(StorageNotReadyError):
        shop.cases.products.upload.for_user(shop.anna, shop.id)
    shop.mended()
    assert shop.run.outcome is Outcome.FAILED
    assert not shop.cases.devices.show(shop.anna, shop.id).unverified


def test_a_retry_of_a_batch_does_the_unknown_again(shop: BrokenDatabase) -> None:
    batch = shop.cases.runs.start_batch(shop.anna, RunKind.UPLOAD, [shop.id]).batch
    shop.break_when("sending", Breaks.STATEMENT)
    with pytest.raises(StorageNotReadyError):
        do_all(shop.cases)
    shop.require_unknown()
    [item] = shop.cases.runs.show_batch(shop.anna, batch.id).items
    assert item.outcome is Outcome.UNKNOWN
    shop.cases.runs.retry_batch(shop.anna, batch.id)
    do_all(shop.cases)
    [item] = shop.cases.runs.show_batch(shop.anna, batch.id).items
    assert item.outcome is Outcome.OK
    assert shop.price == 1.5
