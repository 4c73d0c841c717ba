"""Bounds of values that people type."""

import pytest

from domain.bounds import Length, Range, choice_fault
from domain.errors import Fault


@pytest.mark.parametrize("text", ["ab", "abc"])
def test_a_length_within_its_bounds_has_no_fault(text: str) -> None:
    assert Length(least=2, most=3).fault(text) is None


@pytest.mark.parametrize("text", ["", "a", "abcd"])
def test_a_length_outside_of_two_bounds_is_told_both(text: str) -> None:
    expected = Fault("length_out_of_range", {"lowest": 2, "highest": 3})
    assert Length(least=2, most=3).fault(text) == expected


def test_a_length_with_one_bound_is_told_that_one() -> None:
    assert Length(most=3).fault("") is None
    assert Length(most=3).fault("abcd") == Fault("too_long", {"most": 3})


def test_characters_count_and_not_bytes() -> None:
    assert Length(most=3).fault("хлеб"[:3]) is None


@pytest.mark.parametrize(("number", "fits"), [(0, False), (1, True), (9, True), (10, False)])
def test_a_range_has_both_its_ends(number: int, fits: bool) -> None:
    fault = Range(1, 9).fault(number)
    assert fault == (None if fits else Fault("out_of_range", {"lowest": 1, "highest": 9}))


def test_a_choice_is_one_of_those_there_are() -> None:
    assert choice_fault("TCP", ["TCP"]) is None
    assert choice_fault("UDP", ["TCP"]) == Fault("not_one_of", {"choices": ["TCP"]})
