"""Devices over HTTP."""

import pytest

from domain.devices.device import Address, DeviceId
from tests.harness.over_http import DEVICE, OverHttp, User, kind, problem

REGISTERED = {
    "id": 1,
    "name": "Bakery",
    "description": "",
    "ip": "10.0.0.7",
    "port": 1111,
    "protocol": "TCP",
    "cached_dirty": False,
    "unverified": False,
    "replaced": False,
    "wrong_password": False,
    "shared_address": False,
    "time_zone": None,
    "auto_update": False,
    "last_run_utc": None,
    "last_status": None,
    "last_error": None,
    "consecutive_failures": 0,
    "next_run_utc": None,
}
SAVED = {**REGISTERED, "warnings": []}
WRONG = [
    ("name", ""),
    ("name", "x" * 121),
    ("name", 7),
    ("description", "x" * 501),
    ("description", False),
    ("ip", ""),
    ("ip", "x" * 65),
    ("ip", "10.0.0.7 "),
    ("ip", "10.0.0.7:1111"),
    ("ip", "http://10.0.0.7"),
    ("ip", "user@host"),
    ("ip", "10.0.0.256"),
    ("ip", "10.0.7"),
    ("ip", "host.7"),
    ("ip", "host\n"),
    ("ip", "host."),
    ("ip", "host-"),
    ("ip", "0x7f000001"),
    ("ip", "2130706433"),
    ("ip", "fe80::1%eth0"),
    ("ip", "[::1]"),
    ("ip", "10.0.0.0/8"),
    ("ip", "-scale"),
    ("ip", "a..b"),
    ("ip", "весы"),
    ("ip", "10.0.0.٧"),
    ("port", 0),
    ("port", 65536),
    ("port", "12.5"),
    ("port", "65536"),
    ("port", "٧"),
    ("port", ""),
    ("port", "1_000"),
    ("port", True),
    ("port", 1.7),
    ("protocol", "UDP"),
    ("protocol", "tcp"),
    ("password", ""),
    ("password", "123"),
    ("password", "12345"),
    ("password", "123\n"),
    ("password", "1234\n"),
    ("password", "12é4"),
    ("password", 1234),
    ("time_zone", "Moscow"),
    ("time_zone", "europe/moscow"),
    ("time_zone", "Europe"),
    ("time_zone", "Europe/Moscow "),
    ("time_zone", "../Europe/Moscow"),
    ("time_zone", "/etc/localtime"),
    ("time_zone", "localtime"),
    ("time_zone", "right/Europe/Moscow"),
    ("time_zone", "UTC+3"),
    ("time_zone", " "),
    ("time_zone", 3),
]


def test_a_device_is_registered_with_the_defaults(anna: User) -> None:
    answer = anna.post("/devices", json=DEVICE)
    assert (answer.status_code, answer.json) == (201, SAVED)
    assert answer.headers["Location"] == "/devices/1"
    assert anna.get(answer.headers["Location"]).json == REGISTERED


@pytest.mark.parametrize("null", ["description", "port", "protocol", "time_zone"])
def test_null_counts_as_absent_where_a_member_may_be_absent(anna: User, null: str) -> None:
    assert anna.post("/devices", json={**DEVICE, null: None}).json == SAVED


@pytest.mark.parametrize(
    "ip",
    [
        "192.168.1.50",
        "fd00::1:2",
        "::ffff:10.0.0.7",
        "scale",
        "1c-server",
        "scale_1.shop.example",
        "x" * 63,
    ],
)
def test_a_device_may_be_at_an_address_or_a_host_name(anna: User, ip: str) -> None:
    assert anna.post("/devices", json={**DEVICE, "ip": ip}).json["ip"] == ip


