"""Examples in the document: products, edits, uploads, files and checks."""

from typing import Final

from adapters.rest.shared.label_checks import CHECKS
from domain.json_value import Json

FILE: Final[dict[str, Json]] = {
    "products": [
        {
            "code": 50,
            "deleted": False,
            "id": 10380,
            "manufactureDate": "23-11-26",
            "name": "Blueberry muffin",
            "pieceWeight": 0.0,
            "pluNumber": 607,
            "price": 76.5,
            "productType": "PIECE",
            "sellByDate": "30-11-26",
            "shelfLife": 7,
            "shelfLifeInDays": 7,
            "shelfLifeType": "DAYS",
            "tare": 0.0,
        }
    ]
}
EDIT: Final[dict[str, Json]] = {
    "id": 12,
    "plu": 607,
    "code": 50,
    "name": "Blueberry muffin",
    "field": "price",
    "from": 76.5,
    "to": 79.0,
    "who": "baker@example.com",
    "when": "2026-11-23T07:19:42Z",
    "state": "waiting",
}
UPLOADED: Final[dict[str, Json]] = {
    "status": "ok",
    "products": 678,
    "edits": 1,
    "changed_on_device": [
        {
            "plu": 607,
            "code": 50,
            "name": "Blueberry muffin",
            "field": "price",
            "from": 76.5,
            "to": 79.0,
        }
    ],
    "warnings": [],
}
CHANGED: Final[dict[str, Json]] = {"field": "price", "from": 76.5, "to": 79.9}
DEVICE_EDIT: Final[dict[str, Json]] = {
    "device_id": 7,
    "name": "Bakery counter",
    "result": "edited",
    "product": {"plu": 607, "code": 50, "name": "Blueberry muffin"},
    "changed": [CHANGED],
    "type": None,
    "detail": None,
    "errors": {},
}
DEVICE_WITHOUT_PRODUCT: Final[dict[str, Json]] = {
    "device_id": 8,
    "name": "Bread counter",
    "result": "no_such_product",
    "product": None,
    "changed": [],
    "type": "/problems/unknown-product",
    "detail": "There is no product with code 50 on this scale.",
    "errors": {},
}
FORMER_FILE: Final[dict[str, Json]] = {
    "n": 3,
    "read_at": "2026-11-22T18:02:11Z",
    "replaced_at": "2026-11-23T07:19:42Z",
    "products": 678,
    "bytes": 151_203,
}
DIFFERENCES: Final[list[Json]] = [
    {
        "plu": 607,
        "code": 50,
        "name": "Blueberry muffin",
        "field": "price",
        "from": 76.5,
        "to": 79.0,
    },
    {
        "plu": 608,
        "code": 51,
        "name": "Bun",
        "field": None,
        "from": {"code": 51, "pluNumber": 608, "name": "Bun", "price": 30.0},
        "to": None,
    },
]
LABEL_CHECK: Final[dict[str, Json]] = {
    "today": "2026-11-23",
    "counts": {**dict.fromkeys(CHECKS, 0), "sell_by_past": 1},
    "products": [
        {
            "plu": 607,
            "code": 50,
            "name": "Blueberry muffin",
            "checks": [
                {
                    "check": "sell_by_past",
                    "detail": "The sell-by date 2026-11-20 has passed.",
                    "remedy": "Take the goods off the shelf. If they are fresh, have the dates "
                    "renewed, or correct the sell-by date.",
                }
            ],
            "exception": {"code": 50, "keep": True, "note": "Dated by the dairy"},
        }
    ],
    "next": None,
}
