import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.database.packing import packed, unpacked

FILE = json.dumps([{"code": code, "name": "Хлеб"} for code in range(20_000)]).encode()


@given(st.binary())
def test_what_is_packed_comes_back(text: bytes) -> None:
    assert unpacked(packed(text)) == text
    assert gzip.decompress(packed(text)) == text


@pytest.mark.parametrize("level", [1, 6, 9])
def test_what_another_program_packed_is_read(level: int) -> None:
    for text in (b"", b"{}", FILE):
        assert unpacked(gzip.compress(text, level)) == text


def test_a_damaged_file_is_noticed() -> None:
    body = bytearray(packed(FILE))
    body[len(body) // 2] ^= 255
    with pytest.raises(Exception, match="Error -6"):
        unpacked(bytes(body))
