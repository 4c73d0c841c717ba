"""Type, length and length in days of a shelf life are one thing, in whatever order they change."""

from itertools import permutations
from typing import Any, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidFieldsError
from domain.json_value import same
from domain.products import editing, restoring
from domain.products.catalogue import Catalogue
from domain.products.edit import Edit
from domain.products.label_dates import read_date, shelf_life, write_date
from domain.products.product import Product, number
from domain.products.shelf_life import FIELDS, agree, needed, same_shelf_life
from tests.harness.products import ANNA, NOON, catalogue_of, edited, file_of, muffin, shown

Patch: TypeAlias = dict[str, Any]

lengths = st.sampled_from([0, 1, 2, 5, 7, 23, 24, 48, 50, 72, 168, 416, 417, 9999])
types = st.sampled_from(["DAYS", "HOURS"])
changes: dict[str, st.SearchStrategy[Any]] = {
    "shelfLifeType": types,
    "shelfLife": lengths,
    "shelfLifeInDays": lengths,
    "sellByDate": st.sampled_from(["", "30-07-25", "01-08-25"]),
    "manufactureDate": st.sampled_from(["", "23-07-25", "24-07-25"]),
}
patches = st.fixed_dictionaries({}, optional=changes)


def as_strings(product: Product) -> Product:
    return {
        field: f"{value}.00" if field == "price" else str(value) if field in FIELDS else value
        for field, value in product.items()
    }


products = st.builds(
    lambda fields, gone, strings: (as_strings if strings else dict)(
        {name: value for name, value in muffin(**fields).items() if name not in gone}
    ),
    st.fixed_dictionaries({}, optional={**changes, "shelfLifeType": types | st.just("hours")}),
    st.sets(st.sampled_from([*sorted(FIELDS), "sellByDate"]), max_size=1),
    st.booleans(),
)
steps = st.lists(
    patches
    | st.tuples(st.just("discard"), st.integers(0, 4))
    | st.sampled_from(["send", "taken", "not taken", "back"]),
    max_size=8,
)


def patched(catalogue: Catalogue, patch: Patch) -> Catalogue:
    try:
        return edited(catalogue, **patch)
    except InvalidFieldsError:
        return catalogue


def waiting(catalogue: Catalogue) -> list[Edit]:
    return [edit for edit in catalogue.edits if edit.field in FIELDS]


def require_consistent(catalogue: Catalogue) -> None:
    """What an edit has touched says one thing: the lengths, and the sell-by date with them."""
    [held], [product] = catalogue.file.products, catalogue.shown.products
    if not waiting(catalogue):
        assert same_shelf_life(held, product)
        return
    if any(not same(product.get(str(edit.field)), edit.after) for edit in waiting(catalogue)):
        # Too many hours: the edit waits until the device counts days.
        assert same_shelf_life(held, product)
        return
    assert agree(product) or same_shelf_life(held, product)
    made, kept = read_date(product.get("manufactureDate")), shelf_life(product)
    if made and kept is not None and "sellByDate" not in {edit.field for edit in catalogue.edits}:
        assert product["sellByDate"] == write_date(made + kept)
    for edit in catalogue.edits:
        assert same(product[str(edit.field)], edit.after)


def taken_step(catalogue: Catalogue, step: Any) -> Catalogue:
    file = catalogue.file
    match step:
        case dict():
            return patched(catalogue, step)
        case ("discard", at):
            gone = [edit.version for edit in catalogue.edits[at : at + 1]]
            return editing.discarded(catalogue, gone, by=ANNA, at=NOON)
        case "send":
            return catalogue.uploading(catalogue.overlay.placed)
        case "taken":
            return catalogue.read(catalogue.shown, at=NOON, moves=0)
        case "not taken":
            return catalogue.read(file, at=NOON, moves=0)
    back = {name: value for name, value in file.products[0].items() if name in changes}
    return patched(catalogue, back)


