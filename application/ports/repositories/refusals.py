"""How often a device has refused its password."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol


class Refusals(Protocol):
    """How often what listens at an endpoint has refused a password since it last took one,
    whichever device it was registered as."""

    @abstractmethod
    def count(self, endpoints: Sequence[str]) -> int:
        """The largest count of these endpoints."""

    @abstractmethod
    def add(self, endpoints: Sequence[str]) -> None:
        """Count one more refusal for each of these endpoints, which must be leased."""

    @abstractmethod
    def clear(self, endpoints: Sequence[str]) -> int:
        """Set the counts to zero. Returns how many refusals there were."""
