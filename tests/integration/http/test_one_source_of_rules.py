"""What the document says of the bounds of values is what the domain says of them."""

from typing import Any

import pytest

from domain.accounts import rules as accounts
from domain.bounds import Length, Range
from domain.devices import rules as devices
from domain.renewal import rules as renewal
from tests.harness.over_http import User


@pytest.fixture
def schemas(anna: User) -> dict[str, Any]:
    found: dict[str, Any] = anna.get("/openapi.json").get_json()["components"]["schemas"]
    return found


@pytest.mark.parametrize(
    ("schema", "member", "rule"),
    [
        ("NewUser", "email", accounts.EMAIL),
        ("NewUser", "password", accounts.PASSWORD),
        ("NewDevice", "name", devices.NAME),
        ("NewDevice", "description", devices.DESCRIPTION),
        ("NewDevice", "ip", devices.HOST),
        ("NewDevice", "time_zone", devices.TIME_ZONE),
        ("DeviceChanges", "name", devices.NAME),
        ("DeviceChanges", "ip", devices.HOST),
        ("RenewalException", "note", renewal.NOTE),
    ],
)
def test_lengths(schemas: dict[str, Any], schema: str, member: str, rule: Length) -> None:
    stated = schemas[schema]["properties"][member]
    assert (stated.get("minLength", 0), stated["maxLength"]) == (rule.least, rule.most)


@pytest.mark.parametrize(
    ("schema", "member", "rule"),
    [
        ("NewDevice", "port", devices.PORT),
        ("DeviceChanges", "port", devices.PORT),
        ("AutoUpdateSettings", "interval_minutes", renewal.INTERVAL_MINUTES),
    ],
)
def test_ranges(schemas: dict[str, Any], schema: str, member: str, rule: Range) -> None:
    stated = schemas[schema]["properties"][member]
    assert (stated["minimum"], stated["maximum"]) == (rule.lowest, rule.highest)


def test_forms(schemas: dict[str, Any]) -> None:
    device, settings = (schemas[name]["properties"] for name in ("NewDevice", "AutoUpdateSettings"))
    assert device["password"]["pattern"] == f"^{devices.PASSWORD_FORM}$"
    assert {"pattern": f"^{devices.HOST_NAME_FORM}$"} in device["ip"]["anyOf"]
    assert settings["daily_at"]["items"]["pattern"] == f"^{renewal.TIME_OF_DAY_FORM}$"
    assert settings["daily_at"]["maxItems"] == renewal.MOST_DAILY_TIMES
