"""Sending the edits of a device to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from application.conversations.conversation import Conversation
from application.conversations.delivery import Delivery, Load
from application.conversations.opening import Conversations
from application.conversations.send_products import Sent, file_now
from application.ports.clock import Clock
from application.ports.repositories.leases import Lease
from application.ports.scales import Connection
from application.ports.storage import Storage, Transaction
from application.products.catalogues import note_dates_unknown, note_replaced, require_catalogue
from application.products.file_history import KeptFiles
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.errors import DeviceReplacedError
from domain.notices import Notice
from domain.products.catalogue import Catalogue
from domain.products.differences import FieldChange
from domain.products.edit import EditVersion
from domain.products.foreign_changes import foreign_changes
from domain.products.overlay import Overlay, brings_products, overlay_of, require_no_clash
from domain.products.product import key_of
from domain.products.product_file import ProductFile
from domain.runs.batch import Batch, UploadOf
from domain.runs.run import Outcome, RunKind

REFUSED_TOGETHER: Final = Notice("refused_together")


@dataclass(frozen=True, slots=True)
class UploadSettings:
    """Whether an upload of all products clears the device's database first, and whether products
    at fault are sought after a refusal."""

    clear_database: bool = False
    find_faults: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """What an upload did: products and edits sent, and fields that the device had changed since
    it was read."""

    products: int
    edits: int
    changed_on_device: Sequence[FieldChange]
    warnings: Sequence[Notice]


@dataclass(frozen=True, slots=True)
class UploadProducts:
    """Send the edits to the device, and undo no change that was made there.

    Edits that the device may or may not have taken stay edits until the next read tells.
    """

    storage: Storage
    conversations: Conversations
    files: KeptFiles
    clock: Clock
    settings: UploadSettings

    def for_user(
        self, owner_id: UserId, device_id: DeviceId, what: UploadOf = UploadOf.ALL
    ) -> Uploaded:
        """Raises UnknownDeviceError, NothingReadError, AddressChangedError, DeviceReplacedError,
        ClashingEditsError, PasswordNotTriedError, TooManyConversationsError, DeviceBusyError,
        LeaseLostError, ScalesError, and ProductsAtFaultError when the device took all but some
        products."""
        with self.conversations.place(owner_id):
            self._require_read(owner_id, device_id)
            with self.conversations.for_user(owner_id, device_id, RunKind.UPLOAD) as conversation:
                return self._upload(conversation, what)

    def for_batch(self, batch: Batch, lease: Lease) -> None:
        """The same for a batch, on a device that is leased already. Raises the same, but for
        TooManyConversationsError."""
        self._require_read(batch.owner_id, lease.device_id)
        with self.conversations.for_batch(batch, lease) as conversation:
            self._upload(conversation, batch.upload_of)

    def _require_read(self, owner_id: UserId, device_id: DeviceId) -> None:
        with self.storage.snapshot() as tx:
            device = tx.devices.owned(owner_id, device_id)
            require_catalogue(tx, device_id).require_same_address(device)

    def _upload(self, conversation: Conversation, what: UploadOf) -> Uploaded:
        delivery = Delivery(conversation, find_faults=self.settings.find_faults)
        upload = _Upload(
            delivery,
            what,
            self.storage,
            self.files,
            self.clock,
            clear=self.settings.clear_database and what is not UploadOf.EDITS,
        )
        sent = delivery.run(upload)
        return upload.summary(sent)


class _Upload(Load):
    """What an upload sends, and what to remember of it.

    `_file` is what the device holds afterwards, `_accepted` the edits in it.
    """

    def __init__(
        self,
        delivery: Delivery,
        what: UploadOf,
        storage: Storage,
        files: KeptFiles,
        clock: Clock,
        *,
        clear: bool,
    ) -> None:
        """`clear` has the device clear its database first."""
        self._delivery = delivery
        self._device = delivery.conversation.device
        self._memory = delivery.conversation.memory
        self._what = what
        self._storage = storage
        self._files = files
        self._clock = clock
        self._clear = clear
        self._products = 0
        self._file = ProductFile.empty()
        self._accepted: frozenset[EditVersion] = frozenset()
        self._changed_on_device: list[FieldChange] = []
        self._warnings: Sequence[Notice] = ()

    @property
    def products(self) -> int:
        return self._products

    @property
    def outcome(self) -> Outcome:
        return Outcome.OK if self._products else Outcome.NOTHING_TO_DO

    def deliver(self, connection: Connection) -> Sent:
        held = self._held(connection)
        catalogue, overlay = self._marked_under_way(held)
        known, wanted = held or catalogue.file, overlay.file
        if self._what is UploadOf.EDITS:
            wanted = _edited_products(overlay.file, known)
        self._products = len(wanted.products)
        sent = Sent(0)
        if self._what is not UploadOf.EDITS or wanted.products:
            sent = self._delivery.send(connection, wanted, clear=self._clear)
            if held is None and not self._clear and sent.held is None:
                # The device may hold other products too: only it can tell.
                sent = replace(sent, held=file_now(connection, self._memory.reserve))
        self._file = overlay.file if sent.held is None else sent.held
        self._accepted = frozenset(
            edit.version
            for edit in catalogue.edits
            if edit.version in overlay.placed and edit.product not in sent.refused
        )
        return sent

    def _held(self, connection: Connection) -> ProductFile | None:
        """What the device holds; None where it is not asked."""
        if self._what is not UploadOf.CACHE:
            return connection.read(self._memory.reserve).file
        with self._storage.snapshot() as tx:
            size = tx.rendered_files.size(self._device.id)
        self._memory.reserve(size)
        return None

    def _marked_under_way(self, held: ProductFile | None) -> tuple[Catalogue, Overlay]:
        """The catalogue, and its edits on top of what the device holds."""
        with self._delivery.conversation.keeper.checkpoint() as tx:
            catalogue = require_catalogue(tx, self._device.id)
            catalogue.require_same_address(self._device)
            overlay = self._overlay(catalogue, held)
            require_no_clash(catalogue.edits, overlay, held or catalogue.file)
            self._delivery.mark_under_way(tx, catalogue, overlay.placed)
            dates = self._what is UploadOf.CACHE or brings_products(catalogue.edits, overlay)
            if dates:
                # Before the device may have any of them, so that a crash leaves it due.
                note_dates_unknown(tx, self._device.id, self._clock.now())
        if dates:
            self._note_dates_of_others()
        return catalogue, overlay

    def _overlay(self, catalogue: Catalogue, held: ProductFile | None) -> Overlay:
        if held is None:
            return catalogue.overlay
        catalogue.require_same_device(held)
        self._changed_on_device = foreign_changes(catalogue, held)
        return overlay_of(catalogue.edits, held)

    def _note_dates_of_others(self) -> None:
        """Of devices that are the same scale, registered once more."""
        endpoint = self._device.endpoint
        if endpoint is None:
            return
        with self._storage.snapshot() as tx:
            others = [each for each in tx.devices.at(endpoint) if each != self._device.id]
        for other in others:
            # One transaction each: nobody who locks several devices can be waited for in a circle.
            with self._storage.transaction() as tx:
                note_dates_unknown(tx, other, self._clock.now())

    def keep(self, tx: Transaction) -> None:
        before = require_catalogue(tx, self._device.id)
        after = before.accepted(self._file, self._accepted, at=self._clock.now())
        self._files.replace(tx, before, after)
        self._warnings = after.shown.warnings()

    def succeeded(self, tx: Transaction) -> None:
        self.keep(tx)

    def failed(self, tx: Transaction, error: Exception) -> None:
        if isinstance(error, DeviceReplacedError):
            note_replaced(tx, self._device.id)

    def summary(self, sent: Sent) -> Uploaded:
        """What it did, once it has succeeded."""
        refused_together = [REFUSED_TOGETHER] if sent.refused_as_a_whole else []
        return Uploaded(
            products=self._products,
            edits=len(self._accepted),
            changed_on_device=self._changed_on_device,
            warnings=[*self._warnings, *refused_together],
        )


def _edited_products(edited: ProductFile, known: ProductFile) -> ProductFile:
    """Returns the products that edits changed or added, each with all others of the same key: sent
    alone, one of several would be taken for the first of them."""
    keys = {
        key_of(product)
        for at, product in enumerate(edited.products)
        if at >= len(known.products) or product is not known.products[at]
    }
    return edited.with_products([each for each in edited.products if key_of(each) in keys])
