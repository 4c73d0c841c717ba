"""What the tests of many writers on one database share."""

from adapters.database.storage import SqlStorage
from domain.devices.device import Device
from domain.json_value import Json
from domain.products.product_file import ProductFile
from tests.harness import stored

PRODUCTS = 100


def with_products(storage: SqlStorage, name: str = "Bakery") -> Device:
    device = stored.stored_device(storage, name)
    products: list[Json] = [
        {"code": number, "pluNumber": number, "name": "Хлеб", "price": 1}
        for number in range(1, PRODUCTS + 1)
    ]
    with storage.transaction() as tx:
        tx.catalogues.save(stored.catalogue(device.id, ProductFile.of({"products": products})))
        tx.schedules.save(stored.schedule(device.id))
    return device
