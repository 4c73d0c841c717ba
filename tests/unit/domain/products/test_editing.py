"""A user changes a product; nothing is sent yet."""

from itertools import permutations

import pytest

from domain.errors import AmbiguousProductError, Fault, InvalidFieldsError, UnknownProductError
from domain.json_value import Json
from domain.products.catalogue import Catalogue
from domain.products.product import label
from tests.harness.failures import raises
from tests.harness.products import NOON, bun, catalogue_of, edited, muffin, shown, without


@pytest.fixture
def catalogue() -> Catalogue:
    return catalogue_of(muffin(), bun())


def faults(error: pytest.ExceptionInfo[InvalidFieldsError]) -> dict[str, list[Fault]]:
    return error.value.errors


def test_an_unknown_plu_is_refused(catalogue: Catalogue) -> None:
    with raises(UnknownProductError, match="PLU 999"):
        edited(catalogue, 999, price=1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", -0.01),
        ("price", 1.234),
        ("price", "12"),
        ("price", None),
        ("price", True),
        ("price", float("nan")),
        ("price", float("inf")),
        ("price", 1e26),
        ("price", 1e300),
        ("price", 10**40),
        ("price", -0.0),
        ("tare", 1e300),
        ("shelfLife", -1),
        ("shelfLife", 10_000),
        ("shelfLife", 1.5),
        ("shelfLife", "1_000"),
        ("shelfLifeInDays", [7]),
        ("shelfLifeType", "WEEKS"),
        ("productType", "piece"),
        ("manufactureDate", "31-02-26"),
        ("manufactureDate", "2026-01-01"),
        ("sellByDate", "1-1-26"),
        ("sellByDate", "٠١-٠١-٢٦"),
        ("sellByDate", None),
        ("name", "x" * 256),
        ("name", 5),
        ("pluNumber", 0),
        ("pluNumber", 1_000_000),
        ("pluNumber", 608),
        ("pluNumber", None),
        ("tare", -1),
        ("pieceWeight", "heavy"),
        ("deleted", 1),
        ("deleted", "true"),
        ("code", 52),
        ("code", None),
        ("id", 1),
    ],
)
def test_a_value_that_a_product_cannot_have_is_refused_by_name(
    catalogue: Catalogue, field: str, value: Json
) -> None:
    with pytest.raises(InvalidFieldsError) as error:
        edited(catalogue, **{field: value})
    assert list(faults(error)) == [field]
    assert str(error.value).startswith(f"{field}: ")


def test_every_bad_field_is_named_at_once(catalogue: Catalogue) -> None:
    with pytest.raises(InvalidFieldsError) as error:
        edited(catalogue, price=-1, name=None, tare=2)
    assert set(faults(error)) == {"price", "name"}


def test_an_edit_is_shown_and_the_file_stays(catalogue: Catalogue) -> None:
    after = edited(catalogue, price=80.5, name="Маффин\nс черникой")
    assert shown(after) == muffin(price=80.5, name="Маффин\nс черникой")
    assert after.file == catalogue.file
    assert after.waiting
    assert not catalogue.waiting


def test_a_value_equal_to_what_is_shown_is_no_edit(catalogue: Catalogue) -> None:
    after = edited(catalogue, **muffin(price=76))
    assert after.edits == ()
    again = edited(edited(catalogue, price=80), price=80.0)
    assert [edit.version for edit in again.edits] == [1]


def test_setting_a_field_back_removes_its_edit(catalogue: Catalogue) -> None:
    assert edited(edited(catalogue, price=80), price=76).edits == ()


def test_an_edit_of_an_edited_field_replaces_it_with_a_new_version(catalogue: Catalogue) -> None:
    after = edited(edited(catalogue, price=80), price=81)
    assert [(edit.version, edit.before, edit.after) for edit in after.edits] == [(2, 76.0, 81)]


def test_a_value_that_firmware_itself_holds_may_be_sent_back(catalogue: Catalogue) -> None:
    odd = catalogue_of(muffin(name="x" * 300, price=-5))
    assert shown(edited(odd, name="x" * 300, price=-5, tare=1)) == muffin(
        name="x" * 300, price=-5, tare=1
    )


def test_fields_that_are_not_known_pass_unchanged(catalogue: Catalogue) -> None:
    value: Json = {"deep": [1, None, {"ё": 2**63 - 1}]}
    assert shown(edited(catalogue, gtin=value))["gtin"] == value


def test_true_is_not_one(catalogue: Catalogue) -> None:
    after = edited(catalogue_of(muffin(flag=1)), flag=True)
    assert shown(after)["flag"] is True


