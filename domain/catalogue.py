"""What one device sells: its product file as last known, and the edits that wait to be sent."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Final, Literal, Self

from domain.device import Device, DeviceId
from domain.edit import DATE_FIELDS, Edit, EditVersion
from domain.errors import (
    AddressChangedError,
    AmbiguousProductError,
    DeviceReplacedError,
    UnknownProductError,
)
from domain.json_value import ABSENT, Json, same
from domain.laying import SHELF_LIFE_FIELDS, Laid, lay, positions_of, slot, still_edits, together
from domain.patch import checked
from domain.product_file import ProductFile, ProductKey, is_live, key_of, label
from domain.user import UserId

EditState = Literal["waiting", "superseded", "orphaned"]


NO_EDITS: Final = EditVersion(0)


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """The product file last read from a device or accepted by it, and the edits made since.

    `moves` is the device's count of moves when the file was read. `unverified` says that the
    device may hold what was sent to it last, or may not. Every change makes a new catalogue.
    """

    device_id: DeviceId
    file: ProductFile
    read_at: datetime
    moves: int
    edits: tuple[Edit, ...] = ()
    last_version: EditVersion = NO_EDITS
    unverified: bool = False

    @cached_property
    def laid(self) -> Laid:
        """The file with the edits over it."""
        return lay(self.edits, self.file)

    @property
    def shown(self) -> ProductFile:
        """What clients see."""
        return self.laid.file

    @property
    def waiting(self) -> bool:
        """Whether an upload would send an edit."""
        return bool(self.laid.placed)

    def state(self, edit: Edit) -> EditState:
        """Whether an edit waits, was overtaken by a renewal, or lost its product."""
        if edit.superseded:
            return "superseded"
        return "waiting" if edit.version in self.laid.placed else "orphaned"

    def edited(self, plu: int, fields: Mapping[str, Json], *, by: UserId, at: datetime) -> Self:
        """With fields of the product that goes by `plu` set to new values.

        A value equal to what is shown changes nothing; one equal to the file's removes the edit.
        Raises UnknownProductError, AmbiguousProductError and InvalidFieldsError.
        """
        position = self.shown.find(plu)
        shown = self.shown.products[position]
        held = self.file.products[position]
        wanted = checked(fields, position, self.shown)
        if not is_live(held) and not is_live({**shown, **wanted}):
            raise UnknownProductError(plu, because=": it is deleted")
        key = key_of(held)
        if key is None or positions_of({key}, self.file).get(key) != position:
            raise AmbiguousProductError(
                f"{label(held)} is deleted, and another product has its code."
            )
        catalogue = self
        # The sell-by date comes last: whether it is an edit depends on the shelf life.
        for field in sorted(wanted, key=lambda field: field == "sellByDate"):
            catalogue = catalogue._with_field(key, position, field, wanted[field], by=by, at=at)
        return catalogue

    def _with_field(
        self, key: ProductKey, position: int, field: str, value: Json, *, by: UserId, at: datetime
    ) -> Self:
        product = self.file.products[position]
        replaced = {field}
        if field in SHELF_LIFE_FIELDS and together(self.shown.products[position]):
            replaced = set(SHELF_LIFE_FIELDS)
        own = [edit for edit in self.edits if edit.product == key and edit.field in replaced]
        kept = tuple(edit for edit in self.edits if edit not in own)
        unsettled = any(edit.unsettled for edit in own)
        base = product.get(field, ABSENT)
        if field == "sellByDate":
            base = lay(kept, self.file).file.products[position].get(field, ABSENT)
        if same(value, base) and not unsettled:
            return replace(self, edits=kept)
        version = EditVersion(self.last_version + 1)
        edit = Edit(
            version=version,
            product=key,
            field=field,
            before=product.get(field, ABSENT),
            after=value,
            by=by,
            at=at,
            unsettled=unsettled,
        )
        return replace(self, edits=(*kept, edit), last_version=version)

    def read(self, file: ProductFile, *, at: datetime, moves: int) -> Self:
        """With the file just read from the device, and the edits left on top of it.

        What the device holds already is no edit any more: this settles an upload whose outcome
        was unknown.
        """
        return replace(
            self,
            file=file,
            read_at=at,
            moves=moves,
            edits=still_edits(self.edits, file),
            unverified=False,
        )

    def renewed(self, file: ProductFile, *, at: datetime, moves: int, seen: EditVersion) -> Self:
        """With the file that holds renewed dates; date edits up to version `seen` are overtaken."""
        edits = tuple(
            replace(edit, superseded=True)
            if edit.field in DATE_FIELDS and edit.version <= seen
            else edit
            for edit in self.edits
        )
        return replace(self, edits=edits).read(file, at=at, moves=moves)

    def uploading(self, sent: Collection[EditVersion]) -> Self:
        """With these edits marked as under way, before the device may have seen any of them.

        Saved before sending, so that a crash leaves the device unverified.
        """
        edits = tuple(
            replace(edit, unsettled=True) if edit.version in sent else edit for edit in self.edits
        )
        return replace(self, edits=edits, unverified=True)

    def accepted(self, file: ProductFile, sent: Collection[EditVersion], *, at: datetime) -> Self:
        """With the file that the device has accepted, without exactly the edits sent in it."""
        edits = tuple(edit for edit in self.edits if edit.version not in sent)
        return replace(self, edits=edits).read(file, at=at, moves=self.moves)

    def refused(self, before: Self) -> Self:
        """As if the upload had not begun: the device certainly did not take what was sent.

        `before` is the catalogue as it was then; edits made meanwhile stay.
        """
        unknown = {(edit.product, slot(edit.field)) for edit in before.edits if edit.unsettled}
        edits = tuple(
            replace(edit, unsettled=(edit.product, slot(edit.field)) in unknown)
            for edit in self.edits
        )
        open_still = tuple(edit for edit in edits if edit.unsettled)
        settled = still_edits([edit for edit in edits if not edit.unsettled], self.file)
        return replace(
            self,
            edits=tuple(sorted((*open_still, *settled), key=lambda edit: edit.version)),
            unverified=before.unverified,
        )

    def require_same_address(self, device: Device) -> None:
        """Raises AddressChangedError when the device has moved since the file was read."""
        if self.moves != device.moves:
            raise AddressChangedError

    def require_same_device(self, held: ProductFile) -> None:
        """Raises DeviceReplacedError when `held` lacks more than half of the live products."""
        known = self.file.live_keys
        missing = sum(key not in held.live_keys for key in known)
        if missing * 2 > len(known):
            raise DeviceReplacedError(missing, len(known))
