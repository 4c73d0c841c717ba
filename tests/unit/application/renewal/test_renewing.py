"""Dates renew themselves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.mertech.emulator import Fault
from application.conversations.errors import DeviceBusyError
from domain.errors import Cause
from domain.renewal.policy import RenewalException
from domain.runs.batch import UploadOf
from domain.runs.run import Outcome, RunKind
from tests.harness.installation import MOSCOW, InMemory
from tests.harness.products import bun, muffin
from tests.harness.work import claimed, do, do_all


@pytest.fixture
def shop() -> InMemory:
    shop = InMemory()
    shop.cases.renewal.change_schedule(
        shop.anna, shop.id, enabled=True, interval=timedelta(hours=12)
    )
    return shop


def today(shop: InMemory, days: int = 0) -> str:
    return f"{shop.clock.now().astimezone(MOSCOW) + timedelta(days=days):%d-%m-%y}"


def run_due(shop: InMemory) -> int:
    return do_all(shop.cases)


def test_a_device_is_renewed_when_it_is_switched_on_and_then_waits_its_turn(shop: InMemory) -> None:
    assert run_due(shop) == 1
    assert {product["manufactureDate"] for product in shop.held} == {today(shop)}
    assert {product["sellByDate"] for product in shop.held} == {today(shop, 7)}
    assert run_due(shop) == 0
    assert (shop.schedule.last_status, shop.schedule.last_error) == ("OK", None)
    assert (shop.run.kind, shop.run.asked_by) == (RunKind.AUTO_UPDATE, None)


def test_no_edit_is_sent_and_none_is_lost(shop: InMemory) -> None:
    shop.read()
    shop.edit(price=80, shelfLife=10)
    shop.edit(608, pluNumber=700)
    run_due(shop)
    assert [(each["price"], each["shelfLife"]) for each in shop.held] == [(76.0, 7), (76.0, 7)]
    assert shop.held[0]["sellByDate"] == today(shop, 7)
    shown = shop.catalogue.shown.products
    assert (shown[0]["price"], shown[0]["sellByDate"]) == (80, today(shop, 10))
    assert shown[1]["pluNumber"] == 700


def test_a_price_changed_at_the_device_stays(shop: InMemory) -> None:
    shop.read()
    shop.device.document = {"products": [muffin(price=5), bun()]}
    run_due(shop)
    assert shop.held[0]["price"] == 5


def test_right_dates_are_not_sent(shop: InMemory) -> None:
    run_due(shop)
    shop.clock.sleep(60)
    shop.renew()
    assert shop.device.counts["accepted"] == 1
    assert shop.run.ending is not None
    assert shop.run.ending.outcome is Outcome.NOTHING_TO_DO
    assert shop.schedule.last_status == "OK"


def test_a_date_edit_lives_until_the_next_renewal(shop: InMemory) -> None:
    shop.read()
    shop.edit(manufactureDate="01-01-26")
    shop.when("taken", lambda: shop.edit(608, sellByDate="02-02-26"))
    run_due(shop)
    shown = shop.catalogue.shown.products
    assert shown[0]["manufactureDate"] == today(shop)
    assert shown[1]["sellByDate"] == "02-02-26"
    assert [shop.catalogue.state(edit) for edit in shop.catalogue.edits] == [
        "superseded",
        "waiting",
    ]


def test_a_renewal_that_sends_nothing_overtakes_no_date_edit(shop: InMemory) -> None:
    run_due(shop)
    shop.edit(manufactureDate="01-01-26")
    shop.clock.sleep(60)
    shop.renew()
    assert shop.run.outcome is Outcome.NOTHING_TO_DO
    assert shop.catalogue.shown.products[0]["manufactureDate"] == "01-01-26"
    assert [shop.catalogue.state(edit) for edit in shop.catalogue.edits] == ["waiting"]
    shop.cases.products.upload.for_user(shop.anna, shop.id)
    assert shop.held[0]["manufactureDate"] == "01-01-26"


def test_one_that_nobody_knew_to_have_been_taken_overtakes_them(shop: InMemory) -> None:
    shop.read()
    shop.edit(manufactureDate="01-01-26")
    shop.when("taken", lambda: setattr(shop.device, "takes", 100))
    shop.renew()
    assert shop.run.outcome is Outcome.UNKNOWN
    shop.device.takes = 0
    shop.renew()
    assert shop.device.counts["accepted"] == 1
    assert [shop.catalogue.state(edit) for edit in shop.catalogue.edits] == ["superseded"]


def test_the_date_is_taken_just_before_sending(shop: InMemory) -> None:
    midnight = shop.clock.now().astimezone(MOSCOW).replace(hour=23, minute=59, second=59)
    shop.clock.sleep((midnight - shop.clock.now()).total_seconds())
    shop.when("reading", lambda: shop.clock.sleep(2))
    run_due(shop)
    assert shop.held[0]["manufactureDate"] == today(shop)


def test_a_new_day_is_due_at_local_midnight(shop: InMemory) -> None:
    run_due(shop)
    midnight = (shop.clock.now().astimezone(MOSCOW) + timedelta(days=1)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    shop.clock.sleep(max(0.0, (midnight - shop.clock.now()).total_seconds()) + 1)
    run_due(shop)
    assert shop.held[0]["manufactureDate"] == today(shop)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault.REFUSE_CONNECTIONS, Outcome.FAILED),
        (Fault.REFUSE_UPLOADS, Outcome.REFUSED),
        (Fault.CHECK_NEVER_ENDS, Outcome.UNKNOWN),
    ],
)
def test_a_failure_is_told_and_tried_again_after_a_minute(
    shop: InMemory, fault: Fault, outcome: Outcome
) -> None:
    shop.read()
    shop.device.fault = fault
    run_due(shop)
    assert shop.run.ending is not None
    assert shop.run.ending.outcome is outcome
    assert shop.schedule.last_status == "ERROR"
    assert shop.schedule.last_error == shop.run.ending.cause
    assert shop.unverified is (outcome is Outcome.UNKNOWN)
    assert shop.schedule.consecutive_failures == 1
    shop.device.fault = None
    shop.clock.sleep(44)
    assert run_due(shop) == 0
    shop.clock.sleep(17)
    assert run_due(shop) == 1
    assert (shop.schedule.last_status, shop.unverified) == ("OK", False)
    assert shop.schedule.consecutive_failures == 0


def test_no_more_than_some_hold_a_place_by_being_tried_again(shop: InMemory) -> None:
    second_tries = shop.cases.renewal.renew_dates.conversations.second_tries
    while second_tries.acquire(blocking=False):
        pass
    shop.device.fault = Fault.REFUSE_CONNECTIONS
    run_due(shop)
    assert shop.run.ending is not None
    assert (shop.run.outcome, shop.run.ending.retries) == (Outcome.FAILED, 0)
    second_tries.release()
    for _ in range(2):
        shop.device.fault = None
        shop.read()
        shop.device.fault = Fault.REFUSE_CONNECTIONS
        shop.clock.sleep(60 * 60)
        run_due(shop)
        assert shop.run.ending is not None
        assert (shop.run.outcome, shop.run.ending.retries) == (Outcome.FAILED, 2)
    assert second_tries.acquire(blocking=False)
    assert not second_tries.acquire(blocking=False)


def test_a_renewal_that_a_user_asked_for_is_tried_again_in_any_case(shop: InMemory) -> None:
    second_tries = shop.cases.renewal.renew_dates.conversations.second_tries
    while second_tries.acquire(blocking=False):
        pass
    shop.device.fault = Fault.REFUSE_CONNECTIONS
    shop.cases.runs.start_batch(shop.anna, RunKind.AUTO_UPDATE, [shop.id])
    do(shop.cases, *(each for each in claimed(shop.cases) if each.job.batch_id))
    assert shop.run.ending is not None
    assert (shop.run.asked_by, shop.run.ending.retries) == (shop.anna, 2)


def test_a_retry_tells_that_the_dates_were_taken(shop: InMemory) -> None:
    shop.read()
    shop.device.fault = Fault.LOST_CHECK_REPLY
    run_due(shop)
    assert shop.run.ending is not None
    assert (shop.run.ending.outcome, shop.run.ending.retries) == (Outcome.OK, 1)
    assert not shop.unverified


def test_a_crash_in_mid_run_makes_it_due_again(shop: InMemory) -> None:
    claimed(shop.cases)
    assert run_due(shop) == 0
    shop.clock.sleep(16)
    assert run_due(shop) == 1


def test_a_device_in_use_keeps_its_turn(shop: InMemory) -> None:
    done: list[int] = []
    shop.when("reading", lambda: done.append(run_due(shop)))
    shop.read()
    assert done == [0]
    assert run_due(shop) == 1


def test_a_user_waits_for_the_renewal(shop: InMemory) -> None:
    claimed(shop.cases)
    with pytest.raises(DeviceBusyError):
        shop.read()


def test_an_unforeseen_failure_is_recorded_without_the_inside(shop: InMemory) -> None:
    def fail() -> None:
        raise RuntimeError("secret 1234")

    shop.when("reading", fail)
    run_due(shop)
    assert shop.schedule.last_error == Cause("ServiceFailed")
    assert run_due(shop) == 0


def test_a_replaced_device_gets_dates_and_the_former_file_stays(shop: InMemory) -> None:
    shop.read()
    shop.edit(price=80)
    before = shop.catalogue
    shop.device.document = {"products": [muffin(code=900, pluNumber=900)]}
    run_due(shop)
    assert shop.held[0]["manufactureDate"] == today(shop)
    assert shop.catalogue == replace(before, replaced=True)
    shop.device.document = {"products": []}
    shop.cases.products.upload.for_user(shop.anna, shop.id, UploadOf.CACHE)
    assert shop.held[0]["price"] == 80


def test_a_device_switched_off_in_mid_run_stays_off(shop: InMemory) -> None:
    shop.when(
        "taken",
        lambda: shop.cases.renewal.change_schedule(
            shop.anna, shop.id, enabled=False, interval=timedelta(hours=12)
        ),
    )
    run_due(shop)
    assert shop.schedule.due_at is None
    assert shop.schedule.last_status == "OK"


def test_a_schedule_is_made_with_the_defaults_where_there_is_none(shop: InMemory) -> None:
    assert not InMemory().schedule.enabled


def test_excepted_products_keep_their_dates_by_schedule_and_by_batch(shop: InMemory) -> None:
    shop.cases.renewal.set_exceptions(shop.anna, shop.id, [RenewalException("code", 50)])
    run_due(shop)
    assert [each["manufactureDate"] for each in shop.held] == ["23-07-25", today(shop)]
    shop.clock.sleep(24 * 3600)
    shop.cases.renewal.set_exceptions(shop.anna, shop.id, [])
    shop.cases.renewal.set_exceptions(shop.anna, None, [RenewalException("plu", 608)])
    shop.cases.runs.start_batch(shop.anna, RunKind.AUTO_UPDATE, [shop.id])
    do_all(shop.cases)
    assert [each["manufactureDate"] for each in shop.held] == [today(shop), today(shop, -1)]


def test_an_exception_made_while_the_device_is_read_counts(shop: InMemory) -> None:
    exceptions = [RenewalException("category", 3), RenewalException("code", 51)]
    shop.when("reading", lambda: shop.cases.renewal.set_exceptions(shop.anna, shop.id, exceptions))
    run_due(shop)
    assert [each["manufactureDate"] for each in shop.held] == [today(shop), "23-07-25"]


def test_where_only_dated_products_are_renewed_the_others_stay_without(shop: InMemory) -> None:
    shop.device.document = {"products": [muffin(manufactureDate="", sellByDate=""), bun()]}
    shop.cases.renewal.change_schedule(
        shop.anna, shop.id, enabled=True, interval=timedelta(hours=12), dates="dated"
    )
    run_due(shop)
    assert [each["manufactureDate"] for each in shop.held] == ["", today(shop)]
    assert shop.schedule.dates == "dated"
    shop.cases.renewal.change_schedule(
        shop.anna, shop.id, enabled=True, interval=timedelta(hours=6)
    )
    assert shop.schedule.dates == "dated"
