"""What holds for any product file, any edits and any read."""

from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.json_text import dumps, loads
from domain.errors import AmbiguousProductError, InvalidFieldsError, UnknownProductError
from domain.json_value import Json, same
from domain.products import editing
from domain.products.catalogue import Catalogue
from domain.products.label_dates import read_date, renewed
from domain.products.overlay import overlay_of
from domain.products.product import Product, is_live, key_of
from domain.products.product_file import ProductFile
from tests.harness.products import ANNA, DEVICE, NOON, file_of, muffin

scalars: st.SearchStrategy[Json] = (
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
values: st.SearchStrategy[Json] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
numbers = st.integers(1, 4)
known_fields = {
    "price": st.integers(0, 9999).map(lambda kopecks: float(Decimal(kopecks) / 100)),
    "name": st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    "shelfLife": st.integers(0, 40),
    "shelfLifeInDays": st.integers(0, 40),
    "shelfLifeType": st.sampled_from(["DAYS", "HOURS"]),
    "manufactureDate": st.sampled_from(["", "01-02-26", "03-04-26"]),
    "sellByDate": st.sampled_from(["", "05-02-26", "08-04-26"]),
    "pluNumber": numbers,
    "deleted": st.booleans(),
    "extra": values,
}


def as_strings(product: Product) -> Product:
    texts = {"price": "{:.6f}", "shelfLife": "{}", "shelfLifeInDays": "{}", "deleted": "{}"}
    return {
        field: texts[field].format(value).lower() if field in texts else value
        for field, value in product.items()
    }


products = st.builds(
    lambda code, fields, strings: (as_strings if strings else dict)(
        {**muffin(**fields), **({} if code is None else {"code": code})}
    ),
    st.none() | numbers,
    st.fixed_dictionaries({}, optional=known_fields),
    st.booleans(),
)
files = st.lists(products, max_size=5).map(lambda listed: file_of(*listed, extra=[1, None]))
patches = st.lists(st.tuples(numbers, st.fixed_dictionaries({}, optional=known_fields)), max_size=6)


def patched(file: ProductFile, edits: list[tuple[int, dict[str, Json]]]) -> Catalogue:
    catalogue = Catalogue(device_id=DEVICE, file=file, read_at=NOON, moves=0)
    for plu, fields in edits:
        try:
            catalogue = editing.edited(catalogue, plu, fields, by=ANNA, at=NOON)
        except (UnknownProductError, AmbiguousProductError, InvalidFieldsError):
            continue
    return catalogue


@given(values)
def test_json_text_survives_a_round_trip(value: Json) -> None:
    assert same(loads(dumps(value)), value)


@given(files, patches)
def test_editing_never_changes_the_file_nor_any_other_product(
    file: ProductFile, edits: list[tuple[int, dict[str, Json]]]
) -> None:
    before = dumps(file.document)
    catalogue = patched(file, edits)
    assert dumps(catalogue.file.document) == before
    touched = {edit.product for edit in catalogue.edits}
    for held, shown in zip(file.products, catalogue.shown.products, strict=True):
        if key_of(held) not in touched:
            assert shown == held


@given(files, patches, files)
def test_a_read_loses_no_edit(
    file: ProductFile, edits: list[tuple[int, dict[str, Json]]], new: ProductFile
) -> None:
    before = patched(file, edits)
    after = before.read(new, at=NOON, moves=0)
    kept = {edit.version for edit in after.edits}
    for edit in before.edits:
        if edit.version not in kept:
            assert edit.field is not None
            holders = [product for product in new.products if key_of(product) == edit.product]
            assert any(
                same(product.get(edit.field), edit.after)
                or str(edit.after).lower() in str(product.get(edit.field))
                or Decimal(str(product.get(edit.field))) == Decimal(str(edit.after))
                for product in holders
            )


@given(files, patches)
def test_what_is_shown_has_every_waiting_edit(
    file: ProductFile, edits: list[tuple[int, dict[str, Json]]]
) -> None:
    catalogue = patched(file, edits)
    for edit in catalogue.edits:
        if catalogue.state(edit) == "orphaned":
            assert not any(
                key_of(shown) == edit.product and is_live(shown)
                for shown in catalogue.shown.products
            )
            continue
        [shown] = [
            shown
            for held, shown in zip(file.products, catalogue.shown.products, strict=True)
            if key_of(held) == edit.product and (is_live(held) or is_live(shown))
        ]
        assert edit.field is not None
        assert same(shown[edit.field], edit.after)


@given(files, patches)
def test_editing_again_what_is_shown_changes_nothing(
    file: ProductFile, edits: list[tuple[int, dict[str, Json]]]
) -> None:
    catalogue = patched(file, edits)
    for product in catalogue.shown.products:
        plu = product.get("pluNumber")
        try:
            if (
                isinstance(plu, int)
                and catalogue.shown.products[catalogue.shown.find(plu)] is product
            ):
                assert editing.edited(catalogue, plu, product, by=ANNA, at=NOON) == catalogue
        except (UnknownProductError, AmbiguousProductError):
            continue


@given(files, patches, patches)
def test_an_accepted_upload_leaves_exactly_what_was_edited_meanwhile(
    file: ProductFile,
    edits: list[tuple[int, dict[str, Json]]],
    meanwhile: list[tuple[int, dict[str, Json]]],
) -> None:
    catalogue = patched(file, edits)
    sent = overlay_of(catalogue.edits, file)
    under_way = catalogue.uploading(sent.placed)
    for plu, fields in meanwhile:
        try:
            under_way = editing.edited(under_way, plu, fields, by=ANNA, at=NOON)
        except (UnknownProductError, AmbiguousProductError, InvalidFieldsError):
            continue
    after = under_way.accepted(sent.file, sent.placed, at=NOON)
    assert not {edit.version for edit in after.edits} & sent.placed
    for seen, shown in zip(under_way.shown.products, after.shown.products, strict=True):
        if not is_live(shown):
            # The upload deleted it: what was edited meanwhile is orphaned, and not lost.
            left = {edit.version for edit in after.edits}
            for edit in under_way.edits:
                if edit.product == key_of(shown) and edit.version not in sent.placed | left:
                    assert same(shown.get(str(edit.field)), edit.after)
            continue
        for field in {"price", "name", "shelfLife", "pluNumber", "deleted", "extra"} & seen.keys():
            assert same(shown.get(field), seen[field]), field


@settings(max_examples=300)
@given(files, st.dates(date(2000, 1, 1), date(2050, 1, 1)))
def test_renewal_changes_dates_and_nothing_else(file: ProductFile, today: date) -> None:
    after = renewed(file, today)
    dates = {"manufactureDate", "sellByDate"}
    for old, new in zip(file.products, after.products, strict=True):
        if not is_live(old):
            assert new == old
            continue
        assert read_date(new["manufactureDate"]) == today
        assert {field: new[field] for field in new.keys() - dates} == {
            field: old[field] for field in old.keys() - dates
        }
    assert {**after.document, "products": 0} == {**file.document, "products": 0}
