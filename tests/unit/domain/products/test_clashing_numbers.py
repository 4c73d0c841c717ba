"""Many products that share their numbers: found in one pass, told in few words."""

from collections.abc import Iterator
from typing import Any

from domain.errors import AmbiguousProductError, ClashingEditsError
from domain.json_value import Json
from domain.notices import Notice
from domain.products.overlay import overlay_of, require_no_clash
from domain.products.product import ProductKey
from domain.products.product_file import MOST_WARNINGS, Numbers, ProductFile
from tests.harness.failures import raises
from tests.harness.products import catalogue_of, edited, file_of, muffin


class CountingList(list[Any]):
    """Counts the members that are looked at one after the other."""

    looked_at = 0

    def __iter__(self) -> Iterator[Any]:
        for member in super().__iter__():
            CountingList.looked_at += 1
            yield member


class CountingDict(dict[Any, Any]):
    """Counts how often all of its values are asked for."""

    asked = 0

    def values(self) -> Any:
        CountingDict.asked += 1
        return super().values()


def in_pairs(pairs: int) -> ProductFile:
    """Each two products share a PLU, and two others a code."""
    return file_of(
        *(muffin(code=at, pluNumber=1 + at // 2) for at in range(2 * pairs)),
        *(muffin(code=-1 - at // 2, pluNumber=100_000 + at) for at in range(2 * pairs)),
    )


def looks(pairs: int) -> int:
    numbers = Numbers.of(in_pairs(pairs).products)
    counted = Numbers(
        CountingList(numbers.codes), CountingList(numbers.plus), CountingList(numbers.live)
    )
    CountingList.looked_at = 0
    assert len(counted.clashes) == 2 * pairs
    return CountingList.looked_at


class TestClashes:
    def test_are_found_in_time_that_grows_with_the_products(self) -> None:
        assert looks(400) <= 2 * looks(200) <= 40 * 800

    def test_name_all_that_share_a_number_in_the_order_of_the_file(self) -> None:
        file = file_of(
            muffin(code=1, pluNumber=9),
            muffin(code=2, pluNumber=8),
            muffin(code=3, pluNumber=9, deleted=True),
            muffin(code=2, pluNumber=9),
        )
        assert file.numbers.clashes == {ProductKey("code", 2): [1, 3], ProductKey("plu", 9): [0, 3]}
        assert file.numbers.clashing == {0: [0, 3], 1: [1, 3], 3: [1, 3]}

    def test_are_gone_through_once_for_all_searches(self) -> None:
        file = in_pairs(100)
        numbers = Numbers.of(file.products)
        vars(numbers)["clashes"] = CountingDict(numbers.clashes)
        vars(file)["numbers"] = numbers
        CountingDict.asked = 0
        for code in range(100):
            with raises(AmbiguousProductError, match="One PLU or code is shared by"):
                file.find(code, "code")
        assert CountingDict.asked == 1


class TestWarnings:
    def test_name_the_first_and_count_the_rest(self) -> None:
        warnings = in_pairs(100).warnings()
        assert len(warnings) == MOST_WARNINGS + 1
        shared: list[Json] = [
            {"code": -1, "plu": plu, "name": "Маффин"} for plu in (100_000, 100_001)
        ]
        assert warnings[0] == Notice("shared_code", {"number": -1, "products": shared, "total": 2})
        assert warnings[-1] == Notice("more_shared_numbers", {"number": 180})

    def test_do_without_a_count_where_all_are_named(self) -> None:
        assert len(in_pairs(MOST_WARNINGS // 2).warnings()) == MOST_WARNINGS

    def test_name_few_of_many_products_that_share_one_number(self) -> None:
        file = file_of(*(muffin(code=at) for at in range(1000)))
        [warning] = file.warnings()
        named: list[Json] = [{"code": code, "plu": 607, "name": "Маффин"} for code in range(5)]
        facts: dict[str, Json] = {"number": 607, "products": named, "total": 1000}
        assert warning == Notice("shared_plu", facts)
        with raises(AmbiguousProductError, match="and 995 others"):
            file.find(607)


def test_an_edit_that_makes_a_clash_is_named_among_many_clashes() -> None:
    plain = [muffin(code=at, pluNumber=at) for at in range(5001, 5004)]
    catalogue = edited(catalogue_of(*plain), 5001, pluNumber=5009)
    held = file_of(*plain, muffin(code=5007, pluNumber=5009), *in_pairs(50).products)
    with raises(ClashingEditsError, match=r"edit 1, the PLU 5009 would be shared by .*PLU 5009"):
        require_no_clash(catalogue.edits, overlay_of(catalogue.edits, held), held)
