"""Large files are worked on few at a time, and while other writers go on."""

from collections.abc import Callable
from typing import Any

import pytest

from application.products.bulk_editing import EditResult, ProductEdit
from application.products.large_files import TRIES, TooManyFilesError
from domain.products import editing, restoring
from domain.products.catalogue import Catalogue
from tests.harness.installation import InMemory
from tests.harness.products import bun, muffin

Act = Callable[[InMemory], object]


def edit_many(shop: InMemory) -> EditResult:
    edit = ProductEdit(owner_id=shop.anna, kind="plu", number=608, fields={"price": 3.0})
    [done] = shop.cases.products.edit_on_devices(edit, [shop.id])
    return done.result


ACTS: dict[str, tuple[str, Act]] = {
    "edit": ("edited", lambda shop: shop.edit(608, price=2.0)),
    "edit many": ("edited", edit_many),
    "restore": ("restored", lambda shop: shop.cases.products.restore_file(shop.anna, shop.id, 1)),
    "read": ("read", InMemory.read),
    "discard": ("discarded", lambda shop: shop.cases.products.discard_edits(shop.anna, shop.id)),
}
LOOKS: dict[str, Act] = {
    "compare": lambda shop: shop.cases.products.compare_files(shop.anna, shop.id, 1, None),
    "show a former file": lambda shop: shop.cases.products.show_former_file(shop.anna, shop.id, 1),
    "list edits": lambda shop: shop.cases.products.list_edits(shop.anna, shop.id),
}


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> InMemory:
    """Where every file is large, one was replaced, and an edit waits."""
    monkeypatch.setattr("application.products.large_files.LARGE", 10)
    monkeypatch.setattr("application.products.large_files.WAIT", 0)
    monkeypatch.setattr("application.products.reading.LARGE", 10)
    shop = InMemory()
    shop.read()
    shop.device.document = {"products": [muffin(price=1.0), bun(price=1.0)]}
    shop.read()
    shop.edit(607, name="Кекс")
    return shop


def meanwhile(monkeypatch: pytest.MonkeyPatch, method: str, act: Callable[[], object]) -> None:
    """Act whenever a catalogue is asked for this change, but not for one by the act itself."""
    place: Any = {"edited": editing, "discarded": editing, "restored": restoring}.get(
        method, Catalogue
    )
    work: Any = getattr(place, method)
    acting = False

    def changed(catalogue: Catalogue, *args: Any, **kwargs: Any) -> Catalogue:
        nonlocal acting
        if not acting:
            acting = True
            try:
                act()
            finally:
                acting = False
        result: Catalogue = work(catalogue, *args, **kwargs)
        return result

    monkeypatch.setattr(place, method, changed)


@pytest.mark.parametrize("kind", ACTS)
def test_no_writer_waits_for_the_work(
    shop: InMemory, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    method, act = ACTS[kind]
    waits: list[bool] = []
    meanwhile(monkeypatch, method, lambda: waits.append(shop.storage._turn.locked()))
    act(shop)
    assert waits
    assert not any(waits)


@pytest.mark.parametrize("kind", [kind for kind in ACTS if kind != "read"])
@pytest.mark.parametrize("times", [1, TRIES])
def test_what_is_written_meanwhile_is_kept(
    shop: InMemory, kind: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    method, act = ACTS[kind]
    written = 0

    def write() -> None:
        nonlocal written
        if written < times and not shop.storage._turn.locked():
            written += 1
            with shop.storage.transaction() as tx:
                catalogue = tx.catalogues.find(shop.id)
                assert catalogue is not None
                product = {**catalogue.file.products[0], "extra": written}
                file = catalogue.file.with_replaced({0: product})
                tx.catalogues.save(catalogue.read(file, at=shop.clock.now(), moves=0))

    meanwhile(monkeypatch, method, write)
    act(shop)
    assert written == times
    assert shop.catalogue.file.products[0]["extra"] == times
    assert shop.catalogue.shown.products[0]["extra"] == times


@pytest.mark.parametrize("kind", [*LOOKS, "edit", "restore", "discard"])
def test_who_finds_no_place_in_time_is_told_so(shop: InMemory, kind: str) -> None:
    act = LOOKS[kind] if kind in LOOKS else ACTS[kind][1]
    before = shop.catalogue
    with shop.cases.products.edit.large_files.place(11), pytest.raises(TooManyFilesError):
        act(shop)
    assert shop.catalogue == before
    act(shop)


def test_a_device_whose_file_found_no_place_was_not_tried(shop: InMemory) -> None:
    with shop.cases.products.edit.large_files.place(11):
        assert edit_many(shop) is EditResult.NOT_TRIED
    assert edit_many(shop) is EditResult.EDITED


def test_a_place_is_given_back_after_a_failure(shop: InMemory) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), shop.cases.products.edit.large_files.place(11):
            raise ZeroDivisionError


def test_other_files_need_no_place(shop: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("application.products.large_files.LARGE", 10_000)
    with shop.cases.products.edit.large_files.place(10_001):
        for _, act in ACTS.values():
            act(shop)
        for look in LOOKS.values():
            look(shop)


def test_a_read_leaves_what_is_edited_meanwhile(
    shop: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edit() -> None:
        if not shop.storage._turn.locked():
            shop.edit(608, price=4.0)

    shop.device.document = {"products": [muffin(price=5.0), bun(price=5.0)]}
    meanwhile(monkeypatch, "read", edit)
    shown = shop.read()
    assert (shown[0]["name"], shown[0]["price"], shown[1]["price"]) == ("Кекс", 5.0, 4.0)
    assert [file.number for file in shop.cases.products.list_former_files(shop.anna, shop.id)] == [
        2,
        1,
    ]
