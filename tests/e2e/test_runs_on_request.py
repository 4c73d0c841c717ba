"""Runs on request with real processes: one that does them, and a command that watches."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.mertech.emulator import EmulatedScales, Fleet, running_scales
from domain.devices.device import Address
from entrypoints.bootstrap import UseCases
from tests.e2e.places import is_editable
from tests.e2e.processes import EMAIL, PASSWORD, running
from tests.harness.bootstrapped import bootstrapped
from tests.harness.installation import add_device
from tests.harness.postgresql import Server

DEVICES = ("Bakery", "Butcher", "Deli")
PRICE = 79.5
ME = ("--user", EMAIL)


class EditedScales:
    """An installation with devices of which one product each was edited."""

    def __init__(self, cases: UseCases, fleet: Fleet) -> None:
        self.fleet = fleet
        owner = cases.accounts.register(EMAIL, PASSWORD).id
        for name, scales in zip(DEVICES, fleet, strict=True):
            device_id = add_device(cases, owner, name, Address("127.0.0.1", scales.port))
            cases.products.read.for_user(owner, device_id)
            plu = int(edited(scales)["pluNumber"])
            cases.products.edit(owner, device_id, plu, {"price": PRICE})

    @property
    def sent(self) -> list[bool]:
        """Whether each device has got its edit."""
        return [edited(scales)["price"] == PRICE for scales in self.fleet]


def edited(scales: EmulatedScales) -> dict[str, float]:
    """The product that is edited, as the device holds it."""
    assert scales.document
    product: dict[str, float] = next(filter(is_editable, scales.document["products"]))
    return product


@pytest.fixture(params=["scheduler", "worker"])
def does_it(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """Which process does the work: the scheduler on SQLite, workers on PostgreSQL."""
    if request.param == "scheduler":
        yield "scheduler"
        return
    postgresql: Server = request.getfixturevalue("postgresql")
    with postgresql.database() as name:
        settings = folder / ".env"
        settings.write_text(f"{settings.read_text()}DATABASE_URL={postgresql.url(name)}\n")
        yield "worker"


@pytest.fixture
def shop(folder: Path, does_it: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[EditedScales]:
    cases = bootstrapped(folder, monkeypatch)
    with running_scales(len(DEVICES)) as fleet:
        yield EditedScales(cases, fleet)


def test_an_upload_to_all_of_which_one_fails(
    folder: Path, does_it: str, shop: EditedScales
) -> None:
    shop.fleet.set_fault(shop.fleet.ports[1], "refuse-uploads")
    with (
        running(does_it, folder=folder) as process,
        running("run", "upload", *ME, "--all", folder=folder) as upload,
    ):
        assert upload.wait() == 1
        told = [line for line in upload.lines if "(device " in line]
        assert len(told) == 1
        assert told[0].startswith("Butcher (device 2): refused: The scale refused the products")
        assert "batch 1: 2 of 3 ended well" in upload.lines
        assert shop.sent == [True, False, True]
        shop.fleet.set_fault(shop.fleet.ports[1], None)
        with running("run", "retry", *ME, "1", folder=folder) as retry:
            assert retry.wait() == 0
        assert shop.sent == [True, True, True]
        assert process.stop() == 0
    assert [scales.counters.uploads_accepted for scales in shop.fleet] == [1, 1, 1]


def test_what_was_begun_outlives_whoever_began_it(
    folder: Path, does_it: str, shop: EditedScales
) -> None:
    with running("run", "upload", *ME, "--all", "--scope", "edits", folder=folder) as upload:
        upload.wait_for("Nothing has begun: is web-scales scheduler .* running")
        assert upload.stop(signal.SIGINT) == 1
        assert upload.lines[-1].endswith(f"web-scales run watch 1 --user {EMAIL}")
    with (
        running(does_it, folder=folder) as process,
        running("run", "watch", *ME, "1", folder=folder) as watch,
    ):
        assert watch.wait() == 0
        assert watch.lines[-1] == "batch 1: 3 of 3 ended well"
        assert process.stop() == 0
    assert shop.sent == [True, True, True]
