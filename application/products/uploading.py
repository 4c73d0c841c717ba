"""Sending the edits of a device to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from application.conversations.conversation import Talk
from application.conversations.delivery import Sent, file_now, send
from application.conversations.errors import LeaseLostError
from application.conversations.opening import Conversations
from application.ports.clock import Clock
from application.ports.repositories.leases import Lease
from application.ports.scales import Connection
from application.ports.storage import Storage, Transaction
from application.products.file_history import KeptFiles
from application.products.showing import note_dates_unknown, note_replaced, read_catalogue
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.errors import DeviceReplacedError
from domain.products.catalogue import Catalogue
from domain.products.differences import FieldChange
from domain.products.edit import EditVersion
from domain.products.foreign_changes import foreign_changes
from domain.products.overlay import Overlay, brings_products, overlay_of, require_no_clash
from domain.products.product import key_of
from domain.products.product_file import ProductFile
from domain.products.refused import ProductsAtFaultError
from domain.runs.batch import Batch, UploadOf
from domain.runs.run import Outcome, RunKind

REFUSED_TOGETHER = (
    "The device refused the products together, and took them in parts: no single product is at "
    "fault."
)


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
    warnings: Sequence[str]


@dataclass(frozen=True, slots=True)
class UploadProducts:
    """Send the edits, so that a change made at the device is not undone.

    What the device may have taken without our knowing stays an edit until the next read tells.
    """

    storage: Storage
    conversations: Conversations
    files: KeptFiles
    clock: Clock
    settings: UploadSettings

    def __call__(
        self, owner_id: UserId, device_id: DeviceId, what: UploadOf = UploadOf.ALL
    ) -> Uploaded:
        """Raises UnknownDeviceError, NothingReadError, AddressChangedError, DeviceReplacedError,
        ClashingEditsError, PasswordNotTriedError, TooManyConversationsError, DeviceBusyError,
        LeaseLostError, ScalesError, and ProductsAtFaultError when the device took all but some
        products."""
        with self.conversations.room(owner_id):
            self._require_read(owner_id, device_id)
            with self.conversations.asked(device_id, RunKind.UPLOAD, owner_id) as talk:
                return self._upload(talk, what)

    def apart(self, batch: Batch, lease: Lease) -> None:
        """The same for a batch, on a device that is leased already. Raises like a call."""
        self._require_read(batch.owner_id, lease.device_id)
        with self.conversations.of_batch(batch, lease) as talk:
            self._upload(talk, batch.upload_of)

    def _require_read(self, owner_id: UserId, device_id: DeviceId) -> None:
        with self.storage.snapshot() as tx:
            device = tx.devices.owned(owner_id, device_id)
            read_catalogue(tx, device_id).require_same_address(device)

    def _upload(self, talk: Talk, what: UploadOf) -> Uploaded:
        upload = _Upload(talk, what, self.storage, self.clock, self.settings)
        try:
            sent = talk.speak(upload)
            if sent.culprits:
                raise ProductsAtFaultError(sent.culprits, upload.products)
            outcome = Outcome.OK if upload.products else Outcome.NOTHING_TO_DO
            with talk.succeed(outcome, products=upload.products, size=sent.size) as tx:
                catalogue = self._keep(tx, upload)
        except LeaseLostError:
            raise
        except Exception as error:
            with talk.fail(error) as tx:
                if isinstance(error, ProductsAtFaultError):
                    self._keep(tx, upload)
                elif talk.certainly_refused(error):
                    upload.take_back(tx)
                if isinstance(error, DeviceReplacedError):
                    note_replaced(tx, upload.device_id)
            raise
        warnings = catalogue.shown.warnings()
        return Uploaded(
            products=upload.products,
            edits=len(upload.accepted),
            changed_on_device=upload.changed_on_device,
            warnings=[*warnings, REFUSED_TOGETHER] if sent.refused_together else warnings,
        )

    def _keep(self, tx: Transaction, upload: "_Upload") -> Catalogue:
        before = read_catalogue(tx, upload.device_id)
        after = before.accepted(upload.file, upload.accepted, at=self.clock.now())
        self.files.replace(tx, before, after)
        return after


class _Upload:
    """What is said to the device in an upload, and what to remember of it.

    `products` counts what is sent; `file` is what the device holds afterwards, `accepted` the
    edits in it.
    """

    def __init__(
        self, talk: Talk, what: UploadOf, storage: Storage, clock: Clock, settings: UploadSettings
    ) -> None:
        self.device_id = talk.device.id
        self.products = 0
        self.file = ProductFile.empty()
        self.accepted: frozenset[EditVersion] = frozenset()
        self.changed_on_device: list[FieldChange] = []
        self._talk = talk
        self._what = what
        self._storage = storage
        self._clock = clock
        self._settings = settings
        self._before: Catalogue | None = None

    def __call__(self, connection: Connection) -> Sent:
        held = None if self._what is UploadOf.CACHE else connection.read().file
        with self._talk.checkpoint() as tx:
            catalogue = read_catalogue(tx, self.device_id)
            catalogue.require_same_address(self._talk.device)
            overlay = self._overlay(catalogue, held)
            require_no_clash(catalogue.edits, overlay, held or catalogue.file)
            self._before = self._before or catalogue
            tx.catalogues.save(catalogue.uploading(overlay.placed))
            dates = self._what is UploadOf.CACHE or brings_products(catalogue.edits, overlay)
            if dates:
                # Before the device may have any of them: a crash leaves it due.
                note_dates_unknown(tx, self.device_id, self._clock.now())
        if dates:
            self._note_dates_of_others()
        wanted, known = overlay.file, held or catalogue.file
        if self._what is UploadOf.EDITS:
            wanted = _edited_products(overlay.file, known)
        self.products = len(wanted.products)
        sent = Sent(0)
        if self._what is not UploadOf.EDITS or wanted.products:
            clear = self._settings.clear_database and self._what is not UploadOf.EDITS
            self._talk.sending = True
            sent = send(connection, wanted, clear=clear, find_faults=self._settings.find_faults)
            if held is None and not clear and sent.held is None:
                # What else the device held, and still does, nobody has asked it.
                sent = replace(sent, held=file_now(connection))
        self.file = overlay.file if sent.held is None else sent.held
        self.accepted = frozenset(
            edit.version
            for edit in catalogue.edits
            if edit.version in overlay.placed and edit.product not in sent.refused
        )
        return sent

    def _note_dates_of_others(self) -> None:
        """Of devices that are the same scale, registered once more."""
        endpoint = self._talk.device.endpoint
        if endpoint is None:
            return
        with self._storage.snapshot() as tx:
            others = [each for each in tx.devices.at(endpoint) if each != self.device_id]
        for other in others:
            # Each by itself: so nobody who works on several waits for this one, and this for them.
            with self._storage.transaction() as tx:
                note_dates_unknown(tx, other, self._clock.now())

    def _overlay(self, catalogue: Catalogue, held: ProductFile | None) -> Overlay:
        if held is None:
            return catalogue.overlay
        catalogue.require_same_device(held)
        self.changed_on_device = foreign_changes(catalogue, held)
        return overlay_of(catalogue.edits, held)

    def take_back(self, tx: Transaction) -> None:
        """Unmark the edits as under way when the device certainly did not take them."""
        if self._before is not None:
            catalogue = read_catalogue(tx, self.device_id)
            tx.catalogues.save(catalogue.refused(self._before))


def _edited_products(edited: ProductFile, known: ProductFile) -> ProductFile:
    """Those that edits changed or added, each with whatever has the same key: the device would
    take one of several for the first of them."""
    keys = {
        key_of(product)
        for at, product in enumerate(edited.products)
        if at >= len(known.products) or product is not known.products[at]
    }
    return edited.with_products([each for each in edited.products if key_of(each) in keys])
