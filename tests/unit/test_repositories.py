"""Each repository has its port, its adapter and its contract, and all three have its name."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PORTS = ROOT / "application/ports/repositories"
ADAPTERS = ROOT / "adapters/database/repositories"
CONTRACTS = ROOT / "tests/contract/storage"
NAMES = sorted(path.stem for path in PORTS.glob("*.py") if path.stem != "__init__")


def classes_of(path: Path) -> dict[str, set[str]]:
    """The classes of a module and the names of their bases."""
    return {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    }


def test_there_are_repositories() -> None:
    assert {"devices", "leases", "runs", "users"} < set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_repository_has_one_port_one_adapter_and_one_contract(name: str) -> None:
    [port] = [
        each for each, bases in classes_of(PORTS / f"{name}.py").items() if "Protocol" in bases
    ]
    adapters = [
        bases for bases in classes_of(ADAPTERS / f"{name}.py").values() if "Repository" in bases
    ]
    assert adapters == [{"Repository", port}]
    assert (CONTRACTS / f"test_{name}.py").is_file()
