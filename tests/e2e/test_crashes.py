"""The API and the scheduler killed, and frozen past their leases, in each phase of a conversation.

Each test takes as long as a lease, so that one test has all phases, side by side.
"""

import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from adapters.mertech.emulator import Fleet, running_scales
from application.conversations.lease_keeper import LEASE
from tests.e2e.places import PHASES, SENT, Place, freeze
from tests.e2e.processes import SOON, Asked, Client, Command, running, serving

SERVE: Final = ("serve", "--port", "0")
FREE_AFTER: Final = LEASE.total_seconds() + 5
"""Seconds, of which some are for reading a device on a busy machine."""
PATIENT: Final = {"DEVICE_BUSY_WAIT": "60", "DEFAULT_TIMEOUT": "50"}
"""Settings: a request waits until a device is free, and a device may take its time."""


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    """Scales for each phase, once for the API and once for the scheduler."""
    with running_scales(2 * len(PHASES)) as fleet:
        yield fleet


class Shop:
    """A user with a device for each of the scales; each was read and has an edit that waits."""

    def __init__(self, client: Client, fleet: Fleet) -> None:
        self.fleet = fleet
        client.sign_in(register=True)
        self.places = [
            Place(client.add_device(scales.port, f"Counter {at}"), scales, PHASES[at % 3])
            for at, scales in enumerate(fleet)
        ]
        for place in self.places:
            place.read(client)
            place.edit(client)
        self.asked, self.scheduled = self.places[:3], self.places[3:]
        self.token = client.token

    def begin(self, client: Client, *, in_sending: str) -> list[Asked]:
        """Have the API hold a conversation in each phase, and make the rest due for the scheduler,
        that will come to each phase."""
        for place in self.places:
            place.hold_up(self.fleet, in_sending)
        self.schedule(client, on=True)
        return [place.conversation(client) for place in self.asked]

    def schedule(self, client: Client, *, on: bool) -> None:
        for place in self.scheduled:
            schedule = {"enabled": on, "interval_minutes": 720}
            assert client.call("PUT", f"{place.path}/auto-update", schedule).status == 200

    def wait_for_phases(self, *, sent: int) -> None:
        for place in sorted(self.places, key=lambda place: place.phase == "sending"):
            place.wait_for_phase(sent=sent)

    def let_go(self) -> None:
        for place in self.places:
            place.let_go(self.fleet)

    def signed_in(self, client: Client) -> Client:
        client.token = self.token
        return client

    def wait_for_renewals(self, scheduler: Command, since: float) -> None:
        for place in self.scheduled:
            scheduler.wait_for(rf"\[device={place.id}\] dates renewed: ")
        assert time.monotonic() - since < FREE_AFTER


def wait_for_unverified(places: Sequence[Place], client: Client, since: float) -> None:
    """Until it shows that nobody knows what these hold: when their leases have run out."""
    while not all(place.device(client)["unverified"] for place in places):
        assert time.monotonic() - since < FREE_AFTER
        time.sleep(0.1)


def read_when_free(places: Sequence[Place], client: Client, since: float) -> None:
    """Read all of them at once: each waits until its lease has run out."""
    reads = [Asked(client, "GET", f"{place.path}/products") for place in places]
    for read in reads:
        answer = read.answer()
        assert answer
        assert answer.status == 200
    assert time.monotonic() - since < FREE_AFTER


def outcomes(place: Place, client: Client) -> list[str]:
    """Of its runs, newest first."""
    return [outcome for _, outcome in place.runs(client)]


