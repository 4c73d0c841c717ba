"""Product files that were replaced by different ones."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.devices.device import DeviceId
from domain.errors import DomainError
from domain.products.product_file import ProductFile


class UnknownFileError(DomainError):
    """No such former product file, or it is kept no more."""

    code = "UnknownFile"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerFile:
    """A product file that is kept: when it was read, when it was replaced, what it held."""

    number: int
    read_at: datetime
    replaced_at: datetime
    products: int
    size: int


class FormerFiles(Protocol):
    """Product files that were replaced by different ones, numbered from 1 for each device."""

    @abstractmethod
    def keep(
        self, device_id: DeviceId, file: ProductFile, *, read_at: datetime, at: datetime, most: int
    ) -> None:
        """Keep a file that is replaced now, and drop all but the `most` newest."""

    @abstractmethod
    def of_device(self, device_id: DeviceId) -> Sequence[FormerFile]:
        """A device's former files, newest first."""

    @abstractmethod
    def get(self, device_id: DeviceId, number: int) -> ProductFile:
        """Raises UnknownFileError when it is not kept, and FileTooLargeError when it dates from
        before files were bounded."""
