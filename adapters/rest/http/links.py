"""The calls that help with a failure: members of its problem, for programs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from domain.json_value import Json

EVERYWHERE: Final[Mapping[str, Mapping[str, str]]] = {
    "InvalidToken": {"sign_in": "/auth/login"},
    "SignInRefused": {"sign_in": "/auth/login"},
    "UnknownDevice": {"devices": "/devices"},
    "UnknownDevices": {"devices": "/devices"},
    "UnknownBatch": {"runs": "/runs"},
    "UnknownPath": {"docs": "/docs"},
}
"""By code."""
OF_DEVICE: Final[Mapping[str, Mapping[str, str]]] = {
    "NothingRead": {"read": "/products"},
    "AddressChanged": {"read": "/products"},
    "UnknownProduct": {"read": "/products", "products": "/products/cached"},
    "AmbiguousProduct": {"read": "/products", "products": "/products/cached"},
    "CatalogueChanged": {"products": "/products/cached"},
    "DeviceReplaced": {"read": "/products", "restore": "/upload?source=cache"},
    "ClashingEdits": {"edits": "/products/edits"},
    "UnknownEdit": {"edits": "/products/edits"},
    "TooManyEdits": {"edits": "/products/edits", "upload": "/upload"},
    "ProductsAtFault": {"products": "/products/cached", "upload": "/upload"},
    "UnknownFile": {"files": "/files"},
    "StoredPassword": {"change": ""},
    "ScalesWrongPassword": {"change": ""},
    "PasswordNotTried": {"change": ""},
    "PasswordsNotTriedThere": {"status": "/status"},
    "ScalesUnreachable": {"status": "/status", "change": ""},
    "ScalesTimedOut": {"status": "/status"},
    "ScalesNonsense": {"status": "/status", "change": ""},
    "WebServer": {"change": ""},
}
"""By code: what follows the path of the device."""


def links_of(
    code: str, facts: Mapping[str, Any], root: str, arguments: Mapping[str, Any] | None
) -> dict[str, Json]:
    """References by what they are for. `arguments` are those in the path that was asked for."""
    links: dict[str, Json] = {
        name: f"{root}{path}" for name, path in EVERYWHERE.get(code, {}).items()
    }
    device_id = (arguments or {}).get("device_id")
    if device_id is None:
        return links
    device = f"{root}/devices/{device_id}"
    links |= {name: f"{device}{path}" for name, path in OF_DEVICE.get(code, {}).items()}
    edits: Sequence[int] = facts.get("edits", ()) if code == "ClashingEdits" else ()
    if len(edits) == 1:
        links["discard"] = f"{device}/products/edits/{edits[0]}"
    return links
