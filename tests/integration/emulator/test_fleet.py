"""Many devices in one process, the catalogues they hold, and the driver in use talking to one."""

import asyncio
import contextlib
import json
import logging
import os
import re
import signal
import socket
import threading
from datetime import datetime
from typing import Any

import pytest
from scales import Scales

from adapters.mertech.emulator import (
    EmulatorOptions,
    Fleet,
    Pace,
    catalogue,
    catalogue_file,
    run,
    running_scales,
    serve_emulator,
)
from adapters.mertech.emulator.products.product_file import ProductFile
from tests.harness.ports import free_ports
from tests.integration.emulator.wire import AT_ONCE, Wire, file_bytes


def test_the_driver_reads_and_sends(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    with running_scales(products=200) as fleet:
        driver = Scales("127.0.0.1", fleet[0].port, "1234")
        document = driver.get_products_json()
        assert document == fleet[0].document
        document["products"][0]["price"] = 99.5
        driver.send_json_products(document, clear_database=False)
        assert fleet[0].document == document
        del driver
        assert fleet[0].wait_until(lambda seen: seen.connections_open == 0)


def test_two_hundred_devices_hold_one_file_before_and_after_the_same_upload() -> None:
    with running_scales(count=200, products=678, pace=AT_ONCE) as fleet:
        assert len(set(fleet.ports)) == 200
        held = {id(device.file) for device in fleet}
        assert held == {id(catalogue_file())}
        made = b'"manufactureDate":"23-07-25"'
        renewed = catalogue_file().data.replace(made, made.replace(b"23", b"24"))
        for device in fleet[:50]:
            with Wire(device.port) as wire:
                assert wire.upload(renewed) == (0, "")
        assert len({id(device.file) for device in fleet[:50]}) == 1
        assert {id(device.file) for device in fleet[50:]} == held
        assert fleet[0].document == json.loads(renewed)


def test_a_file_that_is_put_there_is_held_by_all_that_got_it() -> None:
    file = ProductFile.of({"products": []})
    with running_scales(count=2, products=5, pace=AT_ONCE) as fleet:
        for device in fleet:
            device.file = file
        assert all(device.file is file for device in fleet)
        assert Scales("127.0.0.1", fleet[1].port, "1234").get_products_json() == {"products": []}


def test_a_document_that_was_asked_for_is_the_askers_own() -> None:
    with running_scales(count=2, products=3) as fleet:
        document = fleet[0].document
        assert document is not None
        document["products"].clear()
        assert fleet[0].document == fleet[1].document == catalogue(3)


def test_devices_have_serial_numbers_and_ports_of_their_own() -> None:
    base = free_ports(1)
    with running_scales(count=1, base_port=base, products=1) as fleet:
        assert fleet.ports == [base]
    with running_scales(count=3, products=1) as fleet:
        assert len({device.serial_number for device in fleet}) == 3


def test_a_taken_port_is_named_and_leaves_nothing_open() -> None:
    with running_scales(products=1) as fleet:
        port = fleet[0].port
        taken = f"cannot listen on 127.0.0.1:{port}: "
        with pytest.raises(OSError, match=taken), running_scales(base_port=port):
            pass


def test_an_emulator_may_listen_on_ipv6_loopback() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with (
        running_scales(products=1, pace=AT_ONCE, host="::1") as fleet,
        Wire(fleet[0].port, host="::1") as wire,
    ):
        assert wire.read_file() == catalogue_file(1).data


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": 0},
        {"products": -1},
        {"base_port": 65_536},
        {"base_port": 65_535, "count": 2},
        {"password": "123"},
        {"password": "пять"},
        {"latency": -1.0},
    ],
)
def test_options_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        EmulatorOptions(**wrong)


def test_options_do_not_show_the_password() -> None:
    assert "9876" not in repr(EmulatorOptions(password="9876"))  # noqa: S106 made up


