"""What happens while a conversation with a device goes on."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.mertech.emulator import EmulatedScales, Pace
from application.conversations.errors import DeviceBusyError
from application.devices.registration import DeviceChanges
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.scales import ScalesTimedOutError
from application.products.uploading import Uploaded
from domain.errors import AddressChangedError, DeviceReplacedError, PasswordNotTriedError
from domain.runs.batch import UploadOf
from domain.runs.run import Outcome
from tests.harness.emulated import BRIEF, ROOMY, Emulated, emulated
from tests.harness.failures import raises
from tests.harness.installation import MOSCOW
from tests.harness.left_open import nothing_left_open, sockets_open
from tests.harness.products import muffin
from tests.harness.threads import beside
from tests.harness.work import claimed, do_all

CHECK = "FF 13 09"
MARGIN = 8.0
"""Seconds that a busy machine may take, where a conversation would take those of ROOMY."""
_SECOND = timedelta(seconds=1)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Emulated]:
    with emulated(tmp_path) as shop:
        yield shop


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Emulated]:
    """One whose device takes a while to check an upload."""
    with emulated(tmp_path, pace=Pace(build=0, hashing=0, check=0.4)) as shop:
        yield shop


def is_checking(device: EmulatedScales, times: int = 1) -> None:
    assert device.wait_until(lambda counters: counters.commands[CHECK] >= times)


def test_an_edit_made_during_an_upload_stays(slow: Emulated) -> None:
    with beside(slow.upload) as raised:
        is_checking(slow.device)
        slow.edit(100, price=50.0)
        slow.edit(101, price=51.0)
    assert not raised
    assert (slow.on_device(100)["price"], slow.on_device(101)["price"]) == (99.5, 76.0)
    assert (slow.shown(100)["price"], slow.shown(101)["price"]) == (50.0, 51.0)
    assert [(field, after) for _, _, field, _, after, *_ in slow.edits] == [
        ("price", 50.0),
        ("price", 51.0),
    ]
    slow.upload()
    assert (slow.on_device(100)["price"], slow.on_device(101)["price"]) == (50.0, 51.0)
    assert not slow.edits


def test_an_edit_taken_back_during_an_upload_is_sent_by_the_next(slow: Emulated) -> None:
    with beside(slow.upload) as raised:
        is_checking(slow.device)
        slow.edit(100, price=76.0)
    assert not raised
    assert (slow.on_device()["price"], slow.shown()["price"]) == (99.5, 76.0)
    slow.upload()
    assert slow.on_device()["price"] == 76.0


def test_two_uploads_at_once_come_one_after_the_other(slow: Emulated) -> None:
    done: list[Uploaded] = []

    def upload() -> None:
        done.append(slow.cases.products.upload.for_user(slow.anna, slow.id))

    with beside(upload, upload) as raised:
        pass
    assert not raised
    assert sorted(uploaded.edits for uploaded in done) == [0, 1]
    assert slow.device.counters.uploads_accepted == 2
    assert slow.device.counters.uploads_refused == 0
    assert slow.on_device()["price"] == 99.5
    assert not slow.edits


def test_who_comes_second_is_told_so_when_it_takes_too_long(slow: Emulated) -> None:
    brief = slow.patient(BRIEF)
    with beside(slow.upload) as raised:
        is_checking(slow.device)
        slow.break_by("check-never-ends")
        started = time.monotonic()
        with pytest.raises(DeviceBusyError):
            brief.products.upload.for_user(slow.anna, slow.id)
        assert BRIEF.busy_wait <= time.monotonic() - started < BRIEF.busy_wait + MARGIN
        with pytest.raises(DeviceBusyError):
            brief.products.read.for_user(slow.anna, slow.id)
        assert brief.devices.show_status(slow.anna, slow.id).reachable is None
        slow.break_by(None)
    assert not raised
    assert slow.on_device()["price"] == 99.5


def test_a_renewal_sends_no_edit_and_keeps_them_all(shop: Emulated) -> None:
    shop.edit(101, shelfLife=3)
    shop.edit(102, pluNumber=9102)
    edits = shop.edits
    today = shop.clock.now().astimezone(MOSCOW).date()
    shop.renew()
    assert shop.run.outcome is Outcome.OK
    assert shop.on_device(100)["price"] == 76.0
    assert (shop.on_device(101)["shelfLife"], shop.on_device(101)["shelfLifeInDays"]) == (7, 7)
    assert shop.on_device(102)["pluNumber"] == 102
    assert {held["manufactureDate"] for held in (shop.device.document or {})["products"]} == {
        f"{today:%d-%m-%y}"
    }
    assert len({held["sellByDate"] for held in (shop.device.document or {})["products"]}) == 1
    assert shop.edits == edits
    assert shop.shown(101)["sellByDate"] != shop.on_device(101)["sellByDate"], "it follows its edit"

    shop.upload()
    assert shop.on_device(100)["price"] == 99.5
    assert (shop.on_device(101)["shelfLife"], shop.on_device(101)["shelfLifeInDays"]) == (3, 3)
    assert shop.on_device(101)["sellByDate"] == shop.shown(101)["sellByDate"]
    assert shop.on_device(102)["pluNumber"] == 9102
    assert not shop.edits


@pytest.mark.parametrize("how", ["absent", "deleted"])
def test_edits_to_a_product_that_the_device_lost_are_kept_and_not_sent(
    shop: Emulated, how: str
) -> None:
    document = shop.device.document or {}
    if how == "absent":
        document["products"] = document["products"][1:]
    else:
        document["products"][0]["deleted"] = True
    shop.device.document = document
    shop.edit(101, price=101.5)
    shop.upload()
    assert shop.on_device(101)["price"] == 101.5
    assert shop.device.document is not None
    codes = [held["code"] for held in shop.device.document["products"] if not held["deleted"]]
    assert 100 not in codes
    (pending,) = shop.cases.products.list_edits(shop.anna, shop.id)
    assert (pending.state, pending.edit.after) == ("orphaned", 99.5)


@pytest.mark.parametrize("fault", ["silent", "slow", "never-ready", "busy"])
def test_deleting_a_device_takes_no_time_and_ends_the_conversation(
    shop: Emulated, fault: str
) -> None:
    sockets, threads = sockets_open(), threading.active_count()
    shop.break_by(fault)
    with beside(shop.read) as raised:
        assert shop.device.wait_until(lambda counters: counters.connections_open == 1)
        started = time.monotonic()
        shop.cases.devices.remove(shop.anna, shop.id)
        assert time.monotonic() - started < MARGIN
        assert shop.device.wait_until(lambda counters: counters.connections_open == 0)
        assert time.monotonic() - started < 2 * MARGIN, "the conversation was dropped"
    (error,) = raised
    assert isinstance(error, UnknownDeviceError)
    give_up = time.monotonic() + 5
    while (sockets_open(), threading.active_count()) != (sockets, threads):
        assert time.monotonic() < give_up
        time.sleep(0.005)


def test_the_late_result_of_a_deleted_device_is_ignored(slow: Emulated) -> None:
    with beside(slow.upload) as raised:
        is_checking(slow.device)
        slow.cases.devices.remove(slow.anna, slow.id)
    (error,) = raised
    assert isinstance(error, UnknownDeviceError)
    with slow.storage.snapshot() as tx:
        assert tx.catalogues.find(slow.id) is None
        assert tx.runs.last(slow.id) is None
        assert not tx.former_files.of_device(slow.id)
    with pytest.raises(UnknownDeviceError):
        slow.cases.devices.show(slow.anna, slow.id)


def test_a_replaced_scale_is_sent_nothing_but_its_dates(shop: Emulated) -> None:
    former = shop.catalogue.file
    other = {"products": [muffin(code=code, pluNumber=code) for code in range(900, 910)]}
    shop.device.document = other
    with raises(DeviceReplacedError, match=r"lacks 160 of the 160 products.*Nothing was sent"):
        shop.upload()
    assert shop.device.document == other
    assert len(shop.edits) == 1
    assert not shop.unverified

    shop.renew()
    assert shop.on_device(900)["manufactureDate"] != "23-07-25"
    assert shop.catalogue.file == former
    assert len(shop.edits) == 1

    shop.cases.products.upload.for_user(shop.anna, shop.id, UploadOf.CACHE)
    assert shop.on_device(100)["price"] == 99.5
    assert not shop.edits


def test_after_a_change_of_address_nothing_is_sent_until_a_read(shop: Emulated) -> None:
    for host in ("127.0.0.2", shop.device.host):
        shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(host=host))
    before = shop.device.counters
    for what in UploadOf:
        with pytest.raises(AddressChangedError):
            shop.cases.products.upload.for_user(shop.anna, shop.id, what)
    assert shop.device.counters.connections == before.connections
    shop.read()
    shop.upload()
    assert shop.on_device()["price"] == 99.5


def test_a_wrong_password_is_not_hammered(shop: Emulated) -> None:
    shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(password="9999"))  # noqa: S106
    for minute in range(1, 30):
        for ask in (shop.read, shop.upload):
            with suppress(Exception):
                ask()
        with raises(PasswordNotTriedError, match="has refused its password"):
            shop.read()
        assert shop.device.counters.wrong_passwords == min(minute, 5)
        assert shop.cases.devices.show_status(shop.anna, shop.id).wrong_password
        assert not claimed(shop.cases)
        shop.clock.later = shop.clock.later + (61 * _SECOND)
    assert not shop.device.locked
    assert len(shop.edits) == 1

    shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(password="1234"))  # noqa: S106
    shop.upload()
    assert shop.on_device()["price"] == 99.5
    assert not shop.cases.devices.show_status(shop.anna, shop.id).wrong_password


def test_a_renewal_stops_at_the_first_wrong_password(shop: Emulated) -> None:
    shop.cases.renewal.change_schedule(shop.anna, shop.id, enabled=True, interval=3600 * _SECOND)
    shop.break_by("wrong-password")
    for _ in range(20):
        do_all(shop.cases)
        shop.clock.later = shop.clock.later + 3600 * _SECOND
    assert shop.device.counters.wrong_passwords == 1
    shop.break_by(None)
    shop.cases.devices.change(shop.anna, shop.id, DeviceChanges(password="1234"))  # noqa: S106
    assert do_all(shop.cases) == 1
    assert shop.schedule.last_status == "OK"


@pytest.mark.parametrize("fault", ["reset-in-download", "silent", "late:1.5", "lost-check-reply"])
def test_a_fault_that_passes_is_got_over_by_one_retry(shop: Emulated, fault: str) -> None:
    shop.break_by(fault)
    # What answers too late is given up; whatever else answers has time for it.
    reply = 1.0 if fault in ("silent", "late:1.5") else None
    shop.use_cases = shop.patient(ROOMY, reply=reply)
    shop.clock.on_retry = lambda: shop.break_by(None)
    connections = shop.device.counters.connections
    shop.upload()
    assert shop.device.counters.connections == connections + 2, "each try on its own connection"
    assert shop.run.outcome is Outcome.OK
    assert shop.run.ending is not None
    assert shop.run.ending.retries == 1
    assert shop.on_device()["price"] == 99.5
    assert not shop.edits
    assert not shop.unverified


def test_a_late_answer_is_on_a_line_that_nobody_listens_to(shop: Emulated) -> None:
    # The device does at once what it is asked and answers 0.6 s later, when nobody waits any more.
    brief = shop.patient(BRIEF)
    with nothing_left_open():
        for _ in range(3):
            shop.break_by("late:0.6")
            with raises(ScalesTimedOutError, match="did not answer within"):
                brief.products.read.for_user(shop.anna, shop.id)
            shop.break_by(None)
            shop.read()
            assert shop.catalogue.file.document == shop.device.document
        assert shop.device.wait_until(lambda counters: counters.connections_open == 0)
