"""What one device sells: its product file as last known, and the edits that wait to be sent."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Final, Literal, NamedTuple, Self

from domain.dates import read_date, shelf_life, write_date
from domain.device import Device, DeviceId
from domain.edit import DATE_FIELDS, Edit, EditVersion
from domain.errors import (
    AmbiguousProductError,
    AddressChangedError,
    DeviceReplacedError,
    InvalidFieldsError,
    UnknownProductError,
)
from domain.json_value import ABSENT, Json, MaybeJson, same
from domain.product_fields import as_firmware_writes, reformed
from domain.product_file import Product, ProductFile, ProductKey, is_live, key_of, label, number
from domain.user import UserId

SHELF_LIFE_FIELDS = frozenset({"shelfLife", "shelfLifeInDays"})
IDENTITY = frozenset({"code", "id"})
EditState = Literal["waiting", "superseded", "orphaned"]


NO_EDITS: Final = EditVersion(0)


class FieldChange(NamedTuple):
    """One field of one product that differs between two files."""

    product: Product
    field: str
    before: MaybeJson
    after: MaybeJson


class Laid(NamedTuple):
    """A file with edits laid over it, and the versions of those that found their product."""

    file: ProductFile
    placed: frozenset[EditVersion]


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
        wanted = _checked(fields, position, self.shown)
        if not is_live(held) and not is_live({**shown, **wanted}):
            raise UnknownProductError(plu, because=": it is deleted")
        key = key_of(held)
        if key is None or _positions({key}, self.file).get(key) != position:
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
        if field in SHELF_LIFE_FIELDS and _together(self.shown.products[position]):
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
            edits=_still_edits(self.edits, file),
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
        unknown = {(edit.product, _slot(edit.field)) for edit in before.edits if edit.unsettled}
        edits = tuple(
            replace(edit, unsettled=(edit.product, _slot(edit.field)) in unknown)
            for edit in self.edits
        )
        open_still = tuple(edit for edit in edits if edit.unsettled)
        settled = _still_edits([edit for edit in edits if not edit.unsettled], self.file)
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


def lay(edits: Collection[Edit], file: ProductFile) -> Laid:
    """Apply edits to a file. Those whose product is gone, deleted or not unique stay aside."""
    by_key: dict[ProductKey, list[Edit]] = {}
    for edit in edits:
        if not edit.superseded:
            by_key.setdefault(edit.product, []).append(edit)
    if not by_key:
        return Laid(file, frozenset())
    placed: set[EditVersion] = set()
    products = list(file.products)
    for key, position in _positions(by_key, file).items():
        product = _with_edits(products[position], by_key[key])
        if is_live(products[position]) or is_live(product):
            products[position] = product
            placed.update(edit.version for edit in by_key[key])
    return Laid(file.with_products(products) if placed else file, frozenset(placed))


def changes(before: ProductFile, after: ProductFile) -> list[FieldChange]:
    """Fields that differ in live products that both files hold."""
    found: list[FieldChange] = []
    for key, position in after.live_keys.items():
        if key not in before.live_keys:
            continue
        old, new = before.products[before.live_keys[key]], after.products[position]
        if old == new and same(old, new):
            continue
        found.extend(
            FieldChange(new, field, old.get(field, ABSENT), new.get(field, ABSENT))
            for field in dict.fromkeys((*old, *new))
            if not same(old.get(field, ABSENT), new.get(field, ABSENT))
        )
    return found


def _positions(keys: Collection[ProductKey], file: ProductFile) -> dict[ProductKey, int]:
    """Where each product stands: the live one, else the only deleted one."""
    found: dict[ProductKey, list[int]] = {key: [] for key in keys}
    codes, plus, live = file.columns
    sought_codes = {key.number for key in keys if key.kind == "code"}
    sought_plus = {key.number for key in keys if key.kind == "plu"}
    for position, (code, plu) in enumerate(zip(codes, plus, strict=True)):
        if code is None:
            if plu in sought_plus and plu is not None:
                found[ProductKey("plu", plu)].append(position)
        elif code in sought_codes:
            found[ProductKey("code", code)].append(position)
    meant = {
        key: [position for position in at if live[position]] or at for key, at in found.items()
    }
    return {key: at[0] for key, at in meant.items() if len(at) == 1}


def _with_edits(product: Product, edits: Collection[Edit]) -> Product:
    """The product with its edits, and with the fields that follow from them."""
    values = {
        edit.field: reformed(edit.field, edit.after, product.get(edit.field, ABSENT))
        for edit in edits
    }
    edited = {**product, **values}
    moved = next((field for field in ("shelfLife", "shelfLifeInDays") if field in values), None)
    if moved is not None and _together(edited):
        for field in SHELF_LIFE_FIELDS - {moved}:
            edited[field] = reformed(field, edited[moved], edited[field])
    if moved is not None and "sellByDate" not in values:
        made, life = read_date(edited.get("manufactureDate")), shelf_life(edited)
        if made is not None and life is not None:
            edited["sellByDate"] = write_date(made + life)
    return edited


def _together(product: Product) -> bool:
    """Whether the two fields of shelf life are one: the type is DAYS and both are there."""
    return product.get("shelfLifeType") == "DAYS" and product.keys() >= SHELF_LIFE_FIELDS


def _still_edits(edits: Collection[Edit], file: ProductFile) -> tuple[Edit, ...]:
    """The edits that say something else than the file does, none of them under way."""
    positions = _positions({edit.product for edit in edits}, file)
    shelf_life_edited = {edit.product for edit in edits if edit.field in SHELF_LIFE_FIELDS}

    def says_more(edit: Edit) -> bool:
        if edit.product not in positions:
            return True
        if edit.field == "sellByDate" and edit.product in shelf_life_edited:
            return True  # without it the date would follow the shelf life
        held = file.products[positions[edit.product]].get(edit.field, ABSENT)
        return not same(reformed(edit.field, edit.after, held), held)

    return tuple(replace(edit, unsettled=False) for edit in edits if says_more(edit))


def _slot(field: str) -> str:
    """Fields that move together count as one."""
    return "shelfLife" if field in SHELF_LIFE_FIELDS else field


def _checked(fields: Mapping[str, Json], position: int, shown: ProductFile) -> dict[str, Json]:
    """The fields that differ from what is shown, each as the firmware writes it."""
    product = shown.products[position]
    wanted: dict[str, Json] = {}
    errors: dict[str, list[str]] = {}
    for field, value in fields.items():
        held = product.get(field, ABSENT)
        if same(value, held) or (field in IDENTITY and _same_number(value, held)):
            continue
        try:
            if field in IDENTITY or (field == "pluNumber" and number(product.get("code")) is None):
                raise ValueError("Identifies this product and cannot be changed.")
            written = as_firmware_writes(field, value, held)
        except ValueError as reason:
            errors[field] = [str(reason)]
            continue
        if not same(written, held):
            wanted[field] = written
    _refuse_taken_number(wanted, position, shown, errors)
    _refuse_two_shelf_lives(wanted, product, errors)
    if errors:
        raise InvalidFieldsError(errors)
    return wanted


def _same_number(value: Json, held: MaybeJson) -> bool:
    return number(value) is not None and number(value) == number(held)


def _refuse_taken_number(
    wanted: Mapping[str, Json], position: int, shown: ProductFile, errors: dict[str, list[str]]
) -> None:
    """A live product may not get a number that another live product goes by."""
    field = next((field for field in ("pluNumber", "deleted") if field in wanted), None)
    product = {**shown.products[position], **wanted}
    if field is None or not is_live(product):
        return
    taken = number(product.get("pluNumber"))
    others = [
        other
        for other in (shown.named(taken) if taken is not None else ())
        if other != position and shown.columns.live[other]
    ]
    if others:
        errors[field] = [f"{label(shown.products[others[0]])} goes by the number {taken} already."]


def _refuse_two_shelf_lives(
    wanted: dict[str, Json], product: Product, errors: dict[str, list[str]]
) -> None:
    """Two fields that move together are one edit, and may not contradict each other."""
    if wanted.keys() >= SHELF_LIFE_FIELDS and _together({**product, **wanted}):
        days = wanted.pop("shelfLifeInDays")
        if number(days) != number(wanted["shelfLife"]):
            errors["shelfLifeInDays"] = ["Must equal shelfLife while shelfLifeType is DAYS."]
