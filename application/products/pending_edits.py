"""Edits that wait to be uploaded: seeing them, discarding them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from application.ports.clock import Clock
from application.ports.storage import Storage, Transaction
from application.products.large_files import LargeFiles
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.errors import NothingReadError, UnknownEditError
from domain.json_value import ABSENT
from domain.products import editing
from domain.products.catalogue import Catalogue, EditState
from domain.products.edit import Edit, EditVersion
from domain.products.overlay import positions_of
from domain.products.product import Product


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingEdit:
    """An edit, its product as shown (None when it is gone), who made it, and whether it waits."""

    edit: Edit
    product: Product | None
    who: str
    state: EditState


@dataclass(frozen=True, slots=True)
class ListEdits:
    """The edits of a device that were not uploaded, oldest first."""

    storage: Storage
    large_files: LargeFiles = field(default_factory=LargeFiles)

    def __call__(self, owner_id: UserId, device_id: DeviceId) -> Sequence[PendingEdit]:
        """Raises UnknownDeviceError and TooManyFilesError."""
        with self.storage.snapshot() as tx:
            tx.devices.owned(owner_id, device_id)
            size = tx.rendered_files.size(device_id)
        with self.large_files.place(size):
            with self.storage.snapshot() as tx:
                catalogue = tx.catalogues.find(device_id)
                if catalogue is None:
                    return []
                emails = _emails(tx, catalogue.edits)
            return _pending(catalogue, catalogue.edits, emails)


@dataclass(frozen=True, slots=True)
class DiscardEdits:
    """Forget edits, and answer what they were."""

    storage: Storage
    clock: Clock
    large_files: LargeFiles = field(default_factory=LargeFiles)

    def __call__(
        self, owner_id: UserId, device_id: DeviceId, version: EditVersion | None = None
    ) -> Sequence[PendingEdit]:
        """One edit; None stands for all. Raises UnknownDeviceError, UnknownEditError and
        TooManyFilesError."""

        def discard(catalogue: Catalogue) -> Catalogue:
            gone = [edit.version for edit in catalogue.edits if version in (None, edit.version)]
            if version is not None and not gone:
                raise UnknownEditError
            return editing.discarded(catalogue, gone, by=owner_id, at=self.clock.now())

        try:
            before = self.large_files.change(
                self.storage,
                device_id,
                lambda tx: tx.devices.owned(owner_id, device_id),
                discard,
                adds=False,
            ).before
        except NothingReadError:
            if version is None:
                return []
            raise UnknownEditError from None
        gone = [edit for edit in before.edits if version in (None, edit.version)]
        with self.storage.snapshot() as tx:
            emails = _emails(tx, gone)
        return _pending(before, gone, emails)


def _from_now(edit: Edit, catalogue: Catalogue) -> Edit:
    """The edit with what the file says now: a read may have changed it since the edit."""
    position = positions_of({edit.product}, catalogue.file).get(edit.product)
    if position is None or edit.field is None:
        return edit
    return replace(edit, before=catalogue.file.products[position].get(edit.field, ABSENT))


def _emails(tx: Transaction, edits: Sequence[Edit]) -> Mapping[UserId, str]:
    return {user: tx.users.get(user).email for user in {edit.by for edit in edits}}


def _pending(
    catalogue: Catalogue, edits: Sequence[Edit], emails: Mapping[UserId, str]
) -> Sequence[PendingEdit]:
    shown = catalogue.shown
    positions = positions_of({edit.product for edit in edits}, shown)
    return [
        PendingEdit(
            edit=_from_now(edit, catalogue),
            product=shown.products[positions[edit.product]] if edit.product in positions else None,
            who=emails[edit.by],
            state=catalogue.state(edit),
        )
        for edit in edits
    ]
