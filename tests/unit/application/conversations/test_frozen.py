"""Processes held up for longer than their leases last."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from application.conversations.errors import LeaseLostError
from application.conversations.lease_keeper import LEASE
from application.ports.storage import Transaction
from tests.harness.flat_cases import Shop

TOO_LONG = LEASE + timedelta(seconds=1)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def frozen_after_transaction(shop: Shop, number: int, frozen_for: timedelta) -> None:
    """Time passes after this transaction from now on, before anything else is done."""
    transaction, left = shop.storage.transaction, number

    @contextmanager
    def freezing() -> Iterator[Transaction]:
        nonlocal left
        with transaction() as tx:
            yield tx
        left -= 1
        if left == 0:
            shop.clock.advance(frozen_for)

    shop.storage.transaction = freezing  # type: ignore[method-assign,assignment]  # for this test


def test_frozen_after_its_lease_was_renewed_it_says_nothing(shop: Shop) -> None:
    shop.when("reading", lambda: shop.clock.advance(LEASE * 0.4))
    frozen_after_transaction(shop, 2, TOO_LONG)
    with pytest.raises(LeaseLostError):
        shop.read()
    assert shop.device.counts["reads"] == 0


def test_frozen_after_it_got_the_device_it_does_not_even_connect(shop: Shop) -> None:
    frozen_after_transaction(shop, 1, TOO_LONG)
    with pytest.raises(LeaseLostError):
        shop.read()
    assert shop.device.counts["connections"] == 0


def test_held_up_for_half_a_lease_it_goes_on(shop: Shop) -> None:
    frozen_after_transaction(shop, 1, LEASE / 2)
    shop.read()


def test_a_renewal_of_its_lease_that_took_long_is_made_once_more(shop: Shop) -> None:
    shop.when("reading", lambda: shop.clock.advance(LEASE * 0.4))
    frozen_after_transaction(shop, 2, LEASE * 0.6)
    shop.read()
    assert shop.device.counts["reads"] == 1


def test_a_claim_that_waited_too_long_begins_nothing(shop: Shop) -> None:
    claim = shop.lease()
    shop.clock.advance(TOO_LONG)
    shop.cases.renew_dates(claim)
    assert shop.device.counts["connections"] == 0
    with shop.storage.snapshot() as tx:
        assert tx.runs.last(shop.id) is None


def test_a_claim_that_waited_for_most_of_its_lease_has_a_whole_one_again(shop: Shop) -> None:
    claim = shop.lease()
    shop.clock.advance(LEASE - timedelta(seconds=1))
    shop.device.takes = 3.0
    shop.cases.renew_dates(claim)
    assert shop.schedule.last_status == "OK"
