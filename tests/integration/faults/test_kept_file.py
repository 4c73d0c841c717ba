"""The file in the database equals the one in the emulated device after whatever it refused."""

from pathlib import Path
from typing import Any

import pytest

from domain.errors import AmbiguousProductError
from domain.products.refused import ProductsAtFaultError
from domain.runs.batch import UploadOf
from domain.runs.run import Outcome
from tests.harness.emulated import Emulated, emulated
from tests.harness.failures import raises
from tests.harness.products import muffin

DOCUMENT: dict[str, Any] = {
    "messages": [{"id": 1, "value": "Мука", "deleted": False}],
    "products": [
        *(muffin(code=code, id=code, pluNumber=code) for code in range(100, 110)),
        muffin(code=110, id=110, pluNumber=110, deleted=True),
        muffin(code=111, id=111, pluNumber=111, name="раз"),
        muffin(code=111, id=112, pluNumber=112, name="два"),
        {**muffin(code=113, id=113, pluNumber=0), "fieldOfNewerFirmware": [None]},
        {**muffin(code=114, id=114, pluNumber=0), "shelfLifeType": "hours"},
    ],
}


def equal(shop: Emulated) -> bool:
    return shop.catalogue.file.document == shop.device.document


@pytest.mark.parametrize("what", UploadOf)
def test_after_refused_edits_undeletions_and_additions(tmp_path: Path, what: UploadOf) -> None:
    with emulated(tmp_path, document=DOCUMENT) as shop:
        shop.device.document = {
            **DOCUMENT,
            "products": [each for each in DOCUMENT["products"] if each["code"] not in (108, 109)],
        }
        shop.read()
        shop.cases.products.restore_file(shop.anna, shop.id, 1)
        shop.edit(100, price=5)
        shop.edit(101, price=6)
        shop.edit(110, deleted=False)
        shop.break_by("refuse-products:100,108,110")
        with pytest.raises(ProductsAtFaultError) as refused:
            shop.cases.products.upload.for_user(shop.anna, shop.id, what)
        assert {culprit.product["code"] for culprit in refused.value.culprits} == {100, 108, 110}
        assert shop.on_device(101)["price"] == 6
        assert shop.on_device(109)["code"] == 109
        assert shop.on_device(110)["deleted"] is True
        assert equal(shop)
        assert {edit.product.number for edit in shop.catalogue.edits} == {100, 108, 110}
        shop.break_by(None)
        shop.cases.products.upload.for_user(shop.anna, shop.id, what)
        assert equal(shop)
        assert not shop.catalogue.edits


def test_after_a_renewal_that_was_refused_for_one_of_two_products_of_one_code(
    tmp_path: Path,
) -> None:
    with emulated(tmp_path, document=DOCUMENT) as shop:
        with pytest.raises(AmbiguousProductError):
            shop.edit(111, price=5)
        before = DOCUMENT["products"][11:13]
        shop.break_by("refuse-products:111,103")
        shop.renew()
        assert shop.run.outcome is Outcome.FAILED
        assert equal(shop)
        assert shop.catalogue.file.products[11:13] == before
        assert shop.on_device(104)["manufactureDate"] != before[0]["manufactureDate"]
        shop.break_by(None)
        shop.renew()
        assert not shop.unverified
        assert equal(shop)
        assert shop.on_device(114)["manufactureDate"] == shop.on_device(104)["manufactureDate"]
        assert shop.on_device(114)["sellByDate"] == before[0]["sellByDate"]


def test_after_products_that_are_refused_only_together(tmp_path: Path) -> None:
    with emulated(tmp_path, document=DOCUMENT) as shop:
        shop.break_by("refuse-together:100,109")
        shop.edit(109, price=5)
        shop.upload()
        assert equal(shop)
        assert shop.on_device(109)["price"] == 5


def test_after_the_cached_file_went_to_a_device_that_holds_more(tmp_path: Path) -> None:
    with emulated(tmp_path, document=DOCUMENT) as shop:
        shop.device.document = {
            "products": [muffin(code=7, id=7, pluNumber=7)],
            "categories": [{"idCategory": 1, "name": "Сдоба"}],
        }
        with raises(ProductsAtFaultError, match="повторяется"):
            shop.cases.products.upload.for_user(shop.anna, shop.id, UploadOf.CACHE)
        assert equal(shop)
        assert [each["code"] for each in shop.catalogue.file.products][:2] == [7, 100]
