"""What every conversation with a device needs."""

from dataclasses import dataclass
from datetime import timedelta

from application.conversations.lease_keeper import LEASE
from application.ports.cipher import Cipher
from application.ports.clock import Clock
from application.ports.scales import Scales
from application.ports.storage import Storage


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait, in seconds, and how often to try again after a lost connection."""

    conversation: float = 60.0
    busy_wait: float = 3.0
    retries: int = 2
    retry_delay: float = 0.5
    lease: float = LEASE.total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """The ports that conversations use, and their patience."""

    storage: Storage
    scales: Scales
    clock: Clock
    cipher: Cipher
    patience: Patience

    @property
    def lease_lasts(self) -> timedelta:
        """How long a lease lasts that is not renewed."""
        return timedelta(seconds=self.patience.lease)
