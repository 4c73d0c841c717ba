"""Taking over what the former service remembers: what comes, what is told, what stops it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from application.ports.former_service import (
    FormerDevice,
    FormerRecords,
    FormerSchedule,
    FormerService,
    FormerServiceError,
    FormerUser,
    Value,
)
from application.ports.storage import Transaction
from application.takeover.records import CannotMoveInError, Remark, TakeoverReport
from application.takeover.take_over import NotEmptyError, TakeOver
from application.takeover.values import NOWHERE
from domain.accounts.user import User, UserId
from domain.devices.device import Address, Device, DeviceId
from domain.devices.networks import DeviceNetworks
from domain.errors import AddressChangedError, BadProductFileError, Cause
from domain.json_value import Json
from domain.notices import Notice
from domain.products.catalogue import Catalogue
from domain.products.product_file import MOST_PRODUCTS
from domain.renewal.schedule import AutoUpdate, ScheduleDefaults
from tests.fakes.clock import FakeClock
from tests.fakes.security import FakeCipher, FakeHasher
from tests.fakes.storage import InMemoryStorage
from tests.harness.products import muffin

FILE: Json = {"version": 3, "products": [muffin()]}
HASH = "foreign:hash"
DAMAGED = "not encrypted with any key"


class Former(FormerService, FormerRecords):
    """The service used before, with rows as a test puts them."""

    def __init__(self) -> None:
        self.user_rows: list[FormerUser] = []
        self.device_rows: list[FormerDevice] = []
        self.schedule_rows: list[FormerSchedule] = []
        self.breaks = False

    @contextmanager
    def records(self) -> Iterator[FormerRecords]:
        yield self

    def users(self) -> Iterator[FormerUser]:
        yield from self.user_rows

    def devices(self) -> Iterator[FormerDevice]:
        yield from self.device_rows

    def schedules(self) -> Iterator[FormerSchedule]:
        yield from self.schedule_rows
        if self.breaks:
            raise FormerServiceError("unreadable", file="shop.db", reason="The file ends here")


class Move:
    """A former service with one user and one device, and an empty storage."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.storage = InMemoryStorage(self.clock)
        self.cipher = FakeCipher()
        self.hasher = FakeHasher()
        self.former = Former()
        self.user(7, "Anna@example.org")
        self.device(41)

    def user(self, id: Value, email: Value, password_hash: Value = HASH) -> None:
        self.former.user_rows.append(FormerUser(id=id, email=email, password_hash=password_hash))

    def device(self, id: Value, owner_id: Value = 7, **values: Any) -> None:
        usual = FormerDevice(
            id=id,
            owner_id=owner_id,
            name=f"Scale {id}",
            description=None,
            host="192.168.1.7",
            port=1111,
            protocol="TCP",
            encrypted_password=self.cipher.encrypt("1234"),
            products=None,
            products_fault=None,
            dirty=0,
        )
        self.former.device_rows.append(replace(usual, **values))

    def with_device(self, **values: Any) -> "Move":
        self.former.device_rows.clear()
        self.device(41, **values)
        return self

    def schedule(self, device_id: Value = 41, **values: Any) -> None:
        usual = FormerSchedule(
            device_id=device_id,
            enabled=1,
            interval_minutes=60,
            last_run=None,
            last_status=None,
            last_error=None,
        )
        self.former.schedule_rows.append(replace(usual, **values))

    def __call__(self) -> TakeoverReport:
        return TakeOver(
            storage=self.storage,
            hasher=self.hasher,
            cipher=self.cipher,
            clock=self.clock,
            schedule=ScheduleDefaults(interval=timedelta(hours=12)),
            networks=DeviceNetworks.of(),
        )(self.former)

    def obstacle(self) -> Notice:
        with pytest.raises(CannotMoveInError) as refused:
            self()
        with self.storage.snapshot() as tx:
            assert tx.users.all() == []
        assert len(refused.value.obstacles) == 1
        return refused.value.obstacles[0]

    def remark(self) -> Remark:
        """The only one."""
        (remark,) = self().remarks
        return remark

    @property
    def tx(self) -> Transaction:
        with self.storage.snapshot() as tx:
            return tx

    @property
    def moved(self) -> Device:
        return self.tx.devices.get(DeviceId(41))

    @property
    def catalogue(self) -> Catalogue | None:
        return self.tx.catalogues.find(DeviceId(41))

    @property
    def auto_update(self) -> AutoUpdate | None:
        return self.tx.schedules.find(DeviceId(41))


