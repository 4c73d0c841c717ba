"""Memory for the product files of requests that talk to devices."""

from collections.abc import Callable
from contextlib import ExitStack

import pytest

from application.conversations.errors import TooManyConversationsError
from application.conversations.file_memory import SMALL, FileMemory
from domain.errors import Cause
from domain.products.product_file import LARGEST_FILE
from domain.runs.batch import UploadOf
from domain.runs.run import Outcome
from tests.harness.installation import InMemory
from tests.harness.products import bun, muffin

Act = Callable[[InMemory], object]
ACTS: dict[str, Act] = {
    "read": InMemory.read,
    "upload": lambda shop: shop.cases.products.upload.for_user(shop.anna, shop.id),
    "upload from the cache": lambda shop: shop.cases.products.upload.for_user(
        shop.anna, shop.id, UploadOf.CACHE
    ),
}


def nobody() -> None:
    """Gives no sign of life."""


def gone() -> None:
    raise ZeroDivisionError


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("application.conversations.file_memory.LOOK_EVERY", 0.0)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("size", "at_once"),
    [(LARGEST_FILE, 1), (10 * LARGEST_FILE, 1), (LARGEST_FILE // 2, 2), (LARGEST_FILE // 8, 8)],
)
def test_files_share_memory_by_their_size(size: int, at_once: int) -> None:
    memory = FileMemory()
    with ExitStack() as held:
        for _ in range(at_once):
            held.enter_context(memory.taken(size, nobody))
        with pytest.raises(TooManyConversationsError):
            held.enter_context(memory.taken(size, nobody))
        for _ in range(100):
            held.enter_context(memory.taken(SMALL, nobody))
    with memory.taken(LARGEST_FILE, nobody):
        pass


@pytest.mark.usefixtures("impatient")
def test_who_waits_gives_signs_of_life_and_finds_what_others_leave() -> None:
    memory = FileMemory()
    first = ExitStack()
    first.enter_context(memory.taken(LARGEST_FILE, nobody))
    with pytest.raises(ZeroDivisionError), memory.taken(LARGEST_FILE, gone):
        pass
    with memory.taken(LARGEST_FILE, first.close):
        pass


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, impatient: None) -> InMemory:
    """Where every file is large, and an edit waits."""
    monkeypatch.setattr("application.conversations.file_memory.SMALL", 10)
    shop = InMemory()
    shop.device.document = {"products": [muffin(price=1.0), bun(price=1.0)]}
    shop.read()
    shop.edit(607, price=2.0)
    return shop


@pytest.mark.parametrize("kind", ACTS)
def test_a_request_that_finds_no_memory_fails_and_has_done_nothing(
    shop: InMemory, kind: str
) -> None:
    memory = shop.cases.products.read.conversations.file_memory
    before, held = shop.catalogue, shop.device.document
    with memory.taken(LARGEST_FILE, nobody), pytest.raises(TooManyConversationsError) as refused:
        ACTS[kind](shop)
    assert (shop.catalogue, shop.device.document) == (before, held)
    ending = shop.run.ending
    assert ending is not None
    assert (ending.outcome, ending.cause) == (Outcome.FAILED, Cause.of(refused.value))
    ACTS[kind](shop)


@pytest.mark.parametrize("kind", ACTS)
def test_memory_is_held_while_the_file_is_worked_on_and_free_again_after(
    shop: InMemory, kind: str
) -> None:
    memory = shop.cases.products.read.conversations.file_memory
    found: list[bool] = []

    def look(stage: str) -> None:
        if stage != "reading":
            with pytest.raises(TooManyConversationsError), memory.taken(LARGEST_FILE, nobody):
                pass
            found.append(True)

    shop.device.during = look
    ACTS[kind](shop)
    assert bool(found) == (kind != "read")
    with memory.taken(LARGEST_FILE, nobody):
        pass
