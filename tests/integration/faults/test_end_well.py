"""Every fault of a device, met by the real use cases: what users are told and what is left."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.mertech.emulator import Fault, parse_fault
from application.devices.registration import DeviceChanges
from application.ports.scales import ScalesBusyError, ScalesTimedOutError
from domain.errors import Cause
from domain.notices import Notice
from domain.products.refused import ProductsAtFaultError
from domain.runs.run import Outcome, Run, RunKind
from tests.harness.emulated import BRIEF, ROOMY, Emulated, emulated
from tests.harness.failures import in_english, raises
from tests.harness.faults import FAULTS, NO_FAILURE, RENEWED_BY_RETRY, Ending
from tests.harness.installation import MOSCOW
from tests.harness.left_open import nothing_left_open

MARGIN = 10.0
"""Seconds past the deadline that a busy machine may take to tell; far below ROOMY."""
AT_A_LIMIT = {
    ending.fault for ending in FAULTS if ending.error in (ScalesTimedOutError, ScalesBusyError)
} | {"refuse-uploads"}
"""Faults that only a limit ends; products that are all refused are sought until the deadline."""
UNREACHABLE = {"refuse-connections", "silent", "slow", "late:0.6", "huge-frame", "busy"}
"""Faults under which a device does not even tell what it is."""

sending = pytest.mark.parametrize("ending", FAULTS, ids=str)
reading = pytest.mark.parametrize(
    "ending", [ending for ending in FAULTS if ending.strikes != "sending"], ids=str
)


renewing = pytest.mark.parametrize(
    "ending", [ending for ending in FAULTS if ending.fault not in RENEWED_BY_RETRY], ids=str
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Emulated]:
    with emulated(tmp_path) as shop:
        yield shop


def test_no_fault_is_forgotten_here() -> None:
    told = {parse_fault(ending.fault).kind for ending in FAULTS}
    assert told == set(Fault) - NO_FAILURE
    assert len(told) == len(FAULTS)


@reading
def test_reading_ends_well(shop: Emulated, ending: Ending) -> None:
    with struck(shop, ending, RunKind.READ):
        with pytest.raises(ending.error) as error:
            shop.read()
        assert Cause.of(error.value) == shop.run.ending.cause  # type: ignore[union-attr]


@sending
def test_uploading_ends_well(shop: Emulated, ending: Ending) -> None:
    with struck(shop, ending, RunKind.UPLOAD):
        with pytest.raises(ending.error) as error:
            shop.upload()
        assert Cause.of(error.value) == shop.run.ending.cause  # type: ignore[union-attr]


@renewing
def test_renewing_ends_well(shop: Emulated, ending: Ending) -> None:
    with struck(shop, ending, RunKind.AUTO_UPDATE):
        shop.renew()
        assert shop.schedule.last_status == "ERROR"
        assert shop.schedule.last_error == shop.run.ending.cause  # type: ignore[union-attr]


@pytest.mark.parametrize("fault", sorted(RENEWED_BY_RETRY))
def test_a_renewal_whose_answer_was_lost_finds_its_dates_on_the_device(
    shop: Emulated, fault: str
) -> None:
    edits = shop.edits
    with nothing_left_open():
        shop.break_by(fault)
        with in_time():
            shop.renew()
        assert shop.run.outcome is Outcome.OK
        assert shop.run.ending is not None
        assert shop.run.ending.retries == 1
        assert shop.schedule.last_status == "OK"
        assert shop.catalogue.file.products == (shop.device.document or {})["products"]
        assert shop.on_device(259)["manufactureDate"] == today(shop)
        assert (shop.edits, shop.unverified) == (edits, False)
        assert shop.device.counters.uploads_accepted == 1
        gone(shop)


@sending
def test_asking_how_it_is_ends_well(shop: Emulated, ending: Ending) -> None:
    with nothing_left_open():
        before = shop.runs
        shop.break_by(ending.fault)
        shop.use_cases = shop.patient(BRIEF if ending.fault in AT_A_LIMIT else ROOMY)
        with in_time():
            status = shop.cases.devices.show_status(shop.anna, shop.id)
        assert status.reachable == (ending.fault not in UNREACHABLE)
        assert (status.error is None) == status.reachable
        if not status.reachable:
            assert ending.text in in_english(status.error)
        assert shop.runs == before + 1
        assert shop.run.kind is RunKind.STATUS
        assert (shop.run.outcome is Outcome.OK) == status.reachable
        assert shop.run.ending is not None
        assert shop.run.ending.cause == status.error
        assert shop.is_free
        shop.break_by(None)
        again = shop.cases.devices.show_status(shop.anna, shop.id)
        assert again.reachable
        assert again.information["scaleModel"] == "M-ER 725 PM-15.2"
        assert again.error is None
        gone(shop)


def test_what_no_single_product_is_at_fault_for_is_taken_in_parts(shop: Emulated) -> None:
    with nothing_left_open():
        shop.break_by("refuse-together:100,259")
        uploaded = shop.cases.products.upload.for_user(shop.anna, shop.id)
        assert Notice("refused_together") in uploaded.warnings
        assert shop.on_device()["price"] == 99.5
        assert shop.run.outcome is Outcome.OK
        assert not shop.edits
        gone(shop)


def test_each_product_at_fault_is_named_and_the_rest_is_on_the_device(shop: Emulated) -> None:
    shop.edit(101, price=101.5)
    shop.break_by("refuse-products:100,180")
    with pytest.raises(ProductsAtFaultError) as fault:
        shop.upload()
    assert [culprit.product["code"] for culprit in fault.value.culprits] == [100, 180]
    assert all("ошибка записи" in str(culprit.reason) for culprit in fault.value.culprits)
    assert (shop.on_device(100)["price"], shop.on_device(101)["price"]) == (76.0, 101.5)
    assert [edit[2:5] for edit in shop.edits] == [("price", 76.0, 99.5)]
    assert shop.shown(100)["price"] == 99.5
    assert not shop.unverified


def test_off_a_refusal_is_just_that(shop: Emulated) -> None:
    before = shop.device.counters.uploads_refused
    shop.break_by("refuse-products:100")
    shop.use_cases = shop.patient(ROOMY, find_faults=False)
    with raises(Exception, match="Товар 100"):
        shop.upload()
    assert shop.device.counters.uploads_refused == before + 1
    assert shop.run.outcome is Outcome.REFUSED


@contextmanager
def struck(shop: Emulated, ending: Ending, kind: RunKind) -> Iterator[None]:
    """The fault is on for the block, which meets it; all that holds afterwards, whatever it was."""
    file, edits = shop.catalogue.file, shop.edits
    document, runs = shop.device.document, shop.runs
    unknown = ending.outcome is Outcome.UNKNOWN
    at_fault = ending.error is ProductsAtFaultError
    with nothing_left_open():
        shop.break_by(ending.fault)
        shop.use_cases = shop.patient(BRIEF if ending.fault in AT_A_LIMIT else ROOMY)
        # The emulated device takes a while to sum 200 MB up.
        with in_time(ROOMY.conversation if ending.fault == "huge-file" else BRIEF.conversation):
            yield
        ended(shop.run, ending, kind)
        assert shop.run.id == runs + 1, "one run was recorded"
        assert shop.is_free
        assert shop.unverified == unknown
        assert shop.edits == edits
        # Where the device took all but the products at fault, those are what is known now.
        assert at_fault or shop.catalogue.file == file
        if not unknown and not at_fault:
            assert shop.device.document == document
        gone(shop)
        works_again(shop, ending, kind)
        gone(shop)


def ended(run: Run, ending: Ending, kind: RunKind) -> None:
    assert run.ending is not None
    assert (run.kind, run.outcome) == (kind, ending.outcome)
    assert run.ending.cause is not None
    assert run.ending.cause.code == ending.error.code
    assert ending.text in in_english(run.ending.cause)
    # Nobody waits for a renewal: a device that is silent has its place no longer.
    silent = kind is RunKind.AUTO_UPDATE and ending.error is ScalesTimedOutError
    assert run.ending.retries == (ending.retried and not silent)


def works_again(shop: Emulated, ending: Ending, kind: RunKind) -> None:
    """At once: the fault is gone, nothing else was done about it."""
    shop.break_by(None)
    shop.use_cases = shop.patient(ROOMY)
    if ending.fault == "wrong-password":
        # Tried again by itself it would lock the device: the user sets it anew.
        shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(password="1234"))  # noqa: S106
    shop.read()
    assert shop.run.outcome is Outcome.OK
    assert not shop.unverified
    if shop.on_device()["price"] != 99.5:
        assert [edit[2:5] for edit in shop.edits] == [("price", 76.0, 99.5)]
    shop.upload()
    assert shop.run.outcome is Outcome.OK
    assert shop.on_device()["price"] == 99.5
    assert not shop.edits
    if kind is RunKind.AUTO_UPDATE:
        shop.renew()
        assert shop.schedule.last_status == "OK"
        assert shop.on_device(259)["manufactureDate"] == today(shop)


def today(shop: Emulated) -> str:
    return f"{shop.clock.now().astimezone(MOSCOW):%d-%m-%y}"


def gone(shop: Emulated) -> None:
    assert shop.device.wait_until(lambda counters: counters.connections_open == 0)
    assert shop.is_free


@contextmanager
def in_time(seconds: float = BRIEF.conversation) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds + MARGIN
