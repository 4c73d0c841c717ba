"""A device and its password."""

from datetime import timedelta

import pytest

from domain.accounts.user import UserId
from domain.devices.device import Address, Device
from domain.errors import PasswordNotTriedError
from tests.harness.products import DEVICE, NOON


@pytest.fixture
def device() -> Device:
    return Device(
        id=DEVICE,
        owner_id=UserId(1),
        name="Касса",
        description="",
        address=Address("10.0.0.7", 1111),
        protocol="TCP",
        encrypted_password="old",  # noqa: S106  # no password at all
    )


def test_a_refused_password_is_tried_once_a_minute(device: Device) -> None:
    device.require_password_worth_trying(NOON)
    refused = device.password_refused(NOON)
    with pytest.raises(PasswordNotTriedError, match=r"\(refusals=1, wait_seconds=1\)"):
        refused.require_password_worth_trying(NOON + timedelta(seconds=59))
    refused.require_password_worth_trying(NOON + timedelta(seconds=60))


def test_and_five_times_in_all(device: Device) -> None:
    for _ in range(5):
        device = device.password_refused(NOON)
    with pytest.raises(PasswordNotTriedError, match=r"\(refusals=5\)"):
        device.require_password_worth_trying(NOON + timedelta(days=300))
    device.password_taken().require_password_worth_trying(NOON)
    device.changed(encrypted_password="new").require_password_worth_trying(NOON)  # noqa: S106


def test_another_name_does_not_make_a_password_right(device: Device) -> None:
    renamed = device.password_refused(NOON).changed(name="Отдел")
    with pytest.raises(PasswordNotTriedError):
        renamed.require_password_worth_trying(NOON)
