"""The whole way of an edit, over HTTP, on PostgreSQL, to an emulated device."""

from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

import pytest

from adapters.rest.app import RestSettings
from entrypoints.api.app import create_app
from tests.harness.emulated import Emulated, emulated
from tests.harness.installation import MOSCOW, PASSWORD
from tests.harness.over_http import DocumentedClient, User, kind
from tests.harness.postgresql import Server
from tests.harness.work import claimed, do, do_all


@pytest.fixture
def name(postgresql: Server) -> Iterator[str]:
    with postgresql.up_to_date() as name:
        yield name


@pytest.fixture
def shop(postgresql: Server, name: str, tmp_path: Path) -> Iterator[Emulated]:
    with emulated(tmp_path, url=postgresql.url(name)) as shop:
        yield shop


@pytest.fixture
def boris(shop: Emulated) -> User:
    """Registered and signed in over HTTP."""
    app = create_app(shop.cases, RestSettings())
    app.test_client_class = DocumentedClient
    nobody = User(app.test_client(), token=None)
    registered = nobody.post(
        "/auth/register", json={"email": "boris@example.org", "password": PASSWORD}
    )
    assert registered.status_code == HTTPStatus.CREATED
    answer = nobody.post(
        "/auth/login", data={"username": "BORIS@example.org", "password": PASSWORD}
    )
    return User(nobody.client, answer.json["access_token"])


def test_from_registering_to_renewed_dates(shop: Emulated, boris: User) -> None:
    device_id = boris.add_device(ip=shop.device.host, port=shop.device.port)
    device = f"/devices/{device_id}"
    read = boris.get(f"{device}/products")
    assert read.status_code == HTTPStatus.OK
    assert read.json["products"] == shop.device.document

    edited = boris.patch(
        f"{device}/products/101",
        json={"fields": {"name": "Плюшка", "price": 12.5}},
        headers={"If-Match": read.headers["ETag"]},
    )
    assert edited.status_code == HTTPStatus.OK
    assert boris.get(device).json["cached_dirty"]
    [price] = [
        edit
        for edit in boris.get(f"{device}/products/edits").json["edits"]
        if edit["field"] == "price"
    ]
    assert price["to"] == 12.5
    assert shop.on_device(101)["price"] != 12.5

    uploaded = boris.post(f"{device}/upload")
    assert uploaded.status_code == HTTPStatus.OK
    assert (shop.on_device(101)["name"], shop.on_device(101)["price"]) == ("Плюшка", 12.5)
    assert not boris.get(device).json["cached_dirty"]

    switched_on = boris.put(
        f"{device}/auto-update", json={"enabled": True, "interval_minutes": 720}
    )
    assert switched_on.status_code == HTTPStatus.OK
    [job] = claimed(shop.cases)
    assert claimed(shop.cases) == []
    do(shop.cases, job)
    today = datetime.now(MOSCOW).strftime("%d-%m-%y")
    assert shop.on_device(101)["manufactureDate"] == today
    runs = boris.get(f"{device}/runs").json["runs"]
    assert [(run["kind"], run["outcome"]) for run in runs] == [
        ("auto_update", "ok"),
        ("upload", "ok"),
        ("read", "ok"),
    ]
    assert boris.delete(device).status_code == HTTPStatus.NO_CONTENT
    assert boris.get("/devices").json == []


def test_a_batch_of_which_one_device_fails_and_is_repeated(shop: Emulated, boris: User) -> None:
    there = {"ip": shop.device.host, "port": shop.device.port}
    read = boris.add_device(**there)
    boris.get(f"/devices/{read}/products")
    never_read = boris.add_device(name="Deli", **there)
    batch = boris.post("/runs", json={"kind": "upload", "all": True}).headers["Location"]

    def states() -> list[str]:
        return [device["state"] for device in boris.get(batch).json["devices"]]

    assert states() == ["waiting", "waiting"]
    while do_all(shop.cases):
        pass
    assert states() == ["ok", "failed"]
    put_off = boris.get(f"/devices/{never_read}/products", headers={"Prefer": "respond-async"})
    assert put_off.status_code == HTTPStatus.ACCEPTED
    do_all(shop.cases)
    assert boris.post(f"{batch}/retry").json["counts"]["waiting"] == 1
    assert do_all(shop.cases) == 1
    assert states() == ["ok", "ok"]
    assert kind(boris.get(f"/runs/batches/{2**63 - 1}")) == (404, "unknown-batch")


def test_while_the_database_is_restarted_the_answer_is_503_and_then_all_is_well(
    postgresql: Server, shop: Emulated, boris: User
) -> None:
    device_id = boris.add_device(ip=shop.device.host, port=shop.device.port)
    postgresql.stop()
    try:
        for _ in range(3):
            assert kind(boris.get(f"/devices/{device_id}")) == (503, "not-ready")
            assert kind(boris.get("/health/ready")) == (503, "not-ready")
        assert boris.get("/health/live").status_code == HTTPStatus.OK
    finally:
        postgresql.start()
    assert boris.get("/health/ready").status_code == HTTPStatus.OK
    assert boris.get(f"/devices/{device_id}/products").status_code == HTTPStatus.OK
