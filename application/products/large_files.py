"""Large product files: few at once, and worked on while no other writer waits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Final, NamedTuple

from application.ports.repositories.rendered_files import RenderedFile
from application.ports.storage import Storage, Transaction
from application.products.catalogues import rendered_file, require_catalogue
from domain.devices.device import DeviceId
from domain.errors import Failure, FileTooLargeError
from domain.products.catalogue import Catalogue
from domain.products.product_file import LARGEST_FILE

LARGE: Final = 1024 * 1024
"""Bytes; four times a file of usual size. Smaller files need no place."""
WAIT: Final = 5.0
"""Seconds to wait for a place."""
TRIES: Final = 3


class TooManyFilesError(Failure):
    """All places for work on large product files were taken, and none became free in time."""

    code = "TooManyFiles"


class Changed(NamedTuple):
    """A catalogue before and after a change, and what clients see of it now."""

    before: Catalogue
    after: Catalogue
    shown: RenderedFile


@dataclass(frozen=True, slots=True)
class LargeFiles:
    """Keeps memory bounded: work on a large file needs one of a few places."""

    places: BoundedSemaphore = field(default_factory=BoundedSemaphore)

    @contextmanager
    def place(self, size: int) -> Iterator[None]:
        """A place for work on a file of so many bytes. Raises TooManyFilesError."""
        if size <= LARGE:
            yield
            return
        if not self.places.acquire(timeout=WAIT):
            raise TooManyFilesError
        try:
            yield
        finally:
            self.places.release()

    def change(
        self,
        storage: Storage,
        device_id: DeviceId,
        check: Callable[[Transaction], object],
        change: Callable[[Catalogue], Catalogue],
        *,
        adds: bool = True,
    ) -> Changed:
        """Save what `change` makes of a device's catalogue. `check` is called first, in the same
        transaction; `adds` says that the file may grow.

        Raises NothingReadError, TooManyFilesError, FileTooLargeError, and what both raise.
        """
        with storage.transaction() as tx:
            check(tx)
            if tx.rendered_files.size(device_id) <= LARGE:
                return _changed_at_once(tx, device_id, change, adds=adds)
        with self.place(LARGE + 1):
            return changed_without_blocking(storage, device_id, check, change, adds=adds)


def changed_without_blocking(
    storage: Storage,
    device_id: DeviceId,
    check: Callable[[Transaction], object],
    change: Callable[[Catalogue], Catalogue],
    *,
    found: Catalogue | None = None,
    adds: bool = True,
) -> Changed:
    """The same, but `change` runs outside of a transaction, so that no other writer waits for it.
    It runs again where another writer was faster.

    `found` is the catalogue as it was a moment ago.
    """
    for _ in range(TRIES):
        before = found or _found(storage, device_id, check)
        found = None
        after = change(before)
        storage.prepare(after)
        with storage.transaction() as tx:
            check(tx)
            if tx.catalogues.is_still(before):
                return Changed(before, after, _saved(tx, after, adds=adds))
    with storage.transaction() as tx:
        check(tx)
        return _changed_at_once(tx, device_id, change, adds=adds)


def _changed_at_once(
    tx: Transaction,
    device_id: DeviceId,
    change: Callable[[Catalogue], Catalogue],
    *,
    adds: bool = True,
) -> Changed:
    before = require_catalogue(tx, device_id)
    after = change(before)
    return Changed(before, after, _saved(tx, after, adds=adds))


def _found(
    storage: Storage, device_id: DeviceId, check: Callable[[Transaction], object]
) -> Catalogue:
    with storage.snapshot() as tx:
        check(tx)
        return require_catalogue(tx, device_id)


def _saved(tx: Transaction, catalogue: Catalogue, *, adds: bool) -> RenderedFile:
    """Raises FileTooLargeError when what was added makes a file too large."""
    tx.catalogues.save(catalogue)
    shown = rendered_file(tx, catalogue.device_id)
    if adds and len(shown.body) > LARGEST_FILE:
        raise FileTooLargeError("bytes", len(shown.body), LARGEST_FILE)
    return shown
