"""What the service that was used before remembers, exactly as it stands there."""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from domain.errors import BadProductFileError, Failure
from domain.json_value import Json
from domain.notices import Notice

Value: TypeAlias = str | int | float | None
"""Nothing is checked: a column may hold any of these. Text may hold lone surrogates, where it was
no UTF-8, and NUL."""


class FormerServiceError(Failure):
    """Its records cannot be read, or are none of that service; `reason` says why."""

    code = "FormerService"

    def __init__(self, reason: str, /, **facts: Json) -> None:
        self.reason = Notice(reason, facts)
        super().__init__(f"{reason} {facts}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerUser:
    """A row of `users`."""

    id: Value
    email: Value
    password_hash: Value = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerDevice:
    """A row of `devices`. `products` is the JSON that was cached, None where there was none;
    `products_fault` says why that could not be read."""

    id: Value
    owner_id: Value
    name: Value
    description: Value
    host: Value
    port: Value
    protocol: Value
    encrypted_password: Value = field(repr=False)
    products: Json
    products_fault: BadProductFileError | None
    dirty: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerSchedule:
    """A row of `auto_update_schedules`."""

    device_id: Value
    enabled: Value
    interval_minutes: Value
    last_run: Value
    last_status: Value
    last_error: Value


class FormerRecords(Protocol):
    """All records as of one moment. Each method may raise FormerServiceError on the way."""

    @abstractmethod
    def users(self) -> Iterator[FormerUser]:
        """Ordered by id."""

    @abstractmethod
    def devices(self) -> Iterator[FormerDevice]:
        """Ordered by id, one after the other: product files are large."""

    @abstractmethod
    def schedules(self) -> Iterator[FormerSchedule]:
        """Ordered by device; of two for one device, the later one comes last."""


class FormerService(Protocol):
    """The service used before; it may still be at work, and nothing of it is changed."""

    @abstractmethod
    def records(self) -> AbstractContextManager[FormerRecords]:
        """Raises FormerServiceError."""
