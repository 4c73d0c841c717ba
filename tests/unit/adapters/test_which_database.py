"""Only `adapters/database/backends/` knows which database there is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LAYERS = ("adapters", "application", "domain", "entrypoints")
MAY_KNOW = (
    "adapters/database/backends/",
    "adapters/database/migrations/versions/",
    # The database of the service used before is a file of SQLite, whatever ours is.
    "adapters/former_service/",
)
NAMES = {"sqlite", "postgresql", "postgres"}
STATEMENTS = ("PRAGMA ", "SET LOCAL ", "SELECT SET_CONFIG(", "EXPLAIN ")
DRIVERS = {"sqlite3": (), "psycopg": ("adapters/procrastinate/",)}
"""Drivers, and who else may import them: Procrastinate works with PostgreSQL only."""


def knowledge_in(source: str) -> Iterator[str]:
    """What a module knows of a particular database, docstrings and comments aside."""
    tree = ast.parse(source)
    texts = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Attribute(attr="dialect") | ast.Name("dialect")):
                yield f"asks the dialect for its {node.attr}"
            case ast.keyword(arg=str(name)) if name.partition("_")[0] in NAMES:
                yield f"sets {name}"
            case ast.Constant(value=str(text)) if id(node) not in texts:
                if text.lower() in NAMES or text.upper().startswith(STATEMENTS):
                    yield f"says {text!r}"
            case ast.Import(names):
                yield from (f"imports {each.name}" for each in names)
            case ast.ImportFrom(module=str(module)):
                yield f"imports {module}"


def foreign(path: str, found: str) -> bool:
    """Whether a module may not know this."""
    if not found.startswith("imports "):
        return True
    module = found.removeprefix("imports ")
    if module.startswith("sqlalchemy.dialects"):
        return True
    allowed = DRIVERS.get(module.partition(".")[0])
    return allowed is not None and not path.startswith(allowed)


def modules() -> Iterator[tuple[str, Path]]:
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(MAY_KNOW):
                yield name, path


def test_nobody_else_knows_which_database_there_is() -> None:
    found = {
        f"{name} {each}"
        for name, path in modules()
        for each in knowledge_in(path.read_text(encoding="utf-8"))
        if foreign(name, each)
    }
    assert found == set()


@pytest.mark.parametrize(
    "source",
    [
        'if engine.dialect.name == "postgresql": pass',
        "insert(table, sqlite_where=column)",
        'connection.exec_driver_sql("PRAGMA data_version")',
        "from sqlalchemy.dialects.postgresql import insert",
        "import sqlite3",
        "from psycopg import Connection",
    ],
)
def test_what_counts_as_knowing_it(source: str) -> None:
    assert any(foreign("adapters/database/storage.py", each) for each in knowledge_in(source))


def test_the_backends_are_what_knows_it() -> None:
    """So that the test above looks for what is really written."""
    for name in ("sqlite", "postgresql"):
        source = (ROOT / MAY_KNOW[0] / f"{name}.py").read_text(encoding="utf-8")
        assert any(foreign("elsewhere.py", each) for each in knowledge_in(source))
