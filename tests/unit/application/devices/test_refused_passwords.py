"""An address where passwords are refused is left alone, whichever device they are of."""

from datetime import timedelta

import pytest

from application.devices.registration import DeviceChanges
from application.ports.scales import ScalesWrongPasswordError
from domain.devices.device import Address
from domain.errors import EndpointRefusedError, PasswordNotTriedError
from tests.harness.failures import raises
from tests.harness.installation import HERE, THERE, InMemory
from tests.harness.work import do_all

HOUR = timedelta(hours=1)


@pytest.fixture
def shop() -> InMemory:
    shop = InMemory()
    shop.device.password = "9999"  # noqa: S105  # the device's
    shop.scales.names = {"bakery.shop": (HERE.host,)}
    return shop


def set_password(shop: InMemory, password: str) -> None:
    shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(password=password))


def refuse(shop: InMemory, times: int) -> None:
    for number in range(times):
        set_password(shop, f"000{number}")
        with pytest.raises(ScalesWrongPasswordError):
            shop.read()


def tries(shop: InMemory) -> int:
    return shop.device.counts["wrong passwords"]


def test_eight_passwords_are_tried_however_often_another_is_set(shop: InMemory) -> None:
    refuse(shop, 8)
    for _ in range(3):
        set_password(shop, "9999")
        with raises(EndpointRefusedError, match=r"at 10\.0\.0\.7:1111 has refused 8 passwords"):
            shop.read()
        shop.clock.sleep(3600)
    assert tries(shop) == 8


def test_all_users_and_ways_of_writing_the_address_count_together(shop: InMemory) -> None:
    refuse(shop, 6)
    boris = shop.cases.accounts.register("boris@example.org", "battery staple").id
    for number, host in enumerate(("10.0.0.7", "::ffff:10.0.0.7", "bakery.shop")):
        device = shop.add_device(boris, f"Theirs {number}", Address(host, HERE.port))
        with pytest.raises((ScalesWrongPasswordError, EndpointRefusedError)):
            shop.cases.products.read.for_user(boris, device)
    assert tries(shop) == 8
    with pytest.raises(EndpointRefusedError):
        shop.read()


def test_another_port_is_another_scale(shop: InMemory) -> None:
    refuse(shop, 8)
    other = Address(HERE.host, 1112)
    shop.scales.plug_in(other, {"products": []})
    shop.cases.products.read.for_user(shop.anna, shop.add_device(shop.anna, "Other", other))


def test_one_that_is_taken_begins_the_count_anew(shop: InMemory) -> None:
    refuse(shop, 7)
    set_password(shop, "9999")
    shop.read()
    refuse(shop, 8)
    assert tries(shop) == 15


def test_the_bounds_of_one_password_stay(shop: InMemory) -> None:
    refuse(shop, 1)
    with pytest.raises(PasswordNotTriedError, match="wait_seconds=60"):
        shop.read()
    for _ in range(4):
        shop.clock.sleep(61)
        with pytest.raises(ScalesWrongPasswordError):
            shop.read()
    shop.clock.sleep(61)
    with raises(PasswordNotTriedError, match="5 times"):
        shop.read()
    refuse(shop, 3)
    assert tries(shop) == 8


def test_renewals_stop_there_until_an_operator_clears_it(shop: InMemory) -> None:
    shop.cases.renewal.change_schedule(shop.anna, shop.id, enabled=True, interval=12 * HOUR)
    refuse(shop, 8)
    set_password(shop, "9999")
    assert do_all(shop.cases) == 1
    assert tries(shop) == 8
    assert shop.cases.devices.show_status(shop.anna, shop.id).wrong_password
    shop.clock.sleep(24 * 3600)
    assert do_all(shop.cases) == 0
    assert shop.cases.devices.clear_refusals(Address("bakery.shop", HERE.port)) == 8
    assert shop.cases.devices.clear_refusals(HERE) == 0
    assert do_all(shop.cases) == 1
    assert shop.schedule.last_status == "OK"


def test_a_status_is_asked_there_and_forgives_nothing(shop: InMemory) -> None:
    refuse(shop, 8)
    assert shop.cases.devices.show_status(shop.anna, shop.id).reachable
    with pytest.raises(EndpointRefusedError):
        shop.read()


def test_a_refusal_of_a_password_that_was_replaced_meanwhile_counts_there(shop: InMemory) -> None:
    for number in range(8):
        shop.device.during = lambda _: None
        decrypt = shop.cipher.decrypt

        def decrypt_and_change(encrypted: str, decrypt=decrypt, number=number) -> str:  # type: ignore[no-untyped-def]
            set_password(shop, f"111{number}")
            return str(decrypt(encrypted))

        shop.cipher.decrypt = decrypt_and_change  # type: ignore[method-assign]  # for this test
        with pytest.raises(ScalesWrongPasswordError):
            shop.read()
        shop.cipher.decrypt = decrypt  # type: ignore[method-assign]  # as it was
    with pytest.raises(EndpointRefusedError):
        shop.read()


def test_a_name_of_several_addresses_forgives_nothing_at_those_that_did_not_answer(
    shop: InMemory,
) -> None:
    refuse(shop, 7)
    shop.scales.plug_in(THERE, {"products": []})
    shop.scales.names = {"bakery.shop": (THERE.host, HERE.host)}
    boris = shop.cases.accounts.register("boris@example.org", "battery staple").id
    device = shop.add_device(boris, "Theirs", Address("bakery.shop", HERE.port))
    shop.cases.products.read.for_user(boris, device)
    refuse(shop, 1)
    with pytest.raises(EndpointRefusedError):
        shop.read()


def test_a_name_of_several_addresses_blames_only_the_one_that_answered(shop: InMemory) -> None:
    shop.scales.plug_in(THERE, {"products": []}, password="4321")  # noqa: S106  # the device's
    shop.scales.names = {"bakery.shop": (THERE.host, HERE.host)}
    boris = shop.cases.accounts.register("boris@example.org", "battery staple").id
    device = shop.add_device(boris, "Theirs", Address("bakery.shop", HERE.port))
    for _ in range(8):
        shop.cases.devices.change(boris, device, DeviceChanges(password="0000"))  # noqa: S106
        with pytest.raises(ScalesWrongPasswordError):
            shop.cases.products.read.for_user(boris, device)
    with pytest.raises(EndpointRefusedError):
        shop.cases.products.read.for_user(boris, device)
    set_password(shop, "9999")
    shop.read()
