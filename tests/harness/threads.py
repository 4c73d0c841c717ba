"""Things done at the same time, each in a thread of its own."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def beside(*actions: Callable[[], object]) -> Iterator[Sequence[BaseException]]:
    """The actions run in threads of their own, which end with the block; what they raised."""
    raised: list[BaseException] = []

    def act(action: Callable[[], object]) -> None:
        try:
            action()
        except Exception as error:
            raised.append(error)

    threads = [threading.Thread(target=act, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    try:
        yield raised
    finally:
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()


def at_once(*actions: Callable[[], object]) -> Sequence[BaseException]:
    """What the actions raised, each in a thread of its own that begins with the others."""
    barrier, raised = threading.Barrier(len(actions)), []

    def act(action: Callable[[], object]) -> None:
        barrier.wait(10)
        try:
            action()
        except Exception as error:
            raised.append(error)

    threads = [threading.Thread(target=act, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return raised
