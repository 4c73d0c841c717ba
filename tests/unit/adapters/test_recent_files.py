from adapters.database.recent_files import Recent
from domain.products.product_file import ProductFile


def file() -> ProductFile:
    return ProductFile.of({"products": []})


def test_a_file_is_found_by_its_digest() -> None:
    recent, one, two = Recent[ProductFile](30), file(), file()
    assert recent.get("one") is None
    recent.keep("one", one, 10)
    recent.keep("two", two, 10)
    assert recent.get("one") is one
    assert recent.get("two") is two


def test_what_was_used_longest_ago_makes_room() -> None:
    recent = Recent[ProductFile](budget=30)
    for digest in ("a", "b", "c"):
        recent.keep(digest, file(), 10)
    recent.get("a")
    recent.keep("d", file(), 11)
    assert [digest for digest in "abcd" if recent.get(digest)] == ["a", "d"]


def test_a_file_larger_than_all_room_is_not_kept_and_drives_nothing_out() -> None:
    recent = Recent[ProductFile](budget=30)
    recent.keep("small", file(), 30)
    recent.keep("large", file(), 31)
    assert recent.get("large") is None
    assert recent.get("small") is not None


def test_the_same_file_counts_once() -> None:
    recent = Recent[ProductFile](budget=30)
    recent.keep("other", file(), 10)
    for _ in range(5):
        recent.keep("same", file(), 20)
    assert recent.get("other") is not None
    assert recent.get("same") is not None
