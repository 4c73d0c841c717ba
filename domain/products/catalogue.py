"""The catalogue of a device: its product file as last known, and the edits that wait for upload."""

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
    """The product file last read from a device or accepted by it, and the edits since then.
    Immutable.

    `moves` is the number of the device's moves when the file was read. `unverified` says that the
    device may hold what was last sent to it, or may not. `replaced` says that it lacked most of the
    file when it was last looked at, and was not read since.

    `merged_by` is set if the file does not come from the device as it is: it holds edits of this
    user, and nobody recorded which ones. The next read tells: where the device differs, there was
    an edit, except for dates.
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
        """The file with the whole products that edits add, to which edits of fields apply."""
        return with_additions(self.edits, self.file)[0]

    @property
    def shown(self) -> ProductFile:
        """The file that clients see."""
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
        """Returns the catalogue with these edits in place of all others. The new ones are among
        them."""
        in_order = sorted(edits, key=lambda edit: edit.version)
        return replace(self, edits=tuple(in_order), last_version=new.last_version)

    def within_bounds(self, before: Self) -> Self:
        """Returns the catalogue itself. Raises TooManyEditsError when it has too many edits, and
        more than before."""
        if len(self.edits) > max(MOST_EDITS, len(before.edits)):
            raise TooManyEditsError(len(self.edits), MOST_EDITS)
        return self

    def read(self, file: ProductFile, *, at: datetime, moves: int) -> Self:
        """Returns the catalogue with the file just read from the device, and the edits that are
        left.

        An edit that the device has already is dropped. This settles an upload with an unknown
        outcome.
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
        """Returns the catalogue with edits for what was merged into its file, wherever the device
        differs.

        Products that only one of the files has say nothing about edits. If more fields differ than
        edits may wait, each product that differs becomes one edit: no edit is lost, and a read
        never fails because there are too many.
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
        """Returns the catalogue with the file that has renewed dates.

        Date edits up to version `seen` are superseded, except those of products that are not
        renewed.
        """
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
        """Returns the catalogue with these edits marked as under way.

        It is saved before the device may see any of them, so that a crash leaves the device
        unverified.
        """
        edits = tuple(
            replace(edit, unsettled=True) if edit.version in sent else edit for edit in self.edits
        )
        return replace(self, edits=edits, unverified=True)

    def accepted(self, file: ProductFile, sent: Collection[EditVersion], *, at: datetime) -> Self:
        """Returns the catalogue with the file that the device accepted, without the edits sent in
        it."""
        edits = tuple(edit for edit in self.edits if edit.version not in sent)
        return replace(self, edits=edits).read(file, at=at, moves=self.moves)

    def refused(self, before: Self) -> Self:
        """Returns the catalogue as if the upload had not begun: the device certainly took nothing.

        `before` is the catalogue before the upload. Edits made meanwhile stay.
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
        """Returns how many of the live products `held` lacks, and how many there are."""
        known = self.file.numbers.live_keys
        return sum(key not in held.numbers.live_keys for key in known), len(known)

    def is_replaced_by(self, held: ProductFile) -> bool:
        """Whether this file is of another device than before, or one was found since the last
        read."""
        try:
            self.require_same_device(held)
        except DeviceReplacedError:
            return True
        return self.replaced
