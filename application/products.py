"""Products of a device: reading them, editing them, sending them back."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from application.conversations import Conversations, Talk
from application.ports.clock import Clock
from application.ports.scales import Conversation, ScalesError
from application.ports.storage import ShownFile, Storage, Transaction
from domain.catalogue import Catalogue
from domain.device import DeviceId
from domain.differences import FieldChange, changes
from domain.edit import EditVersion
from domain.errors import CatalogueChangedError, DomainError, NothingReadError
from domain.json_value import Json
from domain.laying import lay
from domain.product_file import ProductFile
from domain.run import RunKind
from domain.user import UserId


@dataclass(frozen=True, slots=True)
class ShownProducts:
    """What clients see of a device's products, and what they should be warned of."""

    file: ShownFile
    warnings: Sequence[str]


@dataclass(frozen=True, slots=True)
class ReadProducts:
    """Read the products from the device. They replace the cached file; edits stay on top."""

    storage: Storage
    conversations: Conversations
    clock: Clock

    def __call__(self, owner_id: UserId, device_id: DeviceId) -> ShownProducts:
        """Raises UnknownDeviceError, DeviceBusyError, LeaseLostError and ScalesError."""
        with self.storage.snapshot() as tx:
            tx.devices.owned(owner_id, device_id)
        with self.conversations.open(device_id, RunKind.READ, asked_by=owner_id) as talk:
            received = talk.speak(lambda line: line.read())
            with talk.succeed(products=len(received.file.products), size=received.size) as tx:
                catalogue = catalogue_read(tx, talk, received.file, self.clock)
                shown = tx.catalogues.save(catalogue)
        return ShownProducts(shown, catalogue.shown.warnings())


class NotChanged(NamedTuple):
    """The client has the products as they are."""

    etag: str


NOTHING_READ: Final = ShownFile(body=b'{"products":[]}', etag="nothing-read")


@dataclass(frozen=True, slots=True)
class ShowCachedProducts:
    """The products as last read, with the waiting edits; the device is not asked."""

    storage: Storage

    def __call__(
        self, owner_id: UserId, device_id: DeviceId, *, known: Container[str] = ()
    ) -> ShownFile | NotChanged:
        """An empty file before the first read. Where the client knows the present tag, no file
        is looked at. Raises UnknownDeviceError."""
        with self.storage.snapshot() as tx:
            tx.devices.owned(owner_id, device_id)
            if known:
                etag = tx.catalogues.etag(device_id) or NOTHING_READ.etag
                if etag in known:
                    return NotChanged(etag)
            return tx.catalogues.shown(device_id) or NOTHING_READ


@dataclass(frozen=True, slots=True)
class EditProduct:
    """Change fields of one product. Nothing is sent to the device."""

    storage: Storage
    clock: Clock

    def __call__(
        self,
        owner_id: UserId,
        device_id: DeviceId,
        plu: int,
        fields: Mapping[str, Json],
        *,
        only_if: Container[str] | None = None,
    ) -> ShownProducts:
        """With `only_if`, edits only products that still have one of these tags.

        Raises UnknownDeviceError, NothingReadError, CatalogueChangedError, UnknownProductError,
        AmbiguousProductError and InvalidFieldsError.
        """
        with self.storage.transaction() as tx:
            tx.devices.owned(owner_id, device_id)
            if only_if is not None and (tx.catalogues.etag(device_id) or "") not in only_if:
                raise CatalogueChangedError
            catalogue = read_catalogue(tx, device_id)
            edited = catalogue.edited(plu, fields, by=owner_id, at=self.clock.now())
            shown = tx.catalogues.save(edited)
        return ShownProducts(shown, edited.shown.warnings())


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """What an upload did: products in the file sent, edits in it, and fields that the device
    had changed since it was read."""

    products: int
    edits: int
    changed_on_device: Sequence[FieldChange]
    warnings: Sequence[str]


@dataclass(frozen=True, slots=True)
class UploadProducts:
    """Send the edits: laid over what the device holds at that moment, so that a change made at
    the device is not undone; or, to restore a device, over the cached file as it is.

    What the device may have taken without our knowing stays an edit until the next read tells.
    """

    storage: Storage
    conversations: Conversations
    clock: Clock
    clear_database: bool

    def __call__(
        self, owner_id: UserId, device_id: DeviceId, *, from_cache: bool = False
    ) -> Uploaded:
        """Raises UnknownDeviceError, NothingReadError, AddressChangedError, DeviceReplacedError,
        DeviceBusyError, LeaseLostError and ScalesError."""
        with self.storage.snapshot() as tx:
            device = tx.devices.owned(owner_id, device_id)
            read_catalogue(tx, device_id).require_same_address(device)
        with self.conversations.open(device_id, RunKind.UPLOAD, asked_by=owner_id) as talk:
            upload = _Upload(talk, from_cache=from_cache, clear_database=self.clear_database)
            try:
                size = talk.speak(upload)
            except (ScalesError, DomainError) as error:
                with talk.fail(error) as tx:
                    upload.take_back(tx)
                raise
            with talk.succeed(products=len(upload.file.products), size=size) as tx:
                catalogue = read_catalogue(tx, device_id).accepted(
                    upload.file, upload.sent, at=self.clock.now()
                )
                tx.catalogues.save(catalogue)
        return Uploaded(
            products=len(upload.file.products),
            edits=len(upload.sent),
            changed_on_device=upload.changed_on_device,
            warnings=catalogue.shown.warnings(),
        )


class _Upload:
    """What is said to the device in an upload, and what to remember of it."""

    def __init__(self, talk: Talk, *, from_cache: bool, clear_database: bool) -> None:
        self.file = ProductFile.empty()
        self.sent: frozenset[EditVersion] = frozenset()
        self.changed_on_device: list[FieldChange] = []
        self._talk = talk
        self._from_cache = from_cache
        self._clear_database = clear_database
        self._before: Catalogue | None = None

    def __call__(self, line: Conversation) -> int:
        held = None if self._from_cache else line.read().file
        with self._talk.checkpoint() as tx:
            catalogue = read_catalogue(tx, self._talk.device.id)
            catalogue.require_same_address(self._talk.device)
            if held is None:
                self.file, self.sent = catalogue.laid
            else:
                catalogue.require_same_device(held)
                self.file, self.sent = lay(catalogue.edits, held)
                self.changed_on_device = changes(catalogue.file, held)
            self._before = self._before or catalogue
            tx.catalogues.save(catalogue.uploading(self.sent))
        return line.send(self.file, clear=self._clear_database)

    def take_back(self, tx: Transaction) -> None:
        """Unmark the edits as under way when the device certainly did not take them."""
        if self._before is not None and not self._talk.maybe_accepted:
            catalogue = read_catalogue(tx, self._talk.device.id)
            tx.catalogues.save(catalogue.refused(self._before))


def read_catalogue(tx: Transaction, device_id: DeviceId) -> Catalogue:
    """Raises NothingReadError."""
    catalogue = tx.catalogues.find(device_id)
    if catalogue is None:
        raise NothingReadError
    return catalogue


def catalogue_read(tx: Transaction, talk: Talk, file: ProductFile, clock: Clock) -> Catalogue:
    """The device's catalogue with the file that was just read from it."""
    catalogue = tx.catalogues.find(talk.device.id)
    if catalogue is None:
        return Catalogue(
            device_id=talk.device.id, file=file, read_at=clock.now(), moves=talk.device.moves
        )
    return catalogue.read(file, at=clock.now(), moves=talk.device.moves)
