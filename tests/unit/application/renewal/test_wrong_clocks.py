"""The machine that is to write dates has a wrong clock; the time comes from one that all share."""

from datetime import timedelta

import pytest

from application.ports.clock import ClockWrongError
from domain.errors import Cause
from domain.runs.batch import UploadOf
from domain.runs.run import RunKind
from tests.harness.installation import InMemory
from tests.harness.work import do_all


@pytest.fixture
def shop() -> InMemory:
    return InMemory()


def switch_on(shop: InMemory) -> None:
    shop.cases.renewal.change_schedule(
        shop.anna, shop.id, enabled=True, interval=timedelta(hours=12)
    )


@pytest.mark.parametrize("ahead", [61, -61])
def test_it_writes_none_and_leaves_the_device_due(shop: InMemory, ahead: int) -> None:
    switch_on(shop)
    due_at = shop.schedule.due_at
    shop.clock.run_ahead(timedelta(seconds=ahead))
    with pytest.raises(ClockWrongError):
        do_all(shop.cases)
    assert shop.device.counts["connections"] == 0
    assert shop.schedule.due_at == due_at
    shop.lease()  # free again for whoever has the right time


def test_it_writes_none_either_when_it_is_set_in_mid_conversation(shop: InMemory) -> None:
    switch_on(shop)
    shop.when("reading", lambda: shop.clock.run_ahead(timedelta(hours=1)))
    do_all(shop.cases)
    assert shop.device.counts["accepted"] == 0
    assert shop.schedule.last_error == Cause("ClockWrong", {"seconds_ahead": 3600})


def test_it_does_what_needs_no_date(shop: InMemory) -> None:
    shop.clock.run_ahead(timedelta(hours=1))
    shop.read()
    shop.edit(price=80)
    assert shop.cases.products.upload.for_user(shop.anna, shop.id).edits == 1


def test_a_renewal_that_a_user_asked_for_says_why_not(shop: InMemory) -> None:
    shop.clock.run_ahead(timedelta(minutes=-2))
    batch = shop.cases.runs.start_batch(shop.anna, RunKind.AUTO_UPDATE, [shop.id], UploadOf.ALL)
    do_all(shop.cases)
    [item] = shop.cases.runs.show_batch(shop.anna, batch.batch.id).items
    assert item.cause == Cause("ClockWrong", {"seconds_ahead": -120})


def test_a_little_off_is_no_obstacle(shop: InMemory) -> None:
    switch_on(shop)
    shop.clock.run_ahead(timedelta(seconds=60))
    do_all(shop.cases)
    assert shop.schedule.last_status == "OK"
