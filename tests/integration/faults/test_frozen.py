"""A process frozen past its lease at any point of a conversation writes nothing to the device, nor
to the database, when it goes on. The clock and the leases are a test's; the driver is real."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from adapters.mertech.driver.scales import MertechScales
from adapters.mertech.emulator import EmulatedScales, running_scales
from application.conversations.errors import LeaseLostError
from application.conversations.lease_keeper import LEASE
from application.ports.scales import UNDELIVERED, Scales
from application.ports.scales import Connection as Conversation
from application.ports.scales import Target as Line
from domain.devices.device import Address
from domain.products.catalogue import Catalogue
from domain.renewal.time_zones import TimeZones
from domain.runs.run import MOVES_PRODUCTS, Outcome, Run
from entrypoints.bootstrap import Options
from tests.fakes.clock import FakeClock
from tests.fakes.security import FakeCipher, FakeHasher, FakeTokens
from tests.fakes.storage import InMemoryStorage
from tests.harness.emulated import AT_ONCE, ON_DEVICE
from tests.harness.flat_cases import wire
from tests.harness.installation import LOOPBACK

FROZEN: Final = LEASE + timedelta(seconds=1)


class Freezing(Scales):
    """Freezes before a heartbeat, which is called immediately before each write."""

    def __init__(self, scales: Scales) -> None:
        self.before = 0
        self.beats = 0
        self.freeze: Callable[[], None] = lambda: None
        self._scales = scales

    def endpoints(self, address: Address) -> tuple[Address, ...]:
        return self._scales.endpoints(address)

    @contextmanager
    def conversation(
        self, line: Line, *, deadline: float, heartbeat: Callable[[], None]
    ) -> Iterator[Conversation]:
        def beat() -> None:
            self.beats += 1
            if self.beats == self.before:
                self.freeze()
            heartbeat()

        with self._scales.conversation(line, deadline=deadline, heartbeat=beat) as conversation:
            yield conversation


class Shop:
    def __init__(self, device: EmulatedScales) -> None:
        self.device = device
        self.clock = FakeClock()
        self.storage = InMemoryStorage(self.clock)
        self.scales = Freezing(MertechScales(self.clock, networks=LOOPBACK))
        self.cases = wire(
            storage=self.storage,
            scales=self.scales,
            clock=self.clock,
            hasher=FakeHasher(),
            cipher=FakeCipher(),
            tokens=FakeTokens(),
            options=Options(zones=TimeZones(ZoneInfo("UTC")), networks=LOOPBACK),
        )
        self.anna = self.cases.register_user("anna@example.org", "correct horse").id
        self.id = self.cases.add_device(
            self.anna,
            name="Bakery",
            description="",
            address=Address(device.host, device.port),
            protocol="TCP",
            password="1234",  # noqa: S106  the maker's default
        ).device.id
        self.cases.read_products(self.anna, self.id)

    def upload_frozen_before(self, beat: int) -> bool:
        """Whether the upload came to that point. Meanwhile somebody else has the device; nothing
        of what happens after it may be of the one that was frozen."""
        seen: list[tuple[int, int, Run | None, Catalogue | None]] = []

        def freeze() -> None:
            if self.scales.beats > 1:  # there is a connection, of which the device may hear late
                assert self.device.wait_until(lambda counters: counters.connections_open == 1)
            self.clock.advance(FROZEN)
            with self.storage.transaction() as tx:
                lease = tx.leases.take(self.id, LEASE)
                assert lease is not None
                seen.append(self.state)

        self.scales.beats, self.scales.before, self.scales.freeze = 0, beat, freeze
        try:
            self.cases.upload_products(self.anna, self.id)
        except LeaseLostError:
            assert self.device.wait_until(lambda counters: counters.connections_open == 0)
            assert [self.state] == seen
            assert seen[0][2] is not None
            assert seen[0][2].outcome is Outcome.INTERRUPTED
            self.clock.advance(FROZEN)
            return True
        assert not seen, "it went on after the freeze"
        return False

    @property
    def state(self) -> tuple[int, int, Run | None, Catalogue | None]:
        """What the device has had of anybody, and what is remembered."""
        counters = self.device.counters
        with self.storage.snapshot() as tx:
            return (
                counters.connections,
                counters.bytes_received,
                tx.runs.last(self.id, MOVES_PRODUCTS),
                tx.catalogues.find(self.id),
            )


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running_scales(products=0, pace=AT_ONCE) as fleet:
        fleet[0].document = ON_DEVICE
        yield Shop(fleet[0])


def test_a_process_frozen_before_any_write_of_an_upload_writes_nothing_more(shop: Shop) -> None:
    beat = 1
    while shop.upload_frozen_before(beat):
        beat += 1
    sent = shop.device.counters.commands
    assert beat > 2 * 10, "two for each of the commands that an upload takes at least"
    assert sent["FF 12 06"] > 0


def test_a_process_frozen_for_less_than_its_lease_goes_on(shop: Shop) -> None:
    shop.scales.before, shop.scales.beats = 8, 0
    shop.scales.freeze = lambda: shop.clock.advance(LEASE - timedelta(seconds=1))
    assert shop.cases.upload_products(shop.anna, shop.id).products


def test_the_system_drops_what_was_written_before_the_lease_can_have_ended() -> None:
    assert LEASE.total_seconds() / 2 > UNDELIVERED
