"""Reading the products from a device."""

from dataclasses import dataclass
from typing import NamedTuple

from application.conversations.conversation import Conversation
from application.conversations.opening import Conversations
from application.ports.clock import Clock
from application.ports.repositories.leases import Lease
from application.ports.scales import Received
from application.ports.storage import Storage
from application.products.catalogues import (
    catalogue_after_reading,
    note_dates_unknown,
    rendered_file,
)
from application.products.file_history import KeptFiles
from application.products.large_files import LARGE
from application.products.showing import ShownProducts
from domain.accounts.user import UserId
from domain.devices.device import Device, DeviceId
from domain.notices import Notice
from domain.products.catalogue import Catalogue
from domain.products.differences import differ_beyond_dates
from domain.products.foreign_changes import foreign_changes, warning_of
from domain.products.product_file import ProductFile
from domain.runs.batch import Batch
from domain.runs.run import RunKind


@dataclass(frozen=True, slots=True)
class ReadProducts:
    """Read the products from the device. They replace the cached file; edits stay on top."""

    storage: Storage
    conversations: Conversations
    files: KeptFiles
    clock: Clock

    def for_user(self, owner_id: UserId, device_id: DeviceId) -> ShownProducts:
        """Raises UnknownDeviceError, PasswordNotTriedError, TooManyConversationsError,
        DeviceBusyError, LeaseLostError and ScalesError."""
        with (
            self.conversations.place(owner_id),
            self.conversations.for_user(owner_id, device_id, RunKind.READ) as conversation,
        ):
            return self._read(conversation)

    def for_batch(self, batch: Batch, lease: Lease) -> None:
        """The same for a batch, on a device that is leased already. Raises the same, but for
        TooManyConversationsError."""
        with self.conversations.for_batch(batch, lease) as conversation:
            self._read(conversation)

    def _read(self, conversation: Conversation) -> ShownProducts:
        received = conversation.on_connection(
            lambda connection: connection.read(conversation.memory.reserve)
        )
        # Worked out before the transaction, so that no other writer waits for it.
        ahead = self._ahead(conversation, received) if received.size > LARGE else None
        with conversation.record.success(
            products=len(received.file.products), size=received.size
        ) as tx:
            now = self.clock.now()
            if ahead is None or not tx.catalogues.is_still(ahead.before):
                before = tx.catalogues.find(conversation.device.id)
                after = catalogue_after_reading(before, conversation.device, received.file, now)
                replaced = before is not None and before.is_replaced_by(received.file)
                self.files.replace(tx, before, after)
            else:
                before, after, replaced, differs = ahead
                self.files.replace(tx, before, after, differs=differs)
            if replaced:
                note_dates_unknown(tx, conversation.device.id, now)
            shown = rendered_file(tx, conversation.device.id)
        warnings = _of_what_changed(before, conversation.device, received.file)
        return ShownProducts(shown, [*warnings, *after.shown.warnings()])

    def _ahead(self, conversation: Conversation, received: Received) -> "_Ahead | None":
        """Works out, before the transaction, what keeping a large file will most likely need."""
        with self.storage.snapshot() as tx:
            before = tx.catalogues.find(conversation.device.id)
        after = catalogue_after_reading(
            before, conversation.device, received.file, self.clock.now()
        )
        if before is None:
            self.storage.prepare(after)
            return None
        differs = differ_beyond_dates(before.file, after.file)
        self.storage.prepare(after, before.file if differs else None)
        return _Ahead(before, after, before.is_replaced_by(received.file), differs)


class _Ahead(NamedTuple):
    before: Catalogue
    after: Catalogue
    replaced: bool
    differs: bool


def _of_what_changed(before: Catalogue | None, device: Device, held: ProductFile) -> list[Notice]:
    """What somebody else did at the device since it was last talked to."""
    if before is None or before.moves != device.moves or before.merged_by is not None:
        return []
    missing, total = before.lacking(held)
    if missing * 2 > total:
        return [Notice("replaced", {"missing": missing, "total": total})]
    return warning_of(foreign_changes(before, held))