class TestIdentity:
    def test_a_product_without_plu_goes_by_its_code(self) -> None:
        catalogue = catalogue_of(without(muffin(), "pluNumber"), bun())
        assert shown(edited(catalogue, 50, price=1), 50)["price"] == 1

    def test_a_code_that_is_also_a_plu_is_never_guessed(self) -> None:
        catalogue = catalogue_of(without(muffin(), "pluNumber"), bun(pluNumber=50))
        with raises(AmbiguousProductError, match=r"Маффин.*Булочка"):
            edited(catalogue, 50, price=1)

    def test_two_live_products_with_one_plu_are_not_edited(self) -> None:
        catalogue = catalogue_of(muffin(), bun(pluNumber=607))
        with raises(AmbiguousProductError, match=r"Маффин.*Булочка"):
            edited(catalogue, price=1)
        assert [each.code for each in catalogue.shown.warnings()] == ["shared_plu"]

    def test_two_live_products_with_one_code_are_not_edited(self) -> None:
        catalogue = catalogue_of(muffin(), bun(code=50))
        with pytest.raises(AmbiguousProductError):
            edited(catalogue, 608, price=1)

    def test_a_deleted_namesake_does_no_harm(self) -> None:
        catalogue = catalogue_of(bun(deleted=True, pluNumber=607), muffin())
        assert catalogue.shown.warnings() == []
        assert shown(edited(catalogue, price=1))["name"] == "Маффин"

    def test_firmware_may_send_the_plu_as_a_string(self) -> None:
        catalogue = catalogue_of(muffin(pluNumber="607", code="50"))
        after = edited(catalogue, price=1, code=50, pluNumber=607)
        assert shown(after) == muffin(pluNumber="607", code="50", price=1)

    @pytest.mark.parametrize("none", [0, "0", "0.000000", "", None])
    def test_none_of_the_ways_to_write_no_plu_is_a_plu(self, none: Json) -> None:
        catalogue = catalogue_of(muffin(pluNumber=none), bun(pluNumber=none))
        assert catalogue.shown.warnings() == []
        after = edited(edited(catalogue, 50, price=1), 51, price=2)
        assert [shown(after, code)["price"] for code in (50, 51)] == [1, 2]
        for same in (0, "0", "", None):
            assert edited(catalogue, 50, pluNumber=same).edits == ()
        with pytest.raises(UnknownProductError):
            edited(catalogue, 0, price=1)
        assert "PLU –" in label(catalogue.file.products[0])

    def test_a_product_can_be_given_a_plu_that_has_none(self) -> None:
        catalogue = catalogue_of(muffin(pluNumber=0), bun())
        assert shown(edited(catalogue, 50, pluNumber=700), 700)["code"] == 50
        with pytest.raises(InvalidFieldsError, match="pluNumber"):
            edited(catalogue, 50, pluNumber="x")

    def test_the_plu_of_a_product_with_a_code_may_change(self, catalogue: Catalogue) -> None:
        after = edited(catalogue, pluNumber=700)
        assert shown(after, 700)["name"] == "Маффин"
        assert edited(after, 700, pluNumber=607).edits == ()

    def test_the_plu_of_a_product_without_code_may_not(self) -> None:
        with pytest.raises(InvalidFieldsError, match="pluNumber"):
            edited(catalogue_of(without(muffin(), "code")), pluNumber=700)

    def test_a_product_cannot_come_back_to_a_number_that_was_taken(self) -> None:
        catalogue = catalogue_of(muffin(deleted=True), bun())
        moved = edited(catalogue, 608, pluNumber=609)
        assert shown(edited(moved, 607, deleted=False, pluNumber=608), 608)["code"] == 50
        with pytest.raises(InvalidFieldsError) as error:
            edited(catalogue, 607, deleted=False, pluNumber=608)
        other: Json = {"name": "Булочка", "code": 51, "plu": 608}
        assert faults(error) == {
            "pluNumber": [Fault("number_taken", {"product": other, "number": 608})]
        }


class TestDeletion:
    def test_a_product_deleted_by_an_edit_can_be_brought_back(self, catalogue: Catalogue) -> None:
        deleted = edited(catalogue, deleted=True)
        assert shown(deleted)["deleted"] is True
        assert edited(deleted, deleted=False).edits == ()

    def test_a_product_deleted_on_the_device_is_not_there(self) -> None:
        with raises(UnknownProductError, match="deleted"):
            edited(catalogue_of(muffin(deleted=True)), price=1)

    def test_nor_is_it_when_another_product_has_its_code(self) -> None:
        with raises(AmbiguousProductError, match="another product has its code"):
            edited(catalogue_of(muffin(deleted=True), bun(code=50)), deleted=False)

    def test_but_it_can_be_revived(self) -> None:
        after = edited(catalogue_of(muffin(deleted=True)), deleted=False, price=1)
        assert shown(after) == muffin(price=1)
        assert after.waiting


