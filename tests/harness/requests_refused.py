"""Bytes that are no request which the service answers, and the status that each deserves."""

from typing import Final, NamedTuple


class Refused(NamedTuple):
    name: str
    raw: bytes
    status: int = 400


def head(*lines: str) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunked(body: bytes) -> bytes:
    return head("POST / HTTP/1.1", "Transfer-Encoding: chunked") + body


REFUSED: Final = [
    Refused("method in small letters", head("get / HTTP/1.1")),
    Refused("no method", head("/ HTTP/1.1")),
    Refused("raw UTF-8 in the path", "GET /ä HTTP/1.1\r\n\r\n".encode()),
    Refused("space in the path", head("GET /a b HTTP/1.1")),
    Refused("no version that there is", head("GET / HTTP/x")),
    Refused("broken IPv6 address", head("GET http://[ HTTP/1.1")),
    Refused("bare line feed in the first line", b"GET / HTTP/1.1\nX: y\r\n\r\n"),
    Refused("bare line feed in a header", b"GET / HTTP/1.1\r\nX: y\nZ: a\r\n\r\n"),
    Refused("control byte in a header", head("GET / HTTP/1.1", "X: a\x01b")),
    Refused("NUL in a header", head("GET / HTTP/1.1", "X: a\x00b")),
    Refused("DEL in a header", head("GET / HTTP/1.1", "X: \x7f")),
    Refused("space before the colon", head("GET / HTTP/1.1", "X : y")),
    Refused("no colon", head("GET / HTTP/1.1", "X")),
    Refused("continued before it began", head("GET / HTTP/1.1", " X: y")),
    Refused("TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)),
    Refused("binary", b"\x00\x01\x02\x03"),
    Refused("length that is no number", head("POST / HTTP/1.1", "Content-Length: x")),
    Refused("length below nothing", head("POST / HTTP/1.1", "Content-Length: -1")),
    Refused("two lengths", head("POST / HTTP/1.1", "Content-Length: 1", "Content-Length: 2")),
    Refused("length of 5,000 digits", head("POST / HTTP/1.1", f"Content-Length: {'9' * 5000}")),
    Refused(
        "length and chunks",
        head("POST / HTTP/1.1", "Content-Length: 3", "Transfer-Encoding: chunked"),
    ),
    Refused(
        "chunks and length",
        head("POST / HTTP/1.1", "Transfer-Encoding: chunked", "Content-Length: 3"),
    ),
    Refused(
        "length and an empty encoding",
        head("POST / HTTP/1.1", "Content-Length: 3", "Transfer-Encoding:"),
    ),
    Refused("chunks of HTTP/1.0", head("POST / HTTP/1.0", "Transfer-Encoding: chunked")),
    Refused("chunked twice", head("POST / HTTP/1.1", "Transfer-Encoding: chunked, chunked")),
    Refused("chunked in a second line", head("POST / HTTP/1.1", "Transfer-Encoding:", " chunked")),
    Refused("chunk without its size", chunked(b"x\r\n")),
    Refused("chunk below nothing", chunked(b"-1\r\n")),
    Refused("chunk without its end", chunked(b"3\r\nabcdef\r\n")),
    Refused("chunk with a wrong extension", chunked(b"3;\x01\r\nabc\r\n")),
    Refused("unknown encoding", head("POST / HTTP/1.1", "Transfer-Encoding: gzip"), 501),
    Refused(
        "unknown encoding before chunks",
        head("POST / HTTP/1.1", "Transfer-Encoding: gzip, chunked"),
        501,
    ),
    Refused("head of 40,000 bytes", b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000, 431),
    Refused("first line of 40,000 bytes", b"GET /" + b"x" * 40_000, 431),
]