@pytest.mark.parametrize(
    "ip",
    ["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "fe80::1", "0.0.0.0", "8.8.8.8"],  # noqa: S104
)
def test_a_device_may_not_be_outside_the_networks(anna: User, ip: str) -> None:
    anna.add_device()
    for answer in (
        anna.post("/devices", json={**DEVICE, "name": "Inside", "ip": ip}),
        anna.put("/devices/1", json={"name": "Inside", "ip": ip}),
    ):
        assert kind(answer) == (422, "invalid-request")
        errors = problem(answer)["errors"]
        assert f"may not connect to scales at {ip}." in errors["json"]["ip"][0]
        assert errors.keys() == {"json"}
    assert anna.get("/devices").json == [REGISTERED]


def test_a_device_outside_can_be_changed_in_all_else(shop: OverHttp, anna: User) -> None:
    anna.add_device()
    with shop.storage.transaction() as tx:
        outside = tx.devices.get(DeviceId(1)).changed(address=Address("127.0.0.1", 1111))
        tx.devices.save(outside)
    changed = anna.put("/devices/1", json={"name": "Butcher", "ip": "127.0.0.1", "port": 2000})
    expected = {**SAVED, "name": "Butcher", "ip": "127.0.0.1", "port": 2000}
    assert (changed.status_code, changed.json) == (200, expected)


@pytest.mark.parametrize("password", ["    ", "~!@#", "0000"])
def test_a_device_password_is_any_four_printable_characters(anna: User, password: str) -> None:
    assert anna.post("/devices", json={**DEVICE, "password": password}).status_code == 201


def test_a_whole_number_may_be_written_with_a_point(anna: User) -> None:
    body = b'{"name": "Bakery", "ip": "10.0.0.7", "password": "1234", "port": 1111.0}'
    assert anna.post("/devices", data=body, content_type="application/json").json == SAVED


def test_members_that_nobody_knows_are_ignored(anna: User) -> None:
    answer = anna.post("/devices", json={**DEVICE, "id": 99, "colour": {"any": ["thing"]}})
    assert (answer.status_code, answer.json) == (201, SAVED)


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_value_that_no_device_can_have_is_named(anna: User, field: str, value: object) -> None:
    answer = anna.post("/devices", json={**DEVICE, field: value})
    assert kind(answer) == (422, "invalid-request")
    assert list(problem(answer)["errors"]["json"]) == [field]
    anna.add_device()
    changed = anna.put("/devices/1", json={field: value})
    assert list(problem(changed)["errors"]["json"]) == [field]
    assert anna.get("/devices").json == [REGISTERED]


@pytest.mark.parametrize("field", ["name", "ip", "password"])
def test_what_every_device_must_have_is_named_when_missing(anna: User, field: str) -> None:
    absent = {name: value for name, value in DEVICE.items() if name != field}
    for body in (absent, {**DEVICE, field: None}):
        answer = anna.post("/devices", json=body)
        assert answer.status_code == 422
        assert list(problem(answer)["errors"]["json"]) == [field]


def test_everything_that_is_wrong_is_named_at_once(anna: User) -> None:
    answer = anna.post("/devices", json={"port": 0, "protocol": "UDP"})
    assert problem(answer)["errors"]["json"].keys() == {
        "name",
        "ip",
        "password",
        "port",
        "protocol",
    }


def test_a_name_is_taken_by_the_same_owner_only(anna: User, boris: User) -> None:
    anna.add_device()
    assert kind(anna.post("/devices", json=DEVICE)) == (409, "device-name-taken")
    assert boris.post("/devices", json=DEVICE).status_code == 201


def test_owners_list_their_own_devices(anna: User, boris: User) -> None:
    assert anna.get("/devices").json == []
    first, second = anna.add_device(), anna.add_device(name="Butcher")
    boris.add_device()
    assert [device["id"] for device in anna.get("/devices").json] == [first, second]


def test_what_is_absent_or_null_stays(anna: User) -> None:
    anna.add_device(description="By the door")
    changed = anna.put(
        "/devices/1", json={"name": "Butcher", "port": 2000, "ip": None, "description": None}
    )
    expected = {**REGISTERED, "name": "Butcher", "port": 2000, "description": "By the door"}
    assert (changed.status_code, changed.json) == (200, {**expected, "warnings": []})
    assert anna.put("/devices/1", json={}).json == {**expected, "warnings": []}
    assert anna.get("/devices/1").json == expected


def test_a_device_may_have_a_time_zone_of_its_own(anna: User) -> None:
    assert anna.post("/devices", json={**DEVICE, "time_zone": ""}).json == SAVED
    tokyo = {**SAVED, "time_zone": "Asia/Tokyo"}
    assert anna.put("/devices/1", json={"time_zone": "Asia/Tokyo"}).json == tokyo
    assert anna.put("/devices/1", json={"time_zone": None}).json == tokyo
    assert anna.put("/devices/1", json={"time_zone": ""}).json == SAVED
    fish = {**DEVICE, "name": "Fish", "ip": "10.0.0.8", "time_zone": "Asia/Tokyo"}
    added = anna.post("/devices", json=fish)
    assert added.json == {**tokyo, "id": 2, "name": "Fish", "ip": "10.0.0.8"}
    assert {**anna.get("/devices/2").json, "warnings": []} == added.json


def test_a_device_tells_how_its_auto_update_is_doing(shop: OverHttp, anna: User) -> None:
    anna.add_device()
    anna.put("/devices/1/auto-update", json={"enabled": True, "interval_minutes": 60})
    due = {**REGISTERED, "auto_update": True, "next_run_utc": "2026-03-02T12:00:00Z"}
    assert anna.get("/devices").json == [due]
    shop.renew(1)
    told = anna.get("/devices/1").json
    schedule = anna.get("/devices/1/auto-update").json
    shared = told.keys() & schedule.keys()
    assert len(shared) == 5
    assert {name: told[name] for name in shared} == {name: schedule[name] for name in shared}
    assert (told["last_status"], told["consecutive_failures"]) == ("ERROR", 1)


def test_a_description_can_be_emptied(anna: User) -> None:
    anna.add_device(description="By the door")
    assert anna.put("/devices/1", json={"description": ""}).json == SAVED


def test_a_name_cannot_be_changed_to_one_that_is_taken(anna: User) -> None:
    anna.add_device()
    anna.add_device(name="Butcher")
    answer = anna.put("/devices/2", json={"name": "Bakery"})
    assert kind(answer) == (409, "device-name-taken")
    assert anna.put("/devices/2", json={"name": "Butcher"}).status_code == 200


def test_a_changed_password_is_used(shop: OverHttp, anna: User) -> None:
    changed = {"password": "4321"}
    shop.plug_in().password = changed["password"]
    anna.add_device()
    assert anna.get("/devices/1/products").status_code == 502
    anna.put("/devices/1", json=changed)
    assert anna.get("/devices/1/products").status_code == 200


def test_a_device_tells_that_its_password_is_wrong(shop: OverHttp, anna: User) -> None:
    right = {"password": "4321"}
    shop.plug_in().password = right["password"]
    anna.add_device()
    anna.get("/devices/1/products")
    assert anna.get("/devices/1").json == {**REGISTERED, "wrong_password": True}
    assert anna.get("/devices").json[0]["wrong_password"] is True
    assert anna.put("/devices/1", json={"name": "Butcher"}).json["wrong_password"] is True
    assert anna.put("/devices/1", json=right).json["wrong_password"] is False


def test_a_removed_device_is_gone_with_all_it_had(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    anna.add_device()
    anna.get("/devices/1/products")
    answer = anna.delete("/devices/1")
    assert (answer.status_code, answer.data) == (204, b"")
    for path in (
        "",
        "/products",
        "/products/cached",
        "/products/edits",
        "/auto-update",
        "/files",
        "/runs",
        "/status",
    ):
        assert kind(anna.get(f"/devices/1{path}")) == (404, "unknown-device")
    assert kind(anna.delete("/devices/1")) == (404, "unknown-device")


@pytest.mark.parametrize("device_id", ["0", "9", str(2**63 - 1), "0009"])
def test_a_device_that_does_not_exist_is_unknown(anna: User, device_id: str) -> None:
    assert kind(anna.get(f"/devices/{device_id}")) == (404, "unknown-device")


@pytest.mark.parametrize("device_id", [str(2**63), "9" * 5000, "-1", "1.5", "abc", "٣", "1%00"])
def test_what_is_no_number_is_no_path(anna: User, device_id: str) -> None:
    assert kind(anna.get(f"/devices/{device_id}")) == (404, "unknown-path")


def test_no_answer_ever_shows_a_device_password(shop: OverHttp, anna: User) -> None:
    secret = {"password": "s3c~"}
    shop.plug_in()
    anna.add_device(**secret)
    answers = [
        anna.get("/devices"),
        anna.get("/devices/1"),
        anna.put("/devices/1", json=secret),
        anna.put("/devices/1", json={**secret, "port": 0}),
        anna.get("/devices/1/products"),
    ]
    assert all(secret["password"] not in answer.text for answer in answers)


def test_another_device_at_the_same_address_is_told_to_its_owner(anna: User, boris: User) -> None:
    boris.add_device()
    assert anna.post("/devices", json=DEVICE).json["warnings"] == []
    second = anna.post("/devices", json={**DEVICE, "name": "Second", "ip": "::ffff:10.0.0.7"})
    assert second.status_code == 201
    assert second.json["shared_address"] is True
    assert "same address and port" in second.json["warnings"][0]
    assert [each["shared_address"] for each in anna.get("/devices").json] == [True, True]
    assert boris.get("/devices/1").json["shared_address"] is False
    moved = anna.put("/devices/3", json={"port": 1112})
    assert (moved.json["shared_address"], moved.json["warnings"]) == (False, [])
    back = anna.put("/devices/3", json={"port": 1111})
    assert (back.json["shared_address"], len(back.json["warnings"])) == (True, 1)


def test_passwords_refused_at_an_address_are_told_with_what_to_do(
    shop: OverHttp, anna: User
) -> None:
    shop.plug_in().password = "4321"  # noqa: S105  # the device's
    anna.add_device()
    for number in range(8):
        anna.put("/devices/1", json={"password": f"000{number}"})
        assert kind(anna.get("/devices/1/products")) == (502, "device-wrong-password")
    anna.put("/devices/1", json={"password": "4321"})
    answer = anna.get("/devices/1/products")
    assert answer.status_code == 502
    assert "The scale at 10.0.0.7:1111 has refused 8 passwords" in problem(answer)["detail"]
    assert "ask whoever runs the service" in problem(answer)["remedy"]
