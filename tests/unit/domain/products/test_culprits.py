"""Finding the products that a device will not take."""

from math import ceil, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.products.refused import Findings, find_culprits


class Device:
    """Refuses a set of products, and a set that it will not take together."""

    def __init__(self, bad: set[int], not_together: frozenset[int] = frozenset()) -> None:
        self.bad, self.not_together = bad, not_together
        self.held: set[int] = set()
        self.sends = 0

    def take(self, span: range) -> str | None:
        self.sends += 1
        bad = sorted(self.bad & set(span))
        if bad:
            return f"bad product {bad[0]}"
        if self.not_together and self.not_together <= set(span):
            return "these do not go together"
        self.held.update(span)
        return None


def findings(device: Device, count: int) -> Findings:
    reason = device.take(range(count))
    assert reason is not None
    return find_culprits(count, reason, device.take)


@pytest.mark.parametrize("bad", [0, 338, 339, 677])
def test_one_bad_product_of_678_is_found_in_few_sends(bad: int) -> None:
    device = Device({bad})
    found = findings(device, 678)
    assert found.refused == {bad: f"bad product {bad}"}
    assert device.held == set(range(678)) - {bad}
    assert device.sends <= 1 + 2 * ceil(log2(678))


def test_a_single_product_is_its_own_culprit() -> None:
    assert findings(Device({0}), 1).refused == {0: "bad product 0"}


def test_products_that_only_fail_together_are_nobodys_fault() -> None:
    device = Device(set(), frozenset({3, 6}))
    found = findings(device, 8)
    assert (found.refused, found.combinations) == ({}, [range(8)])
    assert device.held == set(range(8))


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1)))))
def test_every_bad_product_is_found_and_the_rest_is_held(case: tuple[int, set[int]]) -> None:
    count, bad = case
    if not bad:
        return
    device = Device(bad)
    found = findings(device, count)
    assert found.refused == {position: f"bad product {position}" for position in bad}
    assert set(found.taken) == device.held == set(range(count)) - bad
    assert found.combinations == []
