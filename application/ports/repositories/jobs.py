"""Work on devices that waits to be done."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from domain.runs.job import Job


class Jobs(Protocol):
    """Work that waits to be done by whichever process does such work."""

    @abstractmethod
    def defer(self, jobs: Sequence[Job]) -> None:
        """Have these jobs done soon after the transaction has committed, each at least once.

        Owners take turns (see `domain.runs.turns`). A job for a device's own turn is not added
        while another waits for the same device. Raises UnknownDeviceError when a missing device is
        noticed at once.
        """
