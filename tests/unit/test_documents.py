"""What the documents say of the code, and of each other."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
ENGLISH, RUSSIAN = ROOT / "README.md", ROOT / "README.ru.md"
DOCUMENTS: Final = [
    ENGLISH,
    RUSSIAN,
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "benchmarks" / "README.md",
]
FLOORS: Final = "domain|application|adapters|entrypoints|tests|benchmarks|docs"


def headings(document: Path) -> list[str]:
    """How deep each is, in order."""
    return re.findall(r"^(#+) ", without_code(document), flags=re.MULTILINE)


def without_code(document: Path) -> str:
    return re.sub(r"^```.*?^```", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def commands(document: Path) -> list[str]:
    """Each line of code, without its comment."""
    blocks = re.findall(
        r"^```\w+\n(.*?)^```", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    return [line.partition("  #")[0].rstrip() for block in blocks for line in block.splitlines()]


def named(document: Path) -> list[str]:
    """The rows of tables, each without what it means: commands, settings and their defaults."""
    text = without_code(document)
    rows = [line.split("|")[1:-2] for line in text.splitlines() if line.startswith("| `")]
    return [cell.strip() for row in rows for cell in row]


def links(document: Path) -> list[str]:
    return re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text("utf-8"))


@pytest.mark.parametrize("part", [headings, commands, named])
def test_the_readme_says_the_same_in_both_languages(part: object) -> None:
    assert callable(part)
    english, russian = part(ENGLISH), part(RUSSIAN)
    assert english
    assert russian == english


def test_both_readmes_lead_to_the_same_places() -> None:
    assert set(links(ENGLISH)) - {"README.ru.md"} == set(links(RUSSIAN)) - {"README.md"}


def test_every_link_leads_somewhere() -> None:
    for document in DOCUMENTS:
        for link in links(document):
            if "://" not in link:
                assert (document.parent / link).exists(), (document.name, link)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_path_that_is_named_is_there(document: Path) -> None:
    missing = [path for path in paths(document) if not list(ROOT.glob(path))]
    assert missing == []


def paths(document: Path) -> Iterator[str]:
    for path in re.findall(rf"`((?:{FLOORS})/[^`\s:+]*)`", document.read_text("utf-8")):
        yield path.rstrip("/")
