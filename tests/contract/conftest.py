"""Every storage, and all scales, that the contract suites run against."""

from collections.abc import Iterator

import pytest

from adapters.mertech.emulator import Pace, running_scales
from application.ports.storage import Storage
from tests.harness.contract_device import (
    ContractDevice,
    EmulatedContractDevice,
    FakeContractDevice,
    has_ipv6,
)
from tests.harness.storages import STORAGES, Opened, PassTime


@pytest.fixture(params=STORAGES)
def opened(request: pytest.FixtureRequest) -> Iterator[Opened]:
    with STORAGES[request.param](request) as opened:
        yield opened


@pytest.fixture
def storage(opened: Opened) -> Storage:
    return opened.storage


@pytest.fixture
def pass_time(opened: Opened) -> PassTime:
    return opened.pass_time


@pytest.fixture(params=["fake", "127.0.0.1", "::1"])
def tested(request: pytest.FixtureRequest) -> Iterator[ContractDevice]:
    if request.param == "fake":
        yield FakeContractDevice()
        return
    if request.param == "::1" and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    pace = Pace(build=0.01, hashing=0.01, check=0.01)
    with running_scales(host=request.param, products=0, pace=pace) as fleet:
        yield EmulatedContractDevice(fleet)