@pytest.fixture
def move() -> Move:
    return Move()


def test_users_devices_files_and_schedules_come_with_their_ids(move: Move) -> None:
    encrypted = move.cipher.encrypt("1234")
    move.with_device(name="Bakery", encrypted_password=encrypted, products=FILE)
    move.schedule()
    report = move()
    assert move.tx.users.all() == [User(id=UserId(7), email="Anna@example.org", password_hash=HASH)]
    assert move.moved == Device(
        id=DeviceId(41),
        owner_id=UserId(7),
        name="Bakery",
        description="",
        address=Address("192.168.1.7", 1111),
        protocol="TCP",
        encrypted_password=encrypted,
    )
    assert move.catalogue is not None
    assert move.catalogue.file.document == FILE
    assert not move.catalogue.waiting
    assert report == TakeoverReport(users=1, devices=1, files=1, schedules=1, switched_on=1)


def test_later_users_and_devices_get_later_ids(move: Move) -> None:
    move()
    with move.storage.transaction() as tx:
        user = tx.users.add("boris@example.org", "hash")
        assert user.id > 7
        assert tx.devices.add(user.id, move.moved).id > 41


class TestEverythingOrNothing:
    def test_a_database_in_use_is_left_alone(self, move: Move) -> None:
        with move.storage.transaction() as tx:
            tx.users.add("boris@example.org", "hash")
        with pytest.raises(NotEmptyError, match="users: 1"):
            move()
        assert [user.email for user in move.tx.users.all()] == ["boris@example.org"]

    def test_what_breaks_on_the_way_leaves_nothing(self, move: Move) -> None:
        move.former.breaks = True
        with pytest.raises(FormerServiceError):
            move()
        assert move.tx.users.all() == []

    def test_a_second_import_is_refused(self, move: Move) -> None:
        move()
        with pytest.raises(NotEmptyError):
            move()

    def test_every_obstacle_is_named_at_once(self, move: Move) -> None:
        move.user(8, " anna@EXAMPLE.org")
        move.user(9, None)
        move.device(42, encrypted_password=DAMAGED)
        with pytest.raises(CannotMoveInError) as refused:
            move()
        assert len(refused.value.obstacles) == 3
        assert move.tx.users.all() == []

    def test_two_users_with_one_address_are_named(self, move: Move) -> None:
        move.user(8, "anna@example.ORG")
        facts: dict[str, Json] = {"first": 7, "second": 8, "email": "anna@example.ORG"}
        assert move.obstacle() == Notice("shared_email", facts)

    @pytest.mark.parametrize("email", [None, "", "  "])
    def test_a_user_without_address_is_named(self, move: Move, email: Value) -> None:
        move.user(8, email)
        assert move.obstacle() == Notice("no_email", {"user": 8})

    @pytest.mark.parametrize("bad", [None, 0, -1, 2**53 + 1, "x", 7.5, 7])
    def test_an_id_that_cannot_be_kept_is_named(self, move: Move, bad: Value) -> None:
        move.user(bad, "boris@example.org")
        assert move.obstacle() == Notice("bad_user_id", {"value": repr(bad)})

    def test_two_devices_with_one_id_are_named(self, move: Move) -> None:
        move.device(41)
        assert move.obstacle() == Notice("bad_device_id", {"value": "41"})

    def test_passwords_of_another_key_say_which_key_is_wanted(self, move: Move) -> None:
        move.with_device(encrypted_password=FakeCipher("another").encrypt("1234"))
        assert move.obstacle() == Notice("no_password_readable", {"devices": [41]})

    def test_a_damaged_password_among_others_is_named(self, move: Move) -> None:
        move.device(42, encrypted_password=DAMAGED)
        facts: dict[str, Json] = {"devices": [42], "readable": 1}
        assert move.obstacle() == Notice("some_passwords_unreadable", facts)


