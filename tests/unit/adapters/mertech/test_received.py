"""A product file as it came: the file, or what is wrong with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.json_text import dumps
from adapters.mertech.driver.received import DEEPEST, product_file
from application.ports.scales import ScalesNonsenseError
from domain.json_value import same
from tests.harness.failures import raises


def nested(levels: int) -> bytes:
    """A product file of so many levels."""
    return b'{"products":[],"more":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


def test_numbers_and_texts_come_through_exactly() -> None:
    text = '{"products":[{"gtin":123456789012345678901234567890,"name":"Хлеб\\n«Ржаной»"}]}'
    (product,) = product_file(text.encode()).products
    assert product == {"gtin": 123456789012345678901234567890, "name": "Хлеб\n«Ржаной»"}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"", "is no valid JSON"),
        (b"\xef\xbb\xbf{}", "is no valid JSON"),
        (b'{"products":[{"price":NaN}]}', "is no valid JSON"),
        (b'{"products":[{"price":1e999}]}', "is no valid JSON"),
        (b'{"products":[]} ;', "is no valid JSON"),
        (b'{"products":[{"name":"\xd0"}]}', "is no valid JSON"),
        (b"[" * 100_000, "is no valid JSON"),
        (b"[]", "sent is no product file"),
        (b"null", "sent is no product file"),
        (b"{}", "no list of products"),
        (b'{"products":{}}', "no list of products"),
        (b'{"products":[{},[]]}', "Entry 2 in the product file of the scale is no product"),
        (nested(DEEPEST + 1), "nested too deeply"),
        (nested(900), "nested too deeply"),
    ],
)
def test_what_is_no_product_file_is_nonsense(text: bytes, what: str) -> None:
    with raises(ScalesNonsenseError, match=what):
        product_file(text)


def test_what_is_just_not_too_deep_can_be_walked_and_written() -> None:
    document = product_file(nested(DEEPEST)).document
    assert same(document, product_file(dumps(document)).document)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_arbitrary_bytes_give_a_file_or_our_error(text: bytes) -> None:
    for tried in (text, b'{"products":[' + text + b"]}", b'{"products":[],"x":' + text + b"}"):
        try:
            file = product_file(tried)
        except ScalesNonsenseError:
            continue
        assert same(product_file(dumps(file.document)).document, file.document)