def test_days_that_are_too_many_hours_wait_while_the_device_counts_hours() -> None:
    held = muffin(shelfLifeType="HOURS", shelfLife=48, shelfLifeInDays=2, sellByDate="25-07-25")
    catalogue = edited(edited(catalogue_of(held), shelfLifeType="DAYS"), shelfLifeInDays=417)
    [of_type] = [edit for edit in catalogue.edits if edit.field == "shelfLifeType"]
    left = editing.discarded(catalogue, [of_type.version], by=ANNA, at=NOON)
    assert shown(left) == held
    assert [(edit.field, edit.after) for edit in left.edits] == [("shelfLifeInDays", 417)]
    assert [left.state(edit) for edit in left.edits] == ["orphaned"]
    in_days = left.read(file_of({**held, "shelfLifeType": "DAYS"}), at=NOON, moves=0)
    assert shown(in_days)["shelfLife"] == 417


@settings(max_examples=400, deadline=None)
@given(products, steps)
def test_every_order_of_edits_ends_consistent(product: Product, steps: list[Any]) -> None:
    catalogue = catalogue_of(product)
    for step in steps:
        catalogue = taken_step(catalogue, step)
        require_consistent(catalogue)
        if step == "taken":
            assert not waiting(catalogue)


@settings(max_examples=200, deadline=None)
@given(products, st.lists(patches, max_size=4))
def test_setting_all_back_leaves_no_edit(product: Product, edits: list[Patch]) -> None:
    catalogue = catalogue_of(product)
    for patch in edits:
        catalogue = patched(catalogue, patch)
    if product.get("shelfLifeType") not in ("DAYS", "HOURS") or not agree(product):
        return
    if not product.keys() >= FIELDS:
        return
    for name in ("shelfLifeType", "shelfLife"):
        catalogue = patched(catalogue, {name: product[name]})
    assert not waiting(catalogue)


@settings(max_examples=200, deadline=None)
@given(
    products,
    st.fixed_dictionaries({"shelfLifeType": types}, optional={"price": st.integers(1, 9)}),
    st.sampled_from(["shelfLife", "shelfLifeInDays"]),
    lengths,
)
def test_neither_the_order_nor_the_number_of_requests_matters(
    product: Product, patch: Patch, length: str, value: int
) -> None:
    """For values that are not shown already, which are no edits."""
    changed = {**patch, length: value}
    if changed["shelfLifeType"] == product.get("shelfLifeType"):
        return
    if any(number(product.get(field)) in (value, value // 24) for field in FIELDS):
        return
    ends: list[Product] = []
    for fields in permutations(changed.items()):
        try:
            ends.append(shown(edited(catalogue_of(product), **dict(fields))))
            catalogue = catalogue_of(product)
            for field, each in fields:
                catalogue = edited(catalogue, **{field: each})
            ends.append(shown(catalogue))
        except InvalidFieldsError:
            continue
    assert all(same(end, ends[0]) for end in ends)


@settings(max_examples=200, deadline=None)
@given(products, products, st.lists(patches, max_size=2))
def test_a_former_shelf_life_comes_back_exactly(
    product: Product, former: Product, edits: list[Patch]
) -> None:
    catalogue = catalogue_of(product)
    for patch in edits:
        catalogue = patched(catalogue, patch)
    after = restoring.restored(catalogue, file_of(former), by=ANNA, at=NOON, today=NOON.date())
    for field in FIELDS & former.keys():
        assert str(shown(after)[field]) == str(former[field])
    again = after.read(after.shown, at=NOON, moves=0)
    assert not waiting(again)


@given(products, st.fixed_dictionaries({}, optional={name: changes[name] for name in FIELDS}))
def test_what_is_needed_is_no_more_than_what_is_given(product: Product, values: Patch) -> None:
    assert needed(product, values).items() <= values.items()
    assert needed(product, {name: product[name] for name in FIELDS & product.keys()}) == {}