class TestDevices:
    @pytest.mark.parametrize(
        ("port", "kept"), [("1112", 1112), (1112.0, 1112), (" 1112 ", 1112), (65535, 65535)]
    )
    def test_a_port_may_be_written_in_any_way(self, move: Move, port: Value, kept: int) -> None:
        assert not move.with_device(port=port)().remarks
        assert move.moved.address.port == kept

    @pytest.mark.parametrize("port", [None, 0, -1, 65536, "eleven", 2**70, float("nan")])
    def test_where_there_is_no_port_the_usual_one_stands_and_nothing_runs(
        self, move: Move, port: Value
    ) -> None:
        move.with_device(port=port)
        move.schedule()
        no_port, off = (remark.what for remark in move().remarks)
        assert no_port == Notice("no_port", {"value": repr(port), "instead": 1111})
        assert off == Notice("switched_off")
        assert move.moved.address.port == 1111
        assert move.auto_update is not None
        assert (move.auto_update.enabled, move.auto_update.due_at) == (False, None)

    @pytest.mark.parametrize("host", [None, "", "  ", "a b", "x" * 65, "весы", "10.0.0.1\0"])
    def test_where_there_is_no_address_a_name_that_means_none_stands(
        self, move: Move, host: Value
    ) -> None:
        move.with_device(host=host)
        move.schedule()
        assert Notice("no_host", {"instead": NOWHERE}) in [each.what for each in move().remarks]
        assert move.moved.address.host == NOWHERE
        assert move.auto_update is not None
        assert not move.auto_update.enabled

    def test_an_address_outside_the_networks_comes_and_is_told(self, move: Move) -> None:
        outside = Notice("outside_networks", {"address": "8.8.8.8"})
        assert move.with_device(host="8.8.8.8").remark().what == outside
        assert move.moved.address.host == "8.8.8.8"

    @pytest.mark.parametrize(("protocol", "told"), [("UDP", True), ("tcp", False), (None, False)])
    def test_the_protocol_is_tcp(self, move: Move, protocol: Value, told: bool) -> None:
        assert len(move.with_device(protocol=protocol)().remarks) == told
        assert move.moved.protocol == "TCP"

    @pytest.mark.parametrize("password", ["", "123", "12345", "12ф4", "12\n4"])
    def test_a_password_that_no_scale_has_comes_and_is_told(
        self, move: Move, password: str
    ) -> None:
        move.with_device(encrypted_password=move.cipher.encrypt(password))
        assert move.remark().what == Notice("odd_password")
        assert move.cipher.decrypt(move.moved.encrypted_password) == password

    @pytest.mark.parametrize("absent", [None, ""])
    def test_a_device_without_password_comes_without(self, move: Move, absent: Value) -> None:
        assert move.with_device(encrypted_password=absent).remark().what == Notice("no_password")
        assert move.cipher.decrypt(move.moved.encrypted_password) == ""

    def test_a_device_without_name_gets_one(self, move: Move) -> None:
        assert move.with_device(name=None).remark().what == Notice("no_name", {"name": "Device 41"})
        assert move.moved.name == "Device 41"

    def test_of_two_with_one_name_the_later_gets_another(self, move: Move) -> None:
        move.user(8, "boris@example.org")
        move.device(42, name="Scale 41")
        move.device(43, owner_id=8, name="Scale 41")
        about = Notice("device", {"id": 42, "name": "Scale 41"})
        assert move.remark() == Remark(about, Notice("name_taken", {"name": "Scale 41 (42)"}))
        names = [move.tx.devices.get(DeviceId(id)).name for id in (41, 42, 43)]
        assert names == ["Scale 41", "Scale 41 (42)", "Scale 41"]

    def test_texts_that_are_too_long_are_kept(self, move: Move) -> None:
        move.with_device(name="n" * 121, description="d" * 501)
        assert [remark.what.code for remark in move().remarks] == [
            "name_too_long",
            "description_too_long",
        ]
        assert (len(move.moved.name), len(move.moved.description)) == (121, 501)

    def test_characters_that_no_database_keeps_are_replaced(self, move: Move) -> None:
        replaced = Notice("characters_replaced", {"what": "name"})
        assert move.with_device(name="Ba\0ke\udcffry").remark().what == replaced
        assert move.moved.name == "Ba\ufffdke\ufffdry"

    @pytest.mark.parametrize("owner", [8, None, "x"])
    def test_a_device_of_nobody_is_left_out(self, move: Move, owner: Value) -> None:
        move.device(42, owner_id=owner)
        about = Notice("device", {"id": 42, "name": ""})
        assert move.remark() == Remark(about, Notice("unknown_owner", {"owner": repr(owner)}))
        assert move.tx.devices.summaries(UserId(7)) == [
            move.tx.devices.summary(UserId(7), DeviceId(41))
        ]

    def test_a_user_whose_hash_is_unknown_comes_and_is_told(self, move: Move) -> None:
        move.user(8, "boris@example.org", None)
        unknown = Notice("unknown_password_hash", {"email": "boris@example.org"})
        assert move.remark().what == unknown
        assert len(move.tx.users.all()) == 2


