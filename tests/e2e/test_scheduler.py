"""The scheduler as a process, with an emulated scale that is due."""

import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.mertech.emulator import EmulatedScales, running_scales
from domain.accounts.user import UserId
from domain.devices.device import Address, DeviceId
from domain.products.label_checks.checks import Check
from domain.products.label_dates import write_date
from domain.renewal.schedule import AutoUpdate
from entrypoints.bootstrap import UseCases
from tests.e2e.processes import SOON, running
from tests.harness.bootstrapped import bootstrapped
from tests.harness.installation import add_device


class DueScales:
    """An installation whose one device is due, and the emulated scale that stands there."""

    def __init__(self, cases: UseCases, scales: EmulatedScales) -> None:
        self.cases = cases
        self.scales = scales
        self.owner: UserId = cases.accounts.register("baker@example.com", "correct horse").id
        self.device = self.add_device(scales)

    def add_device(self, scales: EmulatedScales) -> DeviceId:
        """One that is due at once."""
        address = Address("127.0.0.1", scales.port)
        device = add_device(self.cases, self.owner, f"Counter {scales.port}", address)
        self.cases.renewal.change_schedule(
            self.owner, device, enabled=True, interval=timedelta(hours=12)
        )
        return device

    @property
    def schedule(self) -> AutoUpdate:
        return self.cases.renewal.show_schedule(self.owner, self.device)

    def is_renewed(self) -> bool:
        """Whether the scale itself bears today's date, or that of a midnight just passed."""
        now = datetime.now(UTC)
        days = {write_date(now.date()), write_date((now - timedelta(minutes=1)).date())}
        assert self.scales.document
        live = [one for one in self.scales.document["products"] if not one.get("deleted")]
        return {one["manufactureDate"] for one in live} <= days

    def wait_for_upload(self) -> None:
        assert self.scales.wait_until(lambda seen: seen.uploads_accepted == 1, seconds=SOON)


@pytest.fixture
def shop(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DueScales]:
    cases = bootstrapped(folder, monkeypatch)
    with running_scales(latency=0.1) as fleet:
        yield DueScales(cases, fleet[0])


def test_sigterm_in_the_middle_of_a_conversation_finishes_it(folder: Path, shop: DueScales) -> None:
    with running("scheduler", folder=folder) as scheduler:
        assert shop.scales.wait_until(lambda seen: seen.connections == 1, seconds=SOON)
        assert scheduler.stop(signal.SIGTERM) == 0
    assert shop.is_renewed()
    assert shop.schedule.last_status == "OK"
    assert scheduler.lines[-1].endswith("entrypoints.scheduler.process stopped")
    assert f"[device={shop.device}] dates renewed: ok, 678 products" in scheduler.text
    assert shop.scales.counters.connections_open == 0


def test_edits_are_counted_among_the_labels_to_look_at(folder: Path, shop: DueScales) -> None:
    def free() -> int:
        return shop.cases.devices.show_fleet(shop.owner).label_checks[Check.ZERO_PRICE]

    # Nothing is renewed: that would look at the labels too.
    shop.cases.renewal.change_schedule(
        shop.owner, shop.device, enabled=False, interval=timedelta(hours=12)
    )
    shop.cases.products.read.for_user(shop.owner, shop.device)
    assert shop.scales.document
    product = next(one for one in shop.scales.document["products"] if "pluNumber" in one)
    shop.cases.products.edit(shop.owner, shop.device, product["pluNumber"], {"price": 0})
    assert free() == 0
    with running("scheduler", folder=folder) as scheduler:
        give_up = time.monotonic() + SOON
        while free() == 0 and time.monotonic() < give_up:
            time.sleep(0.05)
        assert free() == 1
        assert scheduler.stop() == 0


def test_two_schedulers_renew_a_device_once(folder: Path, shop: DueScales) -> None:
    with running("scheduler", folder=folder) as one, running("scheduler", folder=folder) as other:
        shop.wait_for_upload()
        for scheduler in (one, other):
            scheduler.wait_for("renewing up to 32 devices at once")
        assert (one.stop(signal.SIGINT), other.stop(signal.SIGINT)) == (0, 0)
    assert (one.text + other.text).count("dates renewed") == 1
    assert shop.scales.counters.connections == 1


def test_two_schedulers_share_many_devices_and_renew_each_once(
    folder: Path, shop: DueScales
) -> None:
    few = {"SCHEDULER_CONCURRENCY": "4"}
    with (
        running_scales(40, products=20, latency=0.02) as fleet,
        running("scheduler", folder=folder, **few) as one,
        running("scheduler", folder=folder, **few) as other,
    ):
        for scheduler in (one, other):
            scheduler.wait_for("renewing up to 4 devices at once")
        for scales in fleet:
            shop.add_device(scales)
        for scales in fleet:
            assert scales.wait_until(lambda seen: seen.uploads_accepted > 0, seconds=SOON)
        shop.wait_for_upload()
        assert (one.stop(), other.stop()) == (0, 0)
        seen = [scales.counters for scales in fleet]
    assert [(each.connections, each.uploads_accepted) for each in seen] == [(1, 1)] * 40
    done = one.text.count("dates renewed"), other.text.count("dates renewed")
    assert sum(done) == 41
    assert min(done) > 0


def test_switched_off_it_stays_up_and_does_nothing(folder: Path, shop: DueScales) -> None:
    with running("scheduler", folder=folder, SCHEDULER_SERVICE_ENABLED="false") as scheduler:
        scheduler.wait_for("SCHEDULER_SERVICE_ENABLED is false: nothing is renewed")
        assert not shop.scales.wait_until(lambda seen: seen.connections > 0, seconds=1.5)
        assert scheduler.stop(signal.SIGTERM) == 0
    assert shop.schedule.last_run_at is None


def test_at_debug_the_log_shows_no_password(folder: Path, shop: DueScales) -> None:
    secrets = (folder / ".env").read_text().split()
    with running("scheduler", folder=folder, DEBUG="true") as scheduler:
        scheduler.wait_for("dates renewed")
        scheduler.wait_for(" DEBUG schedule ")
        assert scheduler.stop() == 0
    for secret in ("'1234'", "b'1234", "31323334", *(line.split("=", 1)[1] for line in secrets)):
        assert secret not in scheduler.text
