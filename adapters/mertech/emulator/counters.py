"""What a device has seen, for tests and benchmarks to count."""

from collections import Counter
from dataclasses import dataclass, field, replace


@dataclass(slots=True)
class Counters:
    """Since the device was made; `commands` by name: "FF 14", "FF 12 06"."""

    connections_open: int = 0
    connections: int = 0
    bytes_received: int = 0
    bytes_sent: int = 0
    uploads_accepted: int = 0
    uploads_refused: int = 0
    wrong_passwords: int = 0
    commands: Counter[str] = field(default_factory=Counter)

    def copy(self) -> "Counters":
        """As it stands now."""
        return replace(self, commands=self.commands.copy())
