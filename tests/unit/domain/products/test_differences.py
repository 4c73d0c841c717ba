"""What counts as a difference between two states of a product."""

import pytest

from domain.json_value import Json
from domain.products.differences import product_changes


@pytest.mark.parametrize(
    ("before", "after", "differs"),
    [
        (1, 1, False),
        (24.1, 24.10, False),
        (1, 1.0, False),
        (1, True, True),
        (0, False, True),
        ("1", 1, True),
        ([1], [1], False),
        ([1], [True], True),
        ({"a": 1}, {"a": 1.0}, False),
        ({"a": 1}, {"a": True}, True),
        (None, None, False),
        (None, 0, True),
    ],
)
def test_values_are_compared_as_json(before: Json, after: Json, differs: bool) -> None:
    old: dict[str, Json] = {"code": 50, "x": before, "name": "Маффин"}
    changed = product_changes(old, {**old, "x": after})
    assert [(each.field, each.before, each.after) for each in changed] == (
        [("x", before, after)] if differs else []
    )


def test_the_order_of_fields_is_no_difference() -> None:
    assert product_changes({"a": 1, "b": True}, {"b": True, "a": 1}) == []
