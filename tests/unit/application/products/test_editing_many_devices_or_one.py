"""What many devices are told of one edit is what each would have been told of it alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.products.bulk_editing import EditResult
from application.products.editing import EditProduct
from domain.devices.device import DeviceId
from domain.errors import InvalidFieldsError
from domain.json_value import Json
from domain.products.fields import refuse_impossible
from domain.products.product import Product
from domain.products.product_file import ProductFile
from tests.harness.many_devices import GONE, ManyDevices
from tests.harness.products import bun, muffin, without
from tests.unit.domain.products.test_catalogue_properties import files, known_fields

patches = st.fixed_dictionaries(
    {},
    optional={
        **known_fields,
        "price": known_fields["price"] | st.sampled_from([-1, 1.234, "5", "5.5"]),
        "code": st.integers(1, 4),
    },
)


@given(st.lists(files | st.none(), min_size=1, max_size=3), st.integers(1, 4), patches)
def test_each_device_is_told_what_an_edit_of_it_alone_would_have_been_told(
    held: list[ProductFile | None], plu: int, fields: dict[str, Json]
) -> None:
    fleet, alone = ManyDevices(), ManyDevices()
    for each in (fleet, alone):
        for file in held:
            device_id = each.add_unread()
            if file is not None:
                each.put(device_id, file)
    device_ids = [DeviceId(number) for number in range(1, len(held) + 1)]
    edit_product = EditProduct(alone.storage, alone.clock)
    failures: list[Exception | None] = []
    for device_id in (*device_ids, GONE):
        try:
            edit_product(alone.anna, device_id, plu, fields)
        except Exception as error:
            failures.append(error)
        else:
            failures.append(None)
    try:
        done = fleet.edit("plu", plu, fields, [*device_ids, GONE])
    except InvalidFieldsError:
        # Only what is refused of every product, but for one that has this very value.
        with pytest.raises(InvalidFieldsError):
            refuse_impossible(fields)
        return
    told = [(type(each.error), str(each.error)) for each in done]
    assert told == [(type(failure), str(failure)) for failure in failures]
    for edit in done[:-1]:
        before, after = held[edit.device_id - 1], fleet.catalogue_of(edit.device_id)
        assert after == alone.catalogue_of(edit.device_id)
        if edit.error is None:
            assert before is not None
            assert after is not None
            assert (edit.result is EditResult.EDITED) == (after.shown.products != before.products)


@pytest.mark.parametrize("plu", [607, 608])
@pytest.mark.parametrize(
    "product", [muffin(), muffin(deleted=True), muffin(price="76.0"), without(muffin(), "price")]
)
@pytest.mark.parametrize(
    "fields", [{"price": 1}, {"deleted": False}, {"code": 9}, {"code": 50}, {}]
)
def test_a_code_does_what_the_plu_of_its_product_does(
    product: Product, plu: int, fields: dict[str, Json]
) -> None:
    by_code, by_plu = ManyDevices(), ManyDevices()
    for each in (by_code, by_plu):
        each.add({**product, "pluNumber": plu}, bun(pluNumber=700))
    [one] = by_code.edit("code", 50, fields)
    [other] = by_plu.edit("plu", plu, fields)
    assert (one.result, one.product, type(one.error)) == (
        other.result,
        other.product,
        type(other.error),
    )
    assert by_code.catalogue_of(one.device_id) == by_plu.catalogue_of(one.device_id)