def test_running_ends_when_cancelled_and_closes_its_connections() -> None:
    async def cancelled() -> None:
        ready: asyncio.Future[Fleet] = asyncio.get_running_loop().create_future()
        options = EmulatorOptions(base_port=0, products=1, control_port=0)
        task = asyncio.create_task(run(options, on_ready=ready.set_result))
        fleet = await ready
        reader, writer = await asyncio.open_connection("127.0.0.1", fleet[0].port)
        control, to_control = await asyncio.open_connection("127.0.0.1", fleet.control_port)
        to_control.write(b"list\n")
        assert await control.readline() == f"{fleet[0].port} none\n".encode()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        for stream in (reader, control):
            with contextlib.suppress(ConnectionError):
                await stream.read()
        for end in (writer, to_control):
            end.close()
            with contextlib.suppress(ConnectionError):
                await end.wait_closed()
        with pytest.raises(OSError, match=r"."):
            await asyncio.open_connection("127.0.0.1", fleet[0].port)

    asyncio.run(cancelled())


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_serving_ends_at_sigterm() -> None:
    def stop(_: Fleet) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    serve_emulator(EmulatorOptions(base_port=0, products=1), on_ready=stop)
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_fleet_in_a_thread_leaves_none_behind() -> None:
    before = threading.active_count()
    with running_scales(count=5, products=1) as fleet:
        clients = [Wire(port) for port in fleet.ports]
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
    for client in clients:
        client.socket.close()


def test_a_catalogue_is_that_of_a_bakery() -> None:
    document = catalogue()
    products = document["products"]
    assert len(products) == 678
    assert 210_000 < len(catalogue_file().data) < 235_000
    assert len({row["code"] for row in products}) == 678
    plus = [row["pluNumber"] for row in products if "pluNumber" in row]
    assert len(set(plus)) == len(plus) < 678
    assert all(re.search("[а-я]", row["name"]) for row in products)
    assert any("\n" in row["name"] for row in products)
    assert {row["productType"] for row in products} == {"PIECE", "WEIGHT"}
    assert {row["shelfLifeType"] for row in products} == {"DAYS", "HOURS"}
    assert {row["deleted"] for row in products} == {True, False}
    assert {"discountPrice", "gtin", "message"} <= {field for row in products for field in row}
    for section in ("categories", "labelTemplates", "messages", "productRates", "lotsOfProduct"):
        assert document[section]
    for row in products:
        if row["sellByDate"]:
            datetime.strptime(row["sellByDate"], "%d-%m-%y")  # noqa: DTZ007 a calendar date
    messages = {row["id"] for row in document["messages"]}
    assert {row["message"] for row in products if "message" in row} <= messages


def test_a_catalogue_is_the_same_for_the_same_seed() -> None:
    assert catalogue(50, seed=7) == catalogue(50, seed=7) != catalogue(50, seed=8)


def test_string_firmware_writes_every_value_as_a_string() -> None:
    document = catalogue(60, string_values=True)
    values = {value for row in document["products"] for value in row.values()}
    assert all(isinstance(value, str) for value in values)
    assert document["products"][0]["tare"] == "0.000000"
    assert {row["deleted"] for row in document["products"]} == {"true", "false"}


@pytest.mark.parametrize("options", [{}, {"string_values": True}, {"products": 20_000}])
def test_a_device_takes_back_what_it_sent(options: dict[str, Any]) -> None:
    with running_scales(pace=AT_ONCE, **options) as fleet, Wire(fleet[0].port) as wire:
        wire.socket.settimeout(30)
        data = wire.read_file()
        document = json.loads(data)
        document["products"][0]["name"] = "Переименован"
        changed = file_bytes(document)
        for clear in (False, True):
            assert wire.upload(changed, clear=clear) == (0, "")
            assert wire.read_file() == changed


def test_twenty_thousand_products_are_seven_megabytes() -> None:
    assert 6_500_000 < len(catalogue_file(20_000).data) < 7_500_000


def test_a_product_file_holds_no_nan() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        ProductFile.of({"products": [float("nan")]})


def test_the_default_pace_makes_a_client_poll() -> None:
    assert Pace() == Pace(build=0.03, hashing=0.03, check=0.03)
