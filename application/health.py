"""Whether the service can do its work."""

from dataclasses import dataclass

from application.ports.storage import Storage


@dataclass(frozen=True, slots=True)
class CheckReadiness:
    """The database answers and has the schema that this version needs."""

    storage: Storage

    def __call__(self) -> None:
        """Raises StorageNotReadyError."""
        self.storage.check()
