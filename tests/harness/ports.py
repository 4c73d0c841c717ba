"""Ports that nobody uses."""

import random
import socket


def free_ports(count: int) -> int:
    """The first of as many free ports in a row.

    Below those that the system gives to whoever asks for any, so that no other test comes to one
    of them first.
    """
    while True:
        first = random.randrange(20_000, 30_000)  # noqa: S311 - no secret
        if all(map(is_free, range(first, first + count))):
            return first


def is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
