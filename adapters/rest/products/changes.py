"""Products and what changed in them, as clients see it."""

from adapters.rest.http.responses import brief, instant, named
from application.products.pending_edits import PendingEdit
from domain.json_value import ABSENT, Json, MaybeJson
from domain.products.differences import FieldChange, FileDifference
from domain.products.product import Product


def change_json(change: FieldChange) -> Json:
    """Returns a field that changed, with null for what is absent."""
    return {**named(change.product), **of_one_product(change)}


def of_one_product(change: FieldChange) -> dict[str, Json]:
    """Returns a field that changed in a product that is named elsewhere, with null for what is
    absent."""
    return {
        "field": change.field,
        "from": _or_null(change.before),
        "to": _or_null(change.after),
    }


def difference_json(difference: FileDifference) -> Json:
    """Returns the fields that changed, then whole products that were added and removed."""
    return [
        *map(change_json, difference.changed),
        *(_whole(product, None, product) for product in difference.added),
        *(_whole(product, product, None) for product in difference.removed),
    ]


def edit_json(pending: PendingEdit) -> Json:
    """Returns an edit that waits for upload. If its product is gone, only the key of it is
    known."""
    edit = pending.edit
    kind, key = edit.product
    gone: dict[str, Json] = {
        "plu": key if kind == "plu" else None,
        "code": key if kind == "code" else None,
        "name": None,
    }
    return {
        "id": edit.version,
        **(gone if pending.product is None else named(pending.product)),
        "field": edit.field,
        "from": _or_null(edit.before),
        "to": edit.after,
        "who": pending.who,
        "when": instant(edit.at),
        "state": pending.state,
    }


def _whole(product: Product, before: Json, after: Json) -> Json:
    return {**named(product), "field": None, "from": before, "to": after}


def _or_null(value: MaybeJson) -> Json:
    return None if value is ABSENT else brief(value)