class TestProducts:
    @pytest.mark.parametrize(
        ("cached", "taken"),
        [
            ([muffin()], {"products": [muffin()]}),
            ({"items": [muffin()]}, {"products": [muffin()]}),
            (
                {"a": 1, "items": [muffin()], "b": 2},
                {"a": 1, "products": [muffin()], "b": 2},
            ),
            ({"products": [], "items": [5]}, {"products": [], "items": [5]}),
        ],
    )
    def test_lists_are_taken_for_the_products_of_a_file(
        self, move: Move, cached: Json, taken: Json
    ) -> None:
        assert not move.with_device(products=cached)().remarks
        assert move.catalogue is not None
        assert move.catalogue.file.document == taken

    @pytest.mark.parametrize("nothing", [None, {}])
    def test_where_nothing_was_cached_nothing_was_read(self, move: Move, nothing: Json) -> None:
        assert not move.with_device(products=nothing)().remarks
        assert move.catalogue is None

    @pytest.mark.parametrize("bad", [5, "text", True, {"products": None}, {"items": [5]}, [None]])
    def test_what_is_no_product_file_is_left_out(self, move: Move, bad: Json) -> None:
        assert move.with_device(products=bad).remark().what.code == "useless_products"
        assert move.catalogue is None

    def test_a_file_of_too_many_products_is_left_out(self, move: Move) -> None:
        many: Json = [{}] * (MOST_PRODUCTS + 1)
        assert move.with_device(products=many).remark().what.code == "useless_products"
        assert move.catalogue is None

    def test_what_could_not_be_read_is_left_out_with_the_reason(self, move: Move) -> None:
        move.with_device(products_fault=BadProductFileError("no_json"), dirty=1)
        assert [remark.what for remark in move().remarks] == [
            Notice(
                "useless_products",
                {"failure": "BadProductFile", "problem": "no_json", "position": None},
            ),
            Notice("lost_edits"),
        ]

    def test_nothing_is_uploaded_before_a_read_has_seen_the_device(self, move: Move) -> None:
        move.with_device(products=FILE)()
        assert move.catalogue is not None
        with pytest.raises(AddressChangedError):
            move.catalogue.require_same_address(move.moved)

    @pytest.mark.parametrize("dirty", [1, "1", "true", True])
    def test_edits_that_were_not_sent_wait_and_are_told(self, move: Move, dirty: Value) -> None:
        report = move.with_device(products=FILE, dirty=dirty)()
        assert report.unsent == [Notice("device", {"id": 41, "name": "Scale 41"})]
        assert move.catalogue is not None
        assert move.catalogue.merged_by == 7
        assert move.tx.devices.summary(UserId(7), DeviceId(41)).cached_dirty


