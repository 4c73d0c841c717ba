"""Devices of the service with the emulated scales that stand there, held up in a phase of their
conversation."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from adapters.mertech.emulator import ActiveFault, EmulatedScales, Fleet, parse_fault
from domain.products.label_dates import write_date
from tests.e2e.processes import SOON, Asked, Client, Command

PHASES: Final = ("reading", "sending", "checking")
PORTION: Final = "FF 13 03"
SENT: Final = 2
"""Portions, of four, that a device takes before it holds up the next one."""
EXTRA: Final = 1.5
"""What is added to a price."""


@dataclass
class Place:
    """A device, and the scales that stand there; `plus` are of products that nobody edits yet."""

    id: int
    scales: EmulatedScales
    phase: str
    plus: list[int] = field(default_factory=list)
    prices: dict[int, float] = field(default_factory=dict)
    """The prices that products were given, by PLU."""

    @property
    def path(self) -> str:
        return f"/devices/{self.id}"

    def read(self, client: Client) -> None:
        answer = client.call("GET", f"{self.path}/products")
        assert answer.status == 200, answer.body
        products = answer.body["products"]["products"]
        self.plus = [one["pluNumber"] for one in products if is_editable(one)]

    def edit(self, client: Client) -> None:
        """Give the next product another price."""
        plu = self.plus.pop()
        self.prices[plu] = round(self.price_on_scales(plu) + EXTRA, 2)
        path = f"{self.path}/products/{plu}"
        answer = client.call("PATCH", path, {"fields": {"price": self.prices[plu]}})
        assert answer.status == 200, answer.body

    def conversation(self, client: Client) -> Asked:
        """A request that comes to the phase."""
        if self.phase == "reading":
            return Asked(client, "GET", f"{self.path}/products")
        return Asked(client, "POST", f"{self.path}/upload")

    def hold_up(self, fleet: Fleet, in_sending: str) -> None:
        """Have the next conversation stay in the phase; while sending, with this fault."""
        if self.phase == "reading":
            fleet.set_fault(self.scales.port, "never-ready")
        elif self.phase == "checking":
            fleet.set_fault(self.scales.port, "check-never-ends")
        else:
            answer = self.scales.answer
            hold = partial(self._answered, answer, parse_fault(in_sending))
            setattr(self.scales, "answer", hold)  # noqa: B010 - a method

    def _answered(
        self, answer: Callable[..., Any], fault: ActiveFault, *arguments: Any, **named: Any
    ) -> Any:
        given = answer(*arguments, **named)
        if self.scales.counters.commands[PORTION] == SENT:
            self.scales.misbehave(fault)
        return given

    def let_go(self, fleet: Fleet) -> None:
        vars(self.scales).pop("answer", None)
        fleet.set_fault(self.scales.port, None)

    def wait_for_phase(self, *, sent: int = SENT) -> None:
        """Until the device has been asked twice whether it is ready, or has so many portions."""
        command, times = {
            "reading": ("FF 15", self.scales.counters.commands["FF 15"] + 2),
            "sending": (PORTION, sent),
            "checking": ("FF 13 09", 2),
        }[self.phase]
        assert self.scales.wait_until(lambda seen: seen.commands[command] >= times, seconds=SOON)

    def device(self, client: Client) -> Any:
        return client.call("GET", self.path).body

    def runs(self, client: Client) -> list[tuple[str, str]]:
        """Kinds and outcomes, newest first."""
        found = client.call("GET", f"{self.path}/runs").body["runs"]
        return [(run["kind"], run["outcome"]) for run in found]

    def price_on_scales(self, plu: int) -> float:
        return float(next(one["price"] for one in self.products if one.get("pluNumber") == plu))

    def prices_on_scales(self) -> dict[int, float]:
        """Of the products that were given others."""
        return {plu: self.price_on_scales(plu) for plu in self.prices}

    @property
    def products(self) -> Sequence[Any]:
        assert self.scales.document
        products: Sequence[Any] = self.scales.document["products"]
        return products

    def is_renewed(self) -> bool:
        """Whether the scales bear today's date, or that of a midnight just passed."""
        now = datetime.now(UTC)
        days = {write_date(now.date()), write_date((now - timedelta(minutes=1)).date())}
        return {one["manufactureDate"] for one in self.products if not one["deleted"]} <= days


def is_editable(product: Any) -> bool:
    return "pluNumber" in product and not product["deleted"]


def freeze(commands: Sequence[Command], folder: Path) -> None:
    """SIGSTOP, but not in the middle of a transaction: SQLite lets nobody else write then."""
    for command in commands:
        give_up = time.monotonic() + SOON
        while True:
            command.freeze()
            if is_writable(folder / "web-scales.db"):
                break
            assert time.monotonic() < give_up
            command.thaw()


def is_writable(database: Path) -> bool:
    with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.execute("ROLLBACK")
    return True
