"""Products for tests, as devices send them."""

from datetime import UTC, datetime

from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.json_value import Json
from domain.products import editing
from domain.products.catalogue import Catalogue
from domain.products.product import Product
from domain.products.product_file import ProductFile

ANNA = UserId(1)
DEVICE = DeviceId(7)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def muffin(**fields: Json) -> Product:
    return {
        "code": 50,
        "deleted": False,
        "id": 10380,
        "manufactureDate": "23-07-25",
        "name": "Маффин",
        "pieceWeight": 0.0,
        "pluNumber": 607,
        "price": 76.0,
        "productType": "PIECE",
        "sellByDate": "30-07-25",
        "shelfLife": 7,
        "shelfLifeType": "DAYS",
        "tare": 0.0,
        "shelfLifeInDays": 7,
        **fields,
    }


def bun(**fields: Json) -> Product:
    return {**muffin(), "code": 51, "id": 10381, "name": "Булочка", "pluNumber": 608, **fields}


def without(product: Product, *fields: str) -> Product:
    return {field: value for field, value in product.items() if field not in fields}


def file_of(*products: Product, **sections: Json) -> ProductFile:
    return ProductFile.of({**sections, "products": list(products)})


def catalogue_of(*products: Product) -> Catalogue:
    return Catalogue(device_id=DEVICE, file=file_of(*products), read_at=NOON, moves=0)


def shown(catalogue: Catalogue, plu: int = 607) -> Product:
    return catalogue.shown.products[catalogue.shown.find(plu)]


def edited(catalogue: Catalogue, plu: int = 607, /, **fields: Json) -> Catalogue:
    return editing.edited(catalogue, plu, fields, by=ANNA, at=NOON)
