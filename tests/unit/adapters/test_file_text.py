"""Product files that hold too much are told before anything is built of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import file_text
from adapters.file_text import FEW, MOST_OBJECTS, MOST_VALUES, file_document, require_bounded
from adapters.json_text import dumps, loads
from adapters.mertech.driver.received import product_file
from application.ports.scales import ScalesNonsenseError
from domain.errors import FileTooLargeError
from domain.json_value import Json
from domain.products.product_file import LARGEST_FILE, MOST_PRODUCTS
from tests.harness.failures import raises
from tests.harness.products import muffin


def of(products: str) -> bytes:
    return f'{{"products":[{products}]}}'.encode()


EMPTY = of("{}," * 5_000_000 + "{}")
HOSTILE = {
    "empty objects": EMPTY,
    "empty lists": of("{},{}," + '{"a":[' + "[]," * MOST_OBJECTS + "[]]}"),
    "numbers": of('{"a":[' + "0," * MOST_VALUES + "0]}"),
    "texts": of('{"a":[' + '"",' * MOST_VALUES + '""]}'),
    "members": of("{" + ",".join(f'"{at:x}":0' for at in range(MOST_VALUES)) + "}"),
    "levels": of("[" * MOST_OBJECTS * 2),
    "bytes": of("{}" + " " * LARGEST_FILE),
    "no JSON": b'"' + b'\\"{,' * 100 + b'"' + b"{," * MOST_VALUES,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_too_much_of_anything_is_refused_before_it_is_parsed(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_text, "loads", None)
    with raises(FileTooLargeError, match=r"The product file is too large: it h"):
        file_document(HOSTILE[kind])


def test_as_many_products_as_may_be_are_taken() -> None:
    text = dumps({"products": [muffin(message=[1], category={"a": {}})] * MOST_PRODUCTS})
    assert len(product_file(text).products) == MOST_PRODUCTS


def test_one_more_is_refused_as_the_nonsense_of_a_device() -> None:
    with raises(ScalesNonsenseError, match=r"too large: it has 50,001 products, and 50,000"):
        product_file(of("{}," * MOST_PRODUCTS + "{}"))


def test_what_names_and_messages_say_does_not_count() -> None:
    text = dumps({"products": [{"name": 'a\\"{[,\\' * 1_000_000, "b": "\\", "c": '"{'}]})
    assert file_document(text) == loads(text)


JSON: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.text('a"\\{[,'),
    lambda inner: st.lists(inner) | st.dictionaries(st.text('a"\\{[,'), inner),
)


def count(value: Json) -> tuple[int, int]:
    """Objects and lists, and at least as many as there are commas and these."""
    if not isinstance(value, dict | list):
        return 0, 0
    inner = list(map(count, value.values() if isinstance(value, dict) else value))
    objects = 1 + sum(each for each, _ in inner)
    return objects, 1 + max(0, len(value) - 1) + sum(each for _, each in inner)


@given(JSON, st.integers(1, 20))
def test_what_stands_outside_of_strings_is_counted_exactly(value: Json, piece: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_text, "PIECE", piece)
        pieces = list(file_text._outside_of_strings(dumps(value)))
    assert file_text._counted(b"".join(pieces)) == count(value)


def test_short_texts_are_not_counted() -> None:
    require_bounded(b"{," * (FEW // 2))