class TestSchedules:
    def test_one_that_is_on_is_due_at_once(self, move: Move) -> None:
        move.schedule(last_run="2026-11-23 07:19:42.5", last_status="ok", last_error="")
        assert not move().remarks
        assert move.auto_update == AutoUpdate(
            device_id=DeviceId(41),
            enabled=True,
            interval=timedelta(hours=1),
            due_at=move.clock.now(),
            looked_at=move.clock.now(),
            last_run_at=datetime(2026, 11, 23, 7, 19, 42, 500_000, tzinfo=UTC),
            last_status="OK",
        )

    def test_a_device_that_had_none_is_off_until_somebody_switches_it_on(self, move: Move) -> None:
        assert move().schedules == 0
        assert move.auto_update is not None
        assert (move.auto_update.enabled, move.auto_update.due_at) == (False, None)

    def test_one_that_is_off_stays_off(self, move: Move) -> None:
        move.schedule(enabled=0, last_status="ERROR", last_error="No answer.")
        report = move()
        assert (report.schedules, report.switched_on) == (1, 0)
        assert move.auto_update is not None
        assert move.auto_update.due_at is None
        assert (move.auto_update.last_status, move.auto_update.last_error) == (
            "ERROR",
            Cause(None, text="No answer."),
        )

    @pytest.mark.parametrize(
        "written",
        [
            "2026-11-23 07:19:42",
            "2026-11-23T07:19:42Z",
            "2026-11-23T10:19:42+03:00",
            "2026-11-23 07:19:42.000000+00:00",
        ],
    )
    def test_times_are_in_utc_unless_they_say_otherwise(self, move: Move, written: str) -> None:
        move.schedule(last_run=written)
        assert not move().remarks
        assert move.auto_update is not None
        assert move.auto_update.last_run_at == datetime(2026, 11, 23, 7, 19, 42, tzinfo=UTC)

    @pytest.mark.parametrize("bad", ["yesterday", 1763882382, "0001-01-01T00:00:00+03:00"])
    def test_what_is_no_time_is_left_out(self, move: Move, bad: Value) -> None:
        move.schedule(last_run=bad)
        assert move.remark().what == Notice("not_an_instant", {"what": "last_run"})
        assert move.auto_update is not None
        assert move.auto_update.last_run_at is None

    @pytest.mark.parametrize("bad", [None, 0, -5, "often", 10**12, 1.5])
    def test_an_interval_that_is_none_becomes_the_usual_one(self, move: Move, bad: Value) -> None:
        move.schedule(interval_minutes=bad)
        facts: dict[str, Json] = {"value": repr(bad), "minutes": 720}
        assert move.remark().what == Notice("odd_interval", facts)
        assert move.auto_update is not None
        assert move.auto_update.interval == timedelta(hours=12)

    def test_neither_true_nor_false_is_off(self, move: Move) -> None:
        move.schedule(enabled="maybe")
        assert move.remark().what == Notice("not_true_or_false", {"what": "enabled"})
        assert move.auto_update is not None
        assert not move.auto_update.enabled

    def test_an_unknown_status_is_left_out(self, move: Move) -> None:
        move.schedule(last_status="RUNNING")
        assert move.remark().what == Notice("unknown_last_status")

    def test_one_of_no_device_is_left_out(self, move: Move) -> None:
        move.schedule(99)
        about = Notice("schedule_of_unknown", {"id": "99"})
        assert move.remark() == Remark(about, Notice("unknown_device"))

    def test_of_two_for_one_device_the_later_counts(self, move: Move) -> None:
        move.schedule(interval_minutes=60)
        move.schedule(interval_minutes=120)
        assert move.remark().what == Notice("two_schedules")
        assert move.auto_update is not None
        assert move.auto_update.interval == timedelta(hours=2)
