"""Many edits at once, and many that wait: how much work they are, and how many there may be."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from domain.errors import TooManyEditsError
from domain.json_value import Json
from domain.products import editing, restoring
from domain.products.catalogue import Catalogue
from domain.products.edit import MOST_EDITS
from tests.harness.failures import raises
from tests.harness.products import ANNA, NOON, catalogue_of, edited, file_of, muffin, shown
from tests.harness.steps import grows_with

TODAY = date(2026, 11, 23)


def numbered(count: int, **fields: Json) -> list[dict[str, Json]]:
    return [muffin(code=at, pluNumber=at, **fields) for at in range(1, count + 1)]


def odd(count: int, value: Json = 1) -> dict[str, Json]:
    """Fields that nobody knows."""
    return {f"odd{at}": value for at in range(count)}


def full() -> Catalogue:
    """As many edits wait as may."""
    return edited(catalogue_of(muffin(), muffin(code=51, pluNumber=608)), **odd(MOST_EDITS))


def merged(products: int, fields: int) -> Catalogue:
    """The cached file holds edits of so many fields of so many products."""
    return replace(catalogue_of(*numbered(products, **odd(fields))), merged_by=ANNA)


class TestTheWork:
    """Twice as many edits are twice as much work."""

    def test_of_setting_many_fields(self) -> None:
        catalogue = catalogue_of(muffin())

        def work(fields: int) -> Callable[[], object]:
            return lambda: edited(catalogue, shelfLife=3, sellByDate="01-01-27", **odd(fields))

        assert grows_with(200, work)

    def test_of_setting_fields_where_many_are_set(self) -> None:
        def work(waiting: int) -> Callable[[], object]:
            catalogue = edited(catalogue_of(muffin()), **odd(waiting))
            return lambda: edited(catalogue, shelfLife=3, sellByDate="01-01-27", **odd(100, 2))

        assert grows_with(200, work)

    def test_of_setting_many_fields_back(self) -> None:
        def work(fields: int) -> Callable[[], object]:
            held = muffin(**odd(fields))
            catalogue = edited(catalogue_of(held), **odd(fields, 2))
            return lambda: edited(catalogue, **odd(fields))

        assert grows_with(200, work)

    def test_of_discarding_what_the_device_may_have_taken(self) -> None:
        def work(fields: int) -> Callable[[], object]:
            catalogue = edited(catalogue_of(muffin(**odd(fields))), **odd(fields, 2))
            versions = [edit.version for edit in catalogue.edits]
            under_way = catalogue.uploading(versions)
            return lambda: editing.discarded(under_way, versions, by=ANNA, at=NOON)

        assert grows_with(200, work)

    def test_of_restoring(self) -> None:
        def work(products: int) -> Callable[[], object]:
            catalogue = catalogue_of(*numbered(products, price=1.0), *([muffin(code=-1)]))
            former = file_of(*numbered(products), muffin(code=-2, pluNumber=None))
            waiting = edited(catalogue, 1, **odd(products))
            return lambda: restoring.restored(waiting, former, by=ANNA, at=NOON, today=TODAY)

        assert grows_with(50, work)

    def test_of_reading_after_moving_in(self) -> None:
        def work(products: int) -> Callable[[], object]:
            catalogue, held = merged(products, 3), file_of(*numbered(products, price=1.0))
            return lambda: catalogue.read(held, at=NOON, moves=0)

        assert grows_with(50, work)


class TestTheBound:
    def test_refuses_a_further_edit_and_says_why(self) -> None:
        with raises(TooManyEditsError, match=r"10,001 edits would wait .* 10,000 at most"):
            edited(full(), 608, price=1.0)

    def test_lets_edits_be_changed_and_taken_back(self) -> None:
        catalogue = edited(full(), odd0=2, odd1=3)
        assert shown(catalogue)["odd0"] == 2
        fewer = editing.discarded(catalogue, [catalogue.edits[0].version], by=ANNA, at=NOON)
        assert len(edited(fewer, 608, price=1.0).edits) == MOST_EDITS

    def test_refuses_to_restore_what_differs_in_more(self) -> None:
        catalogue, former = catalogue_of(*numbered(300)), file_of(*numbered(300, **odd(34)))
        with raises(TooManyEditsError, match="10,200 edits would wait"):
            restoring.restored(catalogue, former, by=ANNA, at=NOON, today=TODAY)

    def test_never_keeps_a_read_from_its_edits(self) -> None:
        catalogue = merged(300, 34)
        wanted = catalogue.shown
        read = catalogue.read(file_of(*numbered(300)), at=NOON, moves=0)
        assert read.shown == wanted
        assert read.merged_by is None
        assert {edit.field for edit in read.edits} == {None}
        assert len(read.edits) == 300
        sent = frozenset(edit.version for edit in read.edits)
        assert read.accepted(read.shown, sent, at=NOON).edits == ()

    def test_leaves_each_merged_field_an_edit_up_to_it(self) -> None:
        read = merged(100, 100).read(file_of(*numbered(100)), at=NOON, moves=0)
        assert len(read.edits) == MOST_EDITS
        assert None not in {edit.field for edit in read.edits}