def test_after_kill_9_in_any_phase_devices_are_free_soon_and_nothing_is_lost(
    folder: Path, fleet: Fleet
) -> None:
    with running(*SERVE, folder=folder, **PATIENT) as api:
        client = serving(api)
        shop = Shop(client, fleet)
        requests = shop.begin(client, in_sending="silent")
        with running("scheduler", folder=folder, **PATIENT) as scheduler:
            shop.wait_for_phases(sent=SENT)
            scheduler.stop(signal.SIGKILL)
        api.stop(signal.SIGKILL)
    killed_at = time.monotonic()
    assert [request.answer() for request in requests] == [None, None, None]
    shop.let_go()

    with (
        running(*SERVE, folder=folder, **PATIENT) as api,
        running("scheduler", folder=folder, **PATIENT) as scheduler,
    ):
        client = shop.signed_in(serving(api))
        reading, *uploading = shop.asked
        wait_for_unverified(uploading, client, killed_at)
        assert reading.device(client)["unverified"] is False
        read_when_free(shop.asked, client, killed_at)
        shop.wait_for_renewals(scheduler, killed_at)

        for place in shop.places:
            assert outcomes(place, client)[1:] == ["interrupted", "ok"]
            assert place.device(client)["unverified"] is False
        for place in shop.asked:
            taken = place.phase == "checking"
            assert place.scales.counters.uploads_accepted == taken
            assert (place.prices_on_scales() == place.prices) is taken
            assert place.device(client)["cached_dirty"] is not taken
            assert client.call("POST", f"{place.path}/upload").status == 200
            assert place.prices_on_scales() == place.prices
        for place in shop.scheduled:
            outcome = "nothing_to_do" if place.phase == "checking" else "ok"
            assert place.runs(client)[0] == ("auto_update", outcome)
            assert place.scales.counters.uploads_accepted == 1
            assert place.is_renewed()
            assert place.prices_on_scales() != place.prices
            assert place.device(client)["cached_dirty"] is True
            assert client.call("GET", f"{place.path}/auto-update").body["last_status"] == "OK"


def state(shop: Shop, client: Client) -> list[Any]:
    """All that is known of each device, and what stands on it."""
    parts = ("", "/products/cached", "/products/edits", "/runs", "/files", "/auto-update")
    return [
        [
            *(client.call("GET", place.path + part) for part in parts),
            place.scales.document,
            # Not the questions whether it is ready: one may have been under way already.
            {name: place.scales.counters.commands[name] for name in ("FF 13 02", "FF 13 03")},
        ]
        for place in shop.places
    ]


def test_who_was_frozen_past_the_lease_in_any_phase_writes_nothing_afterwards(
    folder: Path, fleet: Fleet
) -> None:
    with (
        running(*SERVE, folder=folder, **PATIENT) as frozen_api,
        running(*SERVE, folder=folder, **PATIENT) as api,
    ):
        shop = Shop(serving(frozen_api), fleet)
        client = shop.signed_in(serving(api))
        # The reply to a portion comes while the process is frozen: the next one lies ready.
        requests = shop.begin(shop.signed_in(serving(frozen_api)), in_sending="late:12")
        with running("scheduler", folder=folder, **PATIENT) as frozen_scheduler:
            shop.wait_for_phases(sent=SENT + 1)
            freeze([frozen_api, frozen_scheduler], folder)
            frozen_at = time.monotonic()
            shop.let_go()
            for place in shop.places:
                place.edit(client)
            with running("scheduler", folder=folder, **PATIENT) as scheduler:
                read_when_free(shop.asked, client, frozen_at)
                shop.wait_for_renewals(scheduler, frozen_at)
                assert scheduler.stop() == 0
            for place in shop.asked:
                assert client.call("POST", f"{place.path}/upload").status == 200
            # Midnight may be near, and nothing is to be due when the frozen scheduler wakes up.
            shop.schedule(client, on=False)
            before = state(shop, client)

            frozen_api.thaw()
            frozen_scheduler.thaw()
            for request in requests:
                answer = request.answer()
                assert answer
                assert answer.status == 503
                assert "held up for too long" in answer.body["detail"]
            for place in shop.scheduled:
                frozen_scheduler.wait_for(
                    rf"\[device={place.id}\] dates not renewed: .* held up for too long"
                )
            for place in shop.places:
                assert place.scales.wait_until(lambda seen: not seen.connections_open, seconds=SOON)
            assert state(shop, client) == before
            assert frozen_scheduler.stop() == 0
        for place in shop.asked:
            assert place.prices_on_scales() == place.prices
            assert "interrupted" in outcomes(place, client)
            assert place.device(client)["cached_dirty"] is False
        for place in shop.scheduled:
            assert place.is_renewed()
            assert outcomes(place, client)[1] == "interrupted"
            assert place.prices_on_scales() != place.prices
            assert place.device(client)["cached_dirty"] is True
        assert shop.signed_in(serving(frozen_api)).call("GET", "/devices").status == 200