class TestStringFirmware:
    def test_a_string_stays_a_string_with_as_many_decimals(self) -> None:
        catalogue = catalogue_of(muffin(price="76.000000", shelfLife="7", deleted="false"))
        after = shown(edited(catalogue, price=80.5, shelfLife=8, deleted=True))
        assert (after["price"], after["shelfLife"], after["deleted"]) == ("80.500000", "8", "true")

    def test_no_decimal_of_a_price_is_lost(self) -> None:
        assert shown(edited(catalogue_of(muffin(price="76")), price=80.55))["price"] == "80.55"

    def test_decimals_are_counted_on_the_device(self) -> None:
        catalogue = catalogue_of(muffin(price="76", tare="0.012000"))
        assert edited(edited(catalogue, price=80.55), price=76).edits == ()
        again = edited(edited(catalogue, tare=0.12345678), tare=0)
        assert shown(again)["tare"] == "0.000000"

    def test_strings_may_be_sent_where_firmware_sends_strings(self) -> None:
        catalogue = catalogue_of(muffin(price="76.00"))
        assert edited(catalogue, price="76").edits == ()
        assert shown(edited(catalogue, price="80.5"))["price"] == "80.50"
        with pytest.raises(InvalidFieldsError, match="price"):
            edited(catalogue, price="80,5")


