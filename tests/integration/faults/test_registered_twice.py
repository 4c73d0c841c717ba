"""Two users who have registered one scale upload to it at the same moment, on real databases."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from adapters.database.storage import SqlStorage
from adapters.system.clock import SystemClock
from application.conversations.resources import Patience
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from tests.fakes.scales import FakeScales
from tests.harness.installation import HERE, Installation
from tests.harness.products import bun, muffin
from tests.harness.storages import ENGINES
from tests.harness.threads import at_once

ROUNDS = 5


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with ENGINES[request.param](request) as engine:
        yield engine


def test_all_edits_of_both_arrive_and_it_is_talked_to_once_at_a_time(engine: Engine) -> None:
    clock = SystemClock()
    scales = FakeScales(clock)
    shop = Installation(SqlStorage(engine), scales, clock, patience=Patience(busy_wait=30.0))
    cases = shop.cases
    device = scales.plug_in(HERE, {"products": [muffin(), bun()]})
    at_the_same_time = []
    device.during = lambda stage: at_the_same_time.append(device.open)

    def registered(email: str) -> tuple[UserId, DeviceId]:
        owner = shop.register(email)
        added = shop.add_device(owner)
        cases.products.read.for_user(owner, added)
        return owner, added

    (anna, hers), (boris, his) = registered("anna@example.org"), registered("boris@example.org")
    together = threading.Barrier(2)

    def edit_and_upload(owner: UserId, device_id: DeviceId, field: str) -> None:
        for number in range(1, ROUNDS + 1):
            value = float(number) if field == "price" else f"round {number}"
            cases.products.edit(owner, device_id, 607, {field: value})
            together.wait(30)
            cases.products.upload.for_user(owner, device_id)

    failures = at_once(
        lambda: edit_and_upload(anna, hers, "price"), lambda: edit_and_upload(boris, his, "name")
    )
    assert failures == []
    assert set(at_the_same_time) == {1}
    assert device.document is not None
    [product] = [each for each in device.document["products"] if each["pluNumber"] == 607]
    assert (product["price"], product["name"]) == (ROUNDS, f"round {ROUNDS}")
