"""One edit on many devices."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from application import log_context as context
from application.ports.clock import Clock
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.storage import Storage, StorageNotReadyError, Transaction
from application.products.catalogues import require_catalogue
from application.products.large_files import LargeFiles, TooManyFilesError, changed_without_blocking
from domain.accounts.user import UserId
from domain.devices.device import Device, DeviceId
from domain.errors import (
    AmbiguousProductError,
    Failure,
    FileTooLargeError,
    InvalidFieldsError,
    NothingReadError,
    TooManyEditsError,
    UnknownProductError,
)
from domain.json_value import Json
from domain.products import editing
from domain.products.catalogue import Catalogue
from domain.products.differences import FieldChange, product_changes
from domain.products.fields import refuse_impossible
from domain.products.product import NumberKind, Product

log = logging.getLogger(__name__)

LONGEST: Final = 60.0
"""Seconds after which no further device is edited: a database that keeps writers waiting would
otherwise hold up the request once for each device."""


class EditResult(StrEnum):
    """What an edit came to on one device."""

    EDITED = "edited"
    UNCHANGED = "unchanged"
    NO_SUCH_DEVICE = "no_such_device"
    NO_SUCH_PRODUCT = "no_such_product"
    NOTHING_READ = "nothing_read"
    REFUSED = "refused"
    FAILED = "failed"
    NOT_TRIED = "not_tried"


class NotTriedError(Failure):
    """The time for the request ended before this device's turn."""

    code = "NotTried"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductEdit:
    """Whose edit it is, which product it means on each device, and the new values."""

    owner_id: UserId
    kind: NumberKind
    number: int
    fields: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceEdit:
    """What an edit came to on one device.

    `name` is the device's, None where none was found; `product` is as shown afterwards, None
    where nothing was edited and nothing had to be; `error` says why.
    """

    device_id: DeviceId
    result: EditResult
    name: str | None = None
    product: Product | None = None
    changed: Sequence[FieldChange] = ()
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class EditOnDevices:
    """Change fields of the product of one number on many devices. Nothing is sent to them.

    On each device the edit is made as a whole or not at all. A failure on one device is reported
    for that device, and the others go on. An edit that was made before changes nothing, so the call
    can be repeated.
    """

    storage: Storage
    clock: Clock
    large_files: LargeFiles = field(default_factory=LargeFiles)

    def __call__(
        self, edit: ProductEdit, device_ids: Sequence[DeviceId] | None
    ) -> Sequence[DeviceEdit]:
        """One answer for each device, in the order given, duplicates once; None stands for all
        of the owner's devices. A device of another owner is no such device.

        Raises InvalidFieldsError for values that no device takes, before anything is edited.
        """
        refuse_impossible(edit.fields)
        until = self.clock.monotonic() + LONGEST
        if device_ids is None:
            with self.storage.snapshot() as tx:
                device_ids = [each.device.id for each in tx.devices.summaries(edit.owner_id)]
        return [
            self._on_device(edit, device_id)
            if self.clock.monotonic() < until
            else DeviceEdit(device_id=device_id, result=EditResult.NOT_TRIED, error=NotTriedError())
            for device_id in dict.fromkeys(device_ids)
        ]

    def _on_device(self, edit: ProductEdit, device_id: DeviceId) -> DeviceEdit:
        in_log = context.device_id.set(device_id)
        name = None
        try:
            with self.storage.snapshot() as tx:
                name = tx.devices.owned(edit.owner_id, device_id).name
                size = tx.rendered_files.size(device_id)
            with self.large_files.place(size):
                before, after = self._before_and_after(edit, device_id)
                return _done(edit, name, before, after)
        except Exception as error:
            return _not_done(device_id, name, error)
        finally:
            context.device_id.reset(in_log)

    def _before_and_after(
        self, edit: ProductEdit, device_id: DeviceId
    ) -> tuple[Catalogue, Catalogue]:
        """The catalogue without and with the edit, which is saved."""

        def check(tx: Transaction) -> Device:
            return tx.devices.owned(edit.owner_id, device_id)

        def edited(catalogue: Catalogue) -> Catalogue:
            return editing.edited(
                catalogue,
                edit.number,
                edit.fields,
                kind=edit.kind,
                by=edit.owner_id,
                at=self.clock.now(),
            )

        # Where nothing is to be written, no writer has to wait for it.
        with self.storage.snapshot() as tx:
            check(tx)
            before = require_catalogue(tx, device_id)
        after = edited(before)
        if after.edits == before.edits:
            return before, after
        changed = changed_without_blocking(self.storage, device_id, check, edited, found=before)
        return changed.before, changed.after


RESULTS: Final[Mapping[type[Exception], EditResult]] = MappingProxyType(
    {
        UnknownDeviceError: EditResult.NO_SUCH_DEVICE,
        UnknownProductError: EditResult.NO_SUCH_PRODUCT,
        NothingReadError: EditResult.NOTHING_READ,
        AmbiguousProductError: EditResult.REFUSED,
        InvalidFieldsError: EditResult.REFUSED,
        TooManyEditsError: EditResult.REFUSED,
        FileTooLargeError: EditResult.REFUSED,
        TooManyFilesError: EditResult.NOT_TRIED,
    }
)
"""What an edit came to where it failed as foreseen."""


def _done(edit: ProductEdit, name: str, before: Catalogue, after: Catalogue) -> DeviceEdit:
    # An edit moves no product, though its PLU may be another one now.
    position = before.shown.find(edit.number, edit.kind)
    product = after.shown.products[position]
    changed = product_changes(before.shown.products[position], product)
    if changed:
        # If a crash ends the request, the log says which devices were edited.
        log.info("edited %s %d, fields changed: %d", edit.kind, edit.number, len(changed))
    return DeviceEdit(
        device_id=before.device_id,
        result=EditResult.EDITED if changed else EditResult.UNCHANGED,
        name=name,
        product=product,
        changed=changed,
    )


def _not_done(device_id: DeviceId, name: str | None, error: Exception) -> DeviceEdit:
    result = RESULTS.get(type(error), EditResult.FAILED)
    if isinstance(error, StorageNotReadyError):
        log.warning("not edited: %s", error)
    elif result is EditResult.FAILED:
        log.error("not edited, for a reason that nobody foresaw", exc_info=error)
    known = None if result is EditResult.NO_SUCH_DEVICE else name
    return DeviceEdit(device_id=device_id, result=result, name=known, error=error)
