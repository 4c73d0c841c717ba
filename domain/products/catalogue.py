"""What one device sells: its product file as last known, and the edits that wait to be sent."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Final, Literal, Self

from domain.accounts.user import UserId
from domain.devices.device import Device, DeviceId
from domain.errors import (
    AddressChangedError,
    AmbiguousProductError,
    DeviceReplacedError,
    TooManyEditsError,
    UnknownEditError,
    UnknownProductError,
)
from domain.json_value import ABSENT, Json, MaybeJson
from domain.products.differences import undated_changes
from domain.products.edit import DATE_FIELDS, MOST_EDITS, Edit, EditVersion
from domain.products.editing import Change, NewEdits, ProductEdits
from domain.products.fields import as_firmware_writes, form_in
from domain.products.label_dates import Renews, renewed
from domain.products.overlay import (
    Laid,
    lay,
    leading,
    positions_of,
    slot,
    still_edits,
    with_additions,
)
from domain.products.product import (
    NUMBER_NAMES,
    NumberKind,
    Product,
    ProductKey,
    is_live,
    key_of,
    label,
)
from domain.products.product_file import ProductFile
from domain.products.validation import checked

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
    def laid(self) -> Laid:
        """The file with the edits over it."""
        return lay(self.edits, self.file)

    @cached_property
    def base(self) -> ProductFile:
        """The file with the whole products that edits add: what edits of fields are laid over."""
        return with_additions(self.edits, self.file)[0]

    @property
    def shown(self) -> ProductFile:
        """What clients see."""
        return self.laid.file

    @property
    def waiting(self) -> bool:
        """Whether there is an edit for an upload to send."""
        return bool(self.laid.placed) or self.merged_by is not None

    def state(self, edit: Edit) -> EditState:
        """Whether an edit waits, was overtaken by a renewal, or lost its product."""
        if edit.superseded:
            return "superseded"
        return "waiting" if edit.version in self.laid.placed else "orphaned"

    def edited(
        self,
        number: int,
        fields: Mapping[str, Json],
        *,
        kind: NumberKind = "plu",
        by: UserId,
        at: datetime,
    ) -> Self:
        """With fields of the product that goes by this PLU, or code, set to new values.

        A value equal to what is shown changes nothing; one equal to the file's removes the edit.
        Raises UnknownProductError, AmbiguousProductError, InvalidFieldsError and
        TooManyEditsError.
        """
        position = self.shown.find(number, kind)
        shown = self.shown.products[position]
        held = self.base.products[position]
        wanted = checked(fields, position, shown=self.shown, held=held)
        if not is_live(held) and not is_live({**shown, **wanted}):
            raise UnknownProductError(number, because=": it is deleted", kind=NUMBER_NAMES[kind])
        key = key_of(held)
        if key is None or positions_of({key}, self.base).get(key) != position:
            raise AmbiguousProductError(
                f"{label(held)} is deleted, and another product has its code."
            )
        new = self._new_edits(by, at)
        own = [edit for edit in self.edits if edit.product == key]
        product = ProductEdits(key, held, own, new)
        product.set(wanted)
        others = (edit for edit in self.edits if edit.product != key)
        return self._with_edits((*others, *product.left), new)._within_bounds(self)

    def _new_edits(self, by: UserId, at: datetime) -> NewEdits:
        return NewEdits(last_version=self.last_version, by=by, at=at)

    def _with_edits(self, edits: Iterable[Edit], new: NewEdits) -> Self:
        """With these edits in the place of all others; the new ones are among them."""
        in_order = sorted(edits, key=lambda edit: edit.version)
        return replace(self, edits=tuple(in_order), last_version=new.last_version)

    def _within_bounds(self, before: Self) -> Self:
        """Raises TooManyEditsError when there are too many edits, and more than before."""
        if len(self.edits) > max(MOST_EDITS, len(before.edits)):
            raise TooManyEditsError(len(self.edits), MOST_EDITS)
        return self

    def discarded(self, versions: Collection[EditVersion], *, by: UserId, at: datetime) -> Self:
        """Without these edits. Where the device may have taken one, its field is set back by
        another edit, which the next read settles. Raises UnknownEditError."""
        versions = set(versions)
        if not versions <= {edit.version for edit in self.edits}:
            raise UnknownEditError
        gone = [edit for edit in self.edits if edit.version in versions]
        new = self._new_edits(by, at)
        positions = positions_of({edit.product for edit in gone}, self.file)
        for edit in gone:
            if not edit.unsettled:
                continue
            held: MaybeJson = ABSENT
            if edit.product in positions and edit.field is not None:
                held = self.file.products[positions[edit.product]].get(edit.field, ABSENT)
            if edit.field is None and edit.product not in positions:
                new.add(Change(edit.product, "deleted", ABSENT, True, unsettled=True))
            elif held is not ABSENT:
                new.add(Change(edit.product, edit.field, held, held, unsettled=True))
        left = [edit for edit in self.edits if edit.version not in versions]
        return self._with_edits((*leading(left, gone), *new.made), new)

    def restored(
        self,
        former: ProductFile,
        *,
        by: UserId,
        at: datetime,
        today: date,
        renews: Renews | None = None,
    ) -> Self:
        """With edits that make of what is shown what a former file held, for upload.

        Products that came since are deleted, those that went are added. Dates are not restored:
        products keep theirs, and those that are added get today's, or keep those of the former
        file where they are not renewed. Raises TooManyEditsError.
        """
        catalogue = self.discarded(self.laid.placed, by=by, at=at)
        wanted: list[Change] = []
        known = self.file.numbers.live_keys
        absent = {
            key: position for key, position in former.numbers.live_keys.items() if key not in known
        }
        added = former.with_products([former.products[position] for position in absent.values()])
        fresh = renewed(added, today, renews)
        wanted.extend(map(_addition, absent, fresh.products))
        for key, position in former.numbers.live_keys.items():
            if key in known:
                held = self.file.products[known[key]]
                wanted.extend(_changes(key, held, former.products[position]))
        for key, position in known.items():
            if key not in former.numbers.live_keys:
                held = self.file.products[position]
                gone = as_firmware_writes("deleted", True, form_in(held, "deleted"))
                wanted.append(Change(key, "deleted", held.get("deleted", ABSENT), gone))
        open_still = {
            (edit.product, slot(edit.field)) for edit in catalogue.edits if edit.unsettled
        }
        replaced = {(change.product, slot(change.field)) for change in wanted}
        left = [
            edit for edit in catalogue.edits if (edit.product, slot(edit.field)) not in replaced
        ]
        new = catalogue._new_edits(by, at)
        for change in wanted:
            unsettled = (change.product, slot(change.field)) in open_still
            new.add(change._replace(unsettled=unsettled))
        return catalogue._with_edits((*left, *new.made), new)._within_bounds(self)

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
        known = {(edit.product, slot(edit.field)) for edit in self.edits}
        merged = positions_of(self.file.numbers.by_key, self.file)
        fields: list[Change] = []
        whole: list[Change] = []
        for key, position in positions_of(merged, file).items():
            held, wanted = file.products[position], self.file.products[merged[key]]
            if not is_live(held) and not is_live(wanted):
                continue
            changes = [
                change
                for change in _changes(key, held, wanted)
                if (key, slot(change.field)) not in known
            ]
            if changes:
                whole.append(_addition(key, wanted))
            if len(fields) <= MOST_EDITS:
                fields.extend(changes)
        new = self._new_edits(self.merged_by, at)
        for change in fields if len(fields) <= MOST_EDITS else whole:
            new.add(change)
        return replace(self._with_edits((*self.edits, *new.made), new), merged_by=None)

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
        known = self.file.numbers.live_keys
        missing = sum(key not in held.numbers.live_keys for key in known)
        if missing * 2 > len(known):
            raise DeviceReplacedError(missing, len(known))

    def is_replaced_by(self, held: ProductFile) -> bool:
        """Whether another device than before holds this file, or was met since the last read."""
        try:
            self.require_same_device(held)
        except DeviceReplacedError:
            return True
        return self.replaced


def _changes(key: ProductKey, held: Product, wanted: Product) -> Iterator[Change]:
    for field, now, value in undated_changes(held, wanted):
        yield Change(key, field, now, value)


def _addition(key: ProductKey, product: Product) -> Change:
    return Change(key, None, ABSENT, product)
