"""How often a device has refused its password."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol


class Refusals(Protocol):
    """How often what listens at an endpoint has refused a password since it last took one,
    whichever device it was registered as."""

    @abstractmethod
    def count(self, endpoints: Sequence[str]) -> int:
        """The most of any of them."""

    @abstractmethod
    def add(self, endpoints: Sequence[str]) -> None:
        """Each has refused one more. They are leased."""

    @abstractmethod
    def clear(self, endpoints: Sequence[str]) -> int:
        """Begin anew, and answer how many refusals there were."""
