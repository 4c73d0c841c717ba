from adapters.database.parsed_files import ParsedFiles
from domain.product_file import ProductFile


def file() -> ProductFile:
    return ProductFile.of({"products": []})


def test_a_file_is_found_by_its_digest() -> None:
    parsed, one, two = ParsedFiles(), file(), file()
    assert parsed.get("one") is None
    parsed.keep("one", one, 10)
    parsed.keep("two", two, 10)
    assert parsed.get("one") is one
    assert parsed.get("two") is two


def test_what_was_used_longest_ago_makes_room() -> None:
    parsed = ParsedFiles(budget=30)
    for digest in ("a", "b", "c"):
        parsed.keep(digest, file(), 10)
    parsed.get("a")
    parsed.keep("d", file(), 11)
    assert [digest for digest in "abcd" if parsed.get(digest)] == ["a", "d"]


def test_a_file_larger_than_all_room_is_not_kept_and_drives_nothing_out() -> None:
    parsed = ParsedFiles(budget=30)
    parsed.keep("small", file(), 30)
    parsed.keep("large", file(), 31)
    assert parsed.get("large") is None
    assert parsed.get("small") is not None


def test_the_same_file_counts_once() -> None:
    parsed = ParsedFiles(budget=30)
    parsed.keep("other", file(), 10)
    for _ in range(5):
        parsed.keep("same", file(), 20)
    assert parsed.get("other") is not None
    assert parsed.get("same") is not None
