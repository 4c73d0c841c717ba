"""Objects of the core change by their own methods only."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
COUNTED_FROM_OUTSIDE = {"application/takeover/records.py"}
"""A report of what was taken over, which is counted up while it is."""
FILES = sorted(
    path
    for room in ("application", "domain")
    for path in (ROOT / room).rglob("*.py")
    if path.relative_to(ROOT).as_posix() not in COUNTED_FROM_OUTSIDE
)


def set_from_outside(tree: ast.AST) -> Iterator[str]:
    """Every attribute that is set, but for those of `self`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Store):
            continue
        if not isinstance(node.value, ast.Name) or node.value.id != "self":
            yield f"{ast.unparse(node)} in line {node.lineno}"


def test_nothing_sets_an_attribute_of_another_object() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): places
        for path in FILES
        if (places := list(set_from_outside(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert len(FILES) > 50
    assert found == {}


def test_what_is_set_from_outside_is_found() -> None:
    assert list(set_from_outside(ast.parse("error.maybe_accepted = True"))) == [
        "error.maybe_accepted in line 1"
    ]
    assert list(set_from_outside(ast.parse("self.sent += 1\nsent = 1"))) == []
