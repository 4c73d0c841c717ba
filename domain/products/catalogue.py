"""What one device sells: its product file as last known, and the edits that wait to be sent."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Final, Literal, Self

from domain.accounts.user import UserId
from domain.devices.device import Device, DeviceId
from domain.errors import (
    AddressChangedError,
    DeviceReplacedError,
    TooManyEditsError,
)
from domain.products.differences import changes_towards
from domain.products.edit import (
    DATE_FIELDS,
    MOST_EDITS,
    Change,
    Edit,
    EditVersion,
    NewEdits,
    addition,
)
from domain.products.label_dates import Renews
from domain.products.overlay import (
    Overlay,
    field_group,
    overlay_of,
    positions_of,
    still_edits,
    with_additions,
)
from domain.products.product import (
    is_live,
)
from domain.products.product_file import ProductFile

EditState = Literal["waiting", "superseded", "orphaned"]


NO_EDITS: Final = EditVersion(0)


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """The product file last read from a device or accepted by it, and the edits made since.

    `moves` is the device's count of moves when the file was read. `unverified` says that the
    device may hold what was sent to it last, or may not; `replaced` that it lacked most of the file
    when it was looked at last, and was not read since. Every change makes a new catalogue.

    `merged_by` is set where the file did not come from the device as it is: it holds edits that
    this user made, and nobody recorded which. The next read tells: where the device differs, there
    was an edit, dates excepted.
    """

    device_id: DeviceId
    file: ProductFile
    read_at: datetime
    moves: int
    edits: tuple[Edit, ...] = ()
    last_version: EditVersion = NO_EDITS
    unverified: bool = False
    merged_by: UserId | None = None
    replaced: bool = False

    @cached_property
    def overlay(self) -> Overlay:
        """The file with the edits on top of it."""
        return overlay_of(self.edits, self.file)

    @cached_property
    def base(self) -> ProductFile:
        """The file with the whole products that edits add: what edits of fields apply to."""
        return with_additions(self.edits, self.file)[0]

    @property
    def shown(self) -> ProductFile:
        """What clients see."""
        return self.overlay.file

    @property
    def waiting(self) -> bool:
        """Whether there is an edit for an upload to send."""
        return bool(self.overlay.placed) or self.merged_by is not None

    def state(self, edit: Edit) -> EditState:
        """Whether an edit waits, was overtaken by a renewal, or lost its product."""
        if edit.superseded:
            return "superseded"
        return "waiting" if edit.version in self.overlay.placed else "orphaned"

    def new_edits(self, by: UserId, at: datetime) -> NewEdits:
        return NewEdits(last_version=self.last_version, by=by, at=at)

    def with_edits(self, edits: Iterable[Edit], new: NewEdits) -> Self:
        """With these edits in the place of all others; the new ones are among them."""
        in_order = sorted(edits, key=lambda edit: edit.version)
        return replace(self, edits=tuple(in_order), last_version=new.last_version)

    def within_bounds(self, before: Self) -> Self:
        """Raises TooManyEditsError when there are too many edits, and more than before."""
        if len(self.edits) > max(MOST_EDITS, len(before.edits)):
            raise TooManyEditsError(len(self.edits), MOST_EDITS)
        return self

    def read(self, file: ProductFile, *, at: datetime, moves: int) -> Self:
        """With the file just read from the device, and the edits left on top of it.

        What the device holds already is no edit any more: this settles an upload whose outcome
        was unknown.
        """
        found = self._with_merged_edits(file, at)
        return replace(
            found,
            file=file,
            read_at=at,
            moves=moves,
            edits=still_edits(found.edits, file),
            unverified=False,
            replaced=False,
        )

    def _with_merged_edits(self, file: ProductFile, at: datetime) -> Self:
        """With edits of their own for what was merged into the file: where the device's differs.

        Products that only one of both files holds tell nothing of edits. Where more fields differ
        than edits may wait, each product that differs is one edit: none is lost, and a read never
        fails for their number.
        """
        if self.merged_by is None:
            return self
        known = {(edit.product, field_group(edit.field)) for edit in self.edits}
        merged = positions_of(self.file.numbers.by_key, self.file)
        fields: list[Change] = []
        whole: list[Change] = []
        for key, position in positions_of(merged, file).items():
            held, wanted = file.products[position], self.file.products[merged[key]]
            if not is_live(held) and not is_live(wanted):
                continue
            changes = [
                change
                for change in changes_towards(key, held, wanted)
                if (key, field_group(change.field)) not in known
            ]
            if changes:
                whole.append(addition(key, wanted))
            if len(fields) <= MOST_EDITS:
                fields.extend(changes)
        new = self.new_edits(self.merged_by, at)
        for change in fields if len(fields) <= MOST_EDITS else whole:
            new.add(change)
        return replace(self.with_edits((*self.edits, *new.made), new), merged_by=None)

    def renewed(
        self,
        file: ProductFile,
        *,
        at: datetime,
        moves: int,
        seen: EditVersion,
        renews: Renews | None = None,
    ) -> Self:
        """With the file that holds renewed dates; date edits up to version `seen` are overtaken,
        but for those of products that are not renewed."""
        dated = {edit.product for edit in self.edits if edit.field in DATE_FIELDS}
        kept = {
            key
            for key, position in positions_of(dated, file).items()
            if renews is not None and not renews(file.products[position])
        }
        edits = tuple(
            replace(edit, superseded=True)
            if edit.field in DATE_FIELDS and edit.version <= seen and edit.product not in kept
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
        unknown = {
            (edit.product, field_group(edit.field)) for edit in before.edits if edit.unsettled
        }
        edits = tuple(
            replace(edit, unsettled=(edit.product, field_group(edit.field)) in unknown)
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
        missing, total = self.lacking(held)
        if missing * 2 > total:
            raise DeviceReplacedError(missing, total)

    def lacking(self, held: ProductFile) -> tuple[int, int]:
        """How many of the live products `held` lacks, and how many there are."""
        known = self.file.numbers.live_keys
        return sum(key not in held.numbers.live_keys for key in known), len(known)

    def is_replaced_by(self, held: ProductFile) -> bool:
        """Whether another device than before holds this file, or was met since the last read."""
        try:
            self.require_same_device(held)
        except DeviceReplacedError:
            return True
        return self.replaced
