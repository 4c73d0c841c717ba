"""What one device sells: its product file as last known, and the edits that wait to be sent."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Final, Literal, Self

from domain.dates import renewed
from domain.device import Device, DeviceId
from domain.differences import undated_changes
from domain.edit import DATE_FIELDS, Edit, EditVersion
from domain.errors import (
    AddressChangedError,
    AmbiguousProductError,
    DeviceReplacedError,
    UnknownEditError,
    UnknownProductError,
)
from domain.json_value import ABSENT, Json, MaybeJson, same
from domain.laying import (
    SHELF_LIFE_FIELDS,
    Laid,
    lay,
    positions_of,
    slot,
    still_edits,
    together,
    with_additions,
)
from domain.patch import checked
from domain.product_fields import as_firmware_writes, form_in, reformed
from domain.product_file import (
    NUMBER_NAMES,
    NumberKind,
    ProductFile,
    ProductKey,
    is_live,
    key_of,
    label,
)
from domain.renewal_policy import EVERYTHING, RenewalPolicy
from domain.user import UserId

EditState = Literal["waiting", "superseded", "orphaned"]


NO_EDITS: Final = EditVersion(0)
ORDER: Final = {"shelfLifeType": 0, "sellByDate": 2}
"""Of the fields of one edit, where it matters; 1 is for all others."""


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """The product file last read from a device or accepted by it, and the edits made since.

    `moves` is the device's count of moves when the file was read. `unverified` says that the
    device may hold what was sent to it last, or may not. Every change makes a new catalogue.

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
        Raises UnknownProductError, AmbiguousProductError and InvalidFieldsError.
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
        catalogue = self
        # The type tells what the shelf life is, and both what the sell-by date would be.
        for field in sorted(wanted, key=lambda field: ORDER.get(field, 1)):
            catalogue = catalogue._with_field(key, position, field, wanted[field], by=by, at=at)
        return catalogue._without_idle_sell_by(key, position)

    def _with_field(
        self, key: ProductKey, position: int, field: str, value: Json, *, by: UserId, at: datetime
    ) -> Self:
        """Both fields of shelf life are set where they are one, and both go back together."""
        product = self.base.products[position]
        base = product.get(field, ABSENT)
        if field == "sellByDate":
            base = self._sell_by_without_edit(key, position)
        values = {field: value}
        if field in SHELF_LIFE_FIELDS and together(self.shown.products[position]):
            values = {
                each: reformed(each, value, form_in(product, each)) for each in SHELF_LIFE_FIELDS
            }
        own = [edit for edit in self.edits if edit.product == key and edit.field in values]
        catalogue = replace(self, edits=tuple(edit for edit in self.edits if edit not in own))
        unsettled = any(edit.unsettled for edit in own)
        if same(value, base) and not unsettled:
            return catalogue
        for name in sorted(values, key=lambda each: each != field):
            before = product.get(name, ABSENT)
            if name == field or unsettled or not same(values[name], before):
                catalogue = catalogue._with_edit(
                    key, name, before, values[name], by=by, at=at, unsettled=unsettled
                )
        return catalogue

    def _sell_by_without_edit(self, key: ProductKey, position: int) -> MaybeJson:
        """The sell-by date that would be shown if nobody had set one."""
        others = [edit for edit in self.edits if (edit.product, edit.field) != (key, "sellByDate")]
        return lay(others, self.file).file.products[position].get("sellByDate", ABSENT)

    def _without_idle_sell_by(self, key: ProductKey, position: int) -> Self:
        """Without an edit of the sell-by date that says what would be shown anyway."""
        for edit in self.edits:
            if (edit.product, edit.field) == (key, "sellByDate") and not edit.unsettled:
                if not edit.superseded and same(
                    edit.after, self._sell_by_without_edit(key, position)
                ):
                    return replace(self, edits=tuple(each for each in self.edits if each != edit))
                break
        return self

    def _with_edit(
        self,
        key: ProductKey,
        field: str | None,
        before: MaybeJson,
        after: Json,
        *,
        by: UserId,
        at: datetime,
        unsettled: bool = False,
    ) -> Self:
        version = EditVersion(self.last_version + 1)
        edit = Edit(
            version=version,
            product=key,
            field=field,
            before=before,
            after=after,
            by=by,
            at=at,
            unsettled=unsettled,
        )
        return replace(self, edits=(*self.edits, edit), last_version=version)

    def discarded(self, versions: Collection[EditVersion], *, by: UserId, at: datetime) -> Self:
        """Without these edits. Where the device may have taken one, its field is set back by
        another edit, which the next read settles. Raises UnknownEditError."""
        if not set(versions) <= {edit.version for edit in self.edits}:
            raise UnknownEditError
        gone = [edit for edit in self.edits if edit.version in versions]
        catalogue = replace(
            self, edits=tuple(edit for edit in self.edits if edit.version not in versions)
        )
        positions = positions_of({edit.product for edit in gone}, self.file)
        for edit in gone:
            if not edit.unsettled:
                continue
            held: MaybeJson = ABSENT
            if edit.product in positions and edit.field is not None:
                held = self.file.products[positions[edit.product]].get(edit.field, ABSENT)
            if edit.field is None and edit.product not in positions:
                catalogue = catalogue._with_edit(
                    edit.product, "deleted", ABSENT, True, by=by, at=at, unsettled=True
                )
            elif held is not ABSENT:
                catalogue = catalogue._with_edit(
                    edit.product, edit.field, held, held, by=by, at=at, unsettled=True
                )
        return catalogue

    def restored(
        self,
        former: ProductFile,
        *,
        by: UserId,
        at: datetime,
        today: date,
        policy: RenewalPolicy = EVERYTHING,
    ) -> Self:
        """With edits that make of what is shown what a former file held, for upload.

        Products that came since are deleted, those that went are added. Dates are not restored:
        products keep theirs, and those that are added get today's, or keep those of the former
        file where the policy does not renew them.
        """
        catalogue = self.discarded(self.laid.placed, by=by, at=at)
        wanted: list[tuple[ProductKey, str | None, MaybeJson, Json]] = []
        fresh = renewed(former, today, policy)
        for key, position in former.numbers.live_keys.items():
            if key not in self.file.numbers.live_keys:
                wanted.append((key, None, ABSENT, fresh.products[position]))
                continue
            held = self.file.products[self.file.numbers.live_keys[key]]
            wanted.extend(
                (key, field, now, value)
                for field, now, value in undated_changes(held, former.products[position])
            )
        for key, position in self.file.numbers.live_keys.items():
            if key not in former.numbers.live_keys:
                held = self.file.products[position]
                gone = as_firmware_writes("deleted", True, form_in(held, "deleted"))
                wanted.append((key, "deleted", held.get("deleted", ABSENT), gone))
        open_still = {
            (edit.product, slot(edit.field)) for edit in catalogue.edits if edit.unsettled
        }
        replaced = {(key, slot(field)) for key, field, _, _ in wanted}
        left = [
            edit for edit in catalogue.edits if (edit.product, slot(edit.field)) not in replaced
        ]
        version = catalogue.last_version
        for key, name, before, after in wanted:
            version = EditVersion(version + 1)
            left.append(
                Edit(
                    version=version,
                    product=key,
                    field=name,
                    before=before,
                    after=after,
                    by=by,
                    at=at,
                    unsettled=(key, slot(name)) in open_still,
                )
            )
        return replace(catalogue, edits=tuple(left), last_version=version)

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
        )

    def _with_merged_edits(self, file: ProductFile, at: datetime) -> Self:
        """With edits of their own for what was merged into the file: where the device's differs.

        Products that only one of both files holds tell nothing of edits.
        """
        if self.merged_by is None:
            return self
        found = replace(self, merged_by=None)
        known = {(edit.product, slot(edit.field)) for edit in self.edits}
        merged = positions_of(self.file.numbers.by_key, self.file)
        for key, position in positions_of(merged, file).items():
            held, wanted = file.products[position], self.file.products[merged[key]]
            if not is_live(held) and not is_live(wanted):
                continue
            for field, now, value in undated_changes(held, wanted):
                if (key, slot(field)) not in known:
                    found = found._with_edit(key, field, now, value, by=self.merged_by, at=at)
        return found

    def renewed(
        self,
        file: ProductFile,
        *,
        at: datetime,
        moves: int,
        seen: EditVersion,
        policy: RenewalPolicy = EVERYTHING,
    ) -> Self:
        """With the file that holds renewed dates; date edits up to version `seen` are overtaken,
        but for those of products that the policy does not renew."""
        dated = {edit.product for edit in self.edits if edit.field in DATE_FIELDS}
        kept = {
            key
            for key, position in positions_of(dated, file).items()
            if policy.renews is not None and not policy.renews(file.products[position])
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