class TestShelfLife:
    def test_days_move_together_and_the_sell_by_date_follows(self, catalogue: Catalogue) -> None:
        form = muffin(shelfLife=10)
        after = edited(catalogue, **form)
        assert shown(after) == muffin(shelfLife=10, shelfLifeInDays=10, sellByDate="02-08-25")
        assert [edit.field for edit in after.edits] == ["shelfLife"]
        assert shown(edited(catalogue, shelfLifeInDays=10)) == shown(after)

    def test_setting_either_back_removes_the_edit(self, catalogue: Catalogue) -> None:
        after = edited(catalogue, shelfLife=10)
        assert edited(after, shelfLifeInDays=7).edits == ()
        assert edited(after, shelfLife=7).edits == ()

    def test_two_different_values_at_once_are_refused(self, catalogue: Catalogue) -> None:
        with pytest.raises(InvalidFieldsError, match="shelfLifeInDays"):
            edited(catalogue, shelfLife=10, shelfLifeInDays=11)
        assert edited(catalogue, shelfLife=10, shelfLifeInDays=10).waiting

    def test_hours_count_whole_days(self) -> None:
        catalogue = catalogue_of(muffin(shelfLife=48, shelfLifeType="HOURS", shelfLifeInDays=2))
        after = shown(edited(catalogue, shelfLife=73))
        assert (after["shelfLifeInDays"], after["sellByDate"]) == (3, "26-07-25")
        in_days = shown(edited(catalogue, shelfLifeInDays=4))
        assert (in_days["shelfLife"], in_days["sellByDate"]) == (96, "27-07-25")

    def test_a_sell_by_date_of_ones_own_stays(self, catalogue: Catalogue) -> None:
        after = edited(catalogue, shelfLife=10, sellByDate="01-08-25")
        assert shown(after)["sellByDate"] == "01-08-25"
        back = edited(after, sellByDate="30-07-25")
        assert shown(back)["sellByDate"] == "30-07-25"

    def test_the_date_that_follows_anyway_is_no_edit(self, catalogue: Catalogue) -> None:
        after = edited(catalogue, shelfLife=10, sellByDate="02-08-25")
        assert not any(edit.field == "sellByDate" for edit in after.edits)

    def test_the_order_of_the_fields_does_not_matter(self, catalogue: Catalogue) -> None:
        form: dict[str, Json] = {"shelfLife": 50, "shelfLifeInDays": 2, "shelfLifeType": "HOURS"}
        for fields in permutations(form.items()):
            assert shown(edited(catalogue, **dict(fields))).items() >= form.items()

    def test_hours_that_become_days_move_together(self) -> None:
        hours = catalogue_of(muffin(shelfLife=48, shelfLifeType="HOURS", shelfLifeInDays=2))
        form: dict[str, Json] = {"shelfLifeInDays": 3, "shelfLifeType": "DAYS"}
        for fields in permutations(form.items()):
            after = shown(edited(edited(hours, shelfLife=72), **dict(fields)))
            assert (after["shelfLife"], after["shelfLifeInDays"]) == (3, 3)

    @pytest.mark.parametrize(
        ("form", "life"),
        [
            ({"shelfLifeType": "HOURS"}, (7, 0, "23-07-25")),
            (muffin(shelfLifeType="HOURS"), (7, 0, "23-07-25")),
            ({"shelfLifeType": "HOURS", "shelfLife": 50}, (50, 2, "25-07-25")),
            (muffin(shelfLifeType="HOURS", shelfLife=50), (50, 2, "25-07-25")),
            ({"shelfLifeType": "HOURS", "shelfLifeInDays": 7}, (168, 7, "30-07-25")),
            ({"shelfLifeType": "HOURS", "shelfLifeInDays": 8}, (192, 8, "31-07-25")),
        ],
    )
    def test_another_type_means_another_sell_by_date(
        self, catalogue: Catalogue, form: dict[str, Json], life: tuple[Json, ...]
    ) -> None:
        after = edited(catalogue, **form)
        fields = ("shelfLife", "shelfLifeInDays", "sellByDate")
        assert tuple(shown(after)[field] for field in fields) == life
        assert edited(after, shelfLifeType="DAYS", shelfLife=7).edits == ()
        read = after.read(after.shown, at=NOON, moves=0)
        assert (read.edits, read.shown) == ((), after.shown)

    def test_a_type_keeps_the_length_that_was_set(self, catalogue: Catalogue) -> None:
        days = shown(edited(edited(catalogue, shelfLifeInDays=20), shelfLifeType="HOURS"))
        assert (days["shelfLife"], days["shelfLifeInDays"]) == (480, 20)
        life = shown(edited(edited(catalogue, shelfLife=20), shelfLifeType="HOURS"))
        assert (life["shelfLife"], life["shelfLifeInDays"]) == (20, 0)

    def test_hours_that_become_days_are_days_throughout(self) -> None:
        hours = catalogue_of(muffin(shelfLife=48, shelfLifeType="HOURS", shelfLifeInDays=2))
        after = shown(edited(hours, shelfLifeType="DAYS"))
        assert (after["shelfLife"], after["shelfLifeInDays"]) == (48, 48)
        assert after["sellByDate"] == "09-09-25"

    @pytest.mark.parametrize("days", [417, 9999])
    def test_more_hours_than_can_be_written_are_refused(
        self, catalogue: Catalogue, days: int
    ) -> None:
        with pytest.raises(InvalidFieldsError, match="shelfLifeInDays: too_many_hours"):
            edited(catalogue, shelfLifeInDays=days, shelfLifeType="HOURS")
        with pytest.raises(InvalidFieldsError, match="shelfLifeType: too_many_hours"):
            edited(edited(catalogue, shelfLifeInDays=days), shelfLifeType="HOURS")

    def test_what_contradicts_itself_is_refused(self, catalogue: Catalogue) -> None:
        with pytest.raises(InvalidFieldsError, match=r"InDays: other_days_of_hours\(days=2\)"):
            edited(catalogue, shelfLife=48, shelfLifeInDays=5, shelfLifeType="HOURS")

    def test_a_length_that_was_not_there_agrees_with_the_other(self) -> None:
        catalogue = catalogue_of(without(muffin(), "shelfLifeInDays"))
        after = edited(catalogue, shelfLifeInDays=9)
        assert shown(after).items() >= {"shelfLife": 9, "shelfLifeInDays": 9}.items()
        again = edited(after, shelfLife=5)
        assert shown(again).items() >= {"shelfLife": 5, "shelfLifeInDays": 5}.items()

    def test_a_device_that_contradicts_itself_gets_its_own_back(self) -> None:
        odd = muffin(shelfLife=48, shelfLifeType="HOURS", shelfLifeInDays=5)
        after = edited(catalogue_of(odd), shelfLife=50)
        assert shown(after)["shelfLifeInDays"] == 2
        assert shown(edited(after, shelfLife=48)) == odd

    def test_all_set_back_is_no_edit(self, catalogue: Catalogue) -> None:
        after = edited(edited(catalogue, shelfLife=6), sellByDate="30-07-25")
        assert shown(after)["sellByDate"] == "30-07-25"
        assert edited(after, shelfLife=7).edits == ()

    def test_an_unreadable_manufacture_date_leaves_the_sell_by_date(self) -> None:
        catalogue = catalogue_of(muffin(manufactureDate=""))
        assert shown(edited(catalogue, shelfLife=10))["sellByDate"] == "30-07-25"

    def test_no_shelf_life_makes_no_sell_by_date(self) -> None:
        catalogue = catalogue_of(muffin(sellByDate=""), bun())
        assert shown(edited(catalogue, shelfLife=0))["sellByDate"] == ""
        assert shown(edited(catalogue, 608, shelfLife=0), 608)["sellByDate"] == "23-07-25"

    def test_a_unit_that_is_not_known_leaves_the_sell_by_date(self) -> None:
        catalogue = catalogue_of(muffin(shelfLifeType="MONTHS"))
        assert shown(edited(catalogue, shelfLife=2))["sellByDate"] == "30-07-25"
