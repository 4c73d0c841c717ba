"""Two users who have registered one scale upload to it at the same moment, on real databases."""

import threading
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from adapters.database.storage import SqlStorage
from adapters.system.clock import SystemClock
from application.conversations.conversation import Patience
from domain.accounts.user import UserId
from domain.devices.device import Address, DeviceId
from domain.renewal.time_zones import TimeZones
from entrypoints.bootstrap import Options, wire
from tests.fakes.scales import FakeScales
from tests.fakes.security import FakeCipher, FakeHasher, FakeTokens
from tests.harness.products import bun, muffin
from tests.harness.sqlite import up_to_date
from tests.harness.threads import at_once

HERE = Address("10.0.0.7", 1111)
ROUNDS = 5


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "postgresql":
        yield request.getfixturevalue("emptied_postgresql")
        return
    with up_to_date(request.getfixturevalue("tmp_path") / "shop.db") as engine:
        yield engine


def test_all_edits_of_both_arrive_and_it_is_talked_to_once_at_a_time(engine: Engine) -> None:
    clock = SystemClock()
    scales = FakeScales(clock)
    cases = wire(
        storage=SqlStorage(engine),
        scales=scales,
        clock=clock,
        hasher=FakeHasher(),
        cipher=FakeCipher(),
        tokens=FakeTokens(),
        options=Options(zones=TimeZones(ZoneInfo("UTC")), patience=Patience(busy_wait=30.0)),
    )
    device = scales.plug_in(HERE, {"products": [muffin(), bun()]})
    at_the_same_time = []
    device.during = lambda stage: at_the_same_time.append(device.open)

    def registered(number: int) -> tuple[UserId, DeviceId]:
        owner = cases.register_user(f"user{number}@example.org", "correct horse").id
        added = cases.add_device(
            owner,
            name="Bakery",
            description="",
            address=HERE,
            protocol="TCP",
            password="1234",  # noqa: S106  # the maker's default
        ).device.id
        cases.read_products(owner, added)
        return owner, added

    (anna, hers), (boris, his) = registered(1), registered(2)
    together = threading.Barrier(2)

    def edit_and_upload(owner: UserId, device_id: DeviceId, field: str) -> None:
        for number in range(1, ROUNDS + 1):
            value = float(number) if field == "price" else f"round {number}"
            cases.edit_product(owner, device_id, 607, {field: value})
            together.wait(30)
            cases.upload_products(owner, device_id)

    failures = at_once(
        lambda: edit_and_upload(anna, hers, "price"), lambda: edit_and_upload(boris, his, "name")
    )
    assert failures == []
    assert set(at_the_same_time) == {1}
    assert device.document is not None
    [product] = [each for each in device.document["products"] if each["pluNumber"] == 607]
    assert (product["price"], product["name"]) == (ROUNDS, f"round {ROUNDS}")
