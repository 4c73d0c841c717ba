"""Setting fields of products, as edits that wait for upload, and discarding edits."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final

from domain.accounts.user import UserId
from domain.errors import (
    AmbiguousProductError,
    Fault,
    InvalidFieldsError,
    UnknownEditError,
    UnknownProductError,
)
from domain.json_value import ABSENT, Json, MaybeJson, same
from domain.products import shelf_life
from domain.products.catalogue import Catalogue
from domain.products.edit import Change, Edit, EditVersion, NewEdits
from domain.products.label_dates import MAX_SHELF_LIFE
from domain.products.overlay import overlaid, positions_of, without_followers
from domain.products.product import (
    NumberKind,
    Product,
    ProductKey,
    identified,
    is_live,
    key_of,
)
from domain.products.validation import checked

TOO_MANY_HOURS: Final = Fault("too_many_hours", {"most": MAX_SHELF_LIFE})


class ProductEdits:
    """The edits of one product while further fields are set."""

    def __init__(
        self, key: ProductKey, product: Product, edits: Iterable[Edit], new: NewEdits
    ) -> None:
        """`product` has no edits of fields."""
        self._key = key
        self._product = product
        self._new = new
        self._edits: dict[str | None, list[Edit]] = {}
        for edit in edits:
            self._edits.setdefault(edit.field, []).append(edit)

    @property
    def left(self) -> list[Edit]:
        """The edits at present."""
        return [edit for edits in self._edits.values() for edit in edits]

    def set(self, values: Mapping[str, Json]) -> None:
        """Set fields. Raises InvalidFieldsError when a shelf life cannot be written."""
        life = {name: value for name, value in values.items() if name in shelf_life.FIELDS}
        if life:
            self._set_shelf_life(life)
        # The sell-by date without an edit depends on the other fields.
        for name in sorted(values.keys() - life.keys(), key=lambda each: each == "sellByDate"):
            self._set(name, values[name])
        self._drop_idle_sell_by()

    def _set(self, field: str, value: Json) -> None:
        before = self._product.get(field, ABSENT)
        base = self._sell_by_without_edit() if field == "sellByDate" else before
        own = self._edits.pop(field, [])
        unsettled = any(edit.unsettled for edit in own)
        if unsettled or not same(value, base):
            change = Change(self._key, field, before, value, unsettled)
            self._edits[field] = [self._new.add(change)]

    def _set_shelf_life(self, wanted: Mapping[str, Json]) -> None:
        """Set the shelf life. One of its lengths is an edit, and the other follows; all go back at
        once."""
        product = self._product
        own = {
            name: edits.pop() for name in shelf_life.FIELDS if (edits := self._edits.pop(name, []))
        }
        unsettled = any(edit.unsettled for edit in own.values())
        values = {**{name: edit.after for name, edit in own.items()}, **wanted}
        leading = wanted if wanted.keys() & shelf_life.LENGTHS else values
        leads, follows = "shelfLife", "shelfLifeInDays"
        if leads not in leading and follows in leading:
            leads, follows = follows, leads
        added = values.pop(follows, None) if follows not in product else None
        values.pop(follows, None)
        whole = product if added is None else {**product, follows: added}
        aim = shelf_life.agreeing({**whole, **values}, values)
        if not shelf_life.agree(aim):
            named = leads if leads in wanted else "shelfLifeType"
            raise InvalidFieldsError({named: [TOO_MANY_HOURS]})
        if added is not None:
            values[follows] = aim[follows]
        if all(same(value, product.get(name, ABSENT)) for name, value in values.items()):
            aim, values = product, {}
        if unsettled:
            values = {name: aim[name] for name in shelf_life.FIELDS if name in aim}
        else:
            values = shelf_life.needed(product, values)
        for name in sorted(values, key=lambda each: each not in wanted):
            edit = own.get(name)
            if edit is None or not same(edit.after, values[name]):
                before = product.get(name, ABSENT)
                edit = self._new.add(Change(self._key, name, before, values[name], unsettled))
            self._edits[name] = [edit]

    def _drop_idle_sell_by(self) -> None:
        """Drop an edit of the sell-by date that changes nothing."""
        for edit in self._edits.get("sellByDate", ())[:1]:
            if edit.unsettled or edit.superseded:
                continue
            if same(edit.after, self._sell_by_without_edit()):
                self._edits["sellByDate"].remove(edit)

    def _sell_by_without_edit(self) -> MaybeJson:
        """Returns the sell-by date that would be shown without an edit of it."""
        others = [edit for edit in self.left if edit.field != "sellByDate"]
        return overlaid(self._product, others).get("sellByDate", ABSENT)


def edited(
    catalogue: Catalogue,
    number: int,
    fields: Mapping[str, Json],
    *,
    kind: NumberKind = "plu",
    by: UserId,
    at: datetime,
) -> Catalogue:
    """Returns the catalogue with new values in fields of the product that has this PLU or code.

    A value equal to what is shown changes nothing; one equal to the file's removes the edit.
    Raises UnknownProductError, AmbiguousProductError, InvalidFieldsError and
    TooManyEditsError.
    """
    position = catalogue.shown.find(number, kind)
    shown = catalogue.shown.products[position]
    held = catalogue.base.products[position]
    wanted = checked(fields, position, shown=catalogue.shown, held=held)
    if not is_live(held) and not is_live({**shown, **wanted}):
        raise UnknownProductError(number, kind=kind, deleted=True)
    key = key_of(held)
    if key is None or positions_of({key}, catalogue.base).get(key) != position:
        raise AmbiguousProductError("deleted", number, [identified(held)], 1)
    new = catalogue.new_edits(by, at)
    own = [edit for edit in catalogue.edits if edit.product == key]
    product = ProductEdits(key, held, own, new)
    product.set(wanted)
    others = (edit for edit in catalogue.edits if edit.product != key)
    return catalogue.with_edits((*others, *product.left), new).within_bounds(catalogue)


def discarded(
    catalogue: Catalogue, versions: Collection[EditVersion], *, by: UserId, at: datetime
) -> Catalogue:
    """Returns the catalogue without these edits.

    Where the device may have taken one, another edit sets its field back, and the next read
    settles it. Raises UnknownEditError.
    """
    versions = set(versions)
    if not versions <= {edit.version for edit in catalogue.edits}:
        raise UnknownEditError
    gone = [edit for edit in catalogue.edits if edit.version in versions]
    new = catalogue.new_edits(by, at)
    positions = positions_of({edit.product for edit in gone}, catalogue.file)
    for edit in gone:
        if not edit.unsettled:
            continue
        held: MaybeJson = ABSENT
        if edit.product in positions and edit.field is not None:
            held = catalogue.file.products[positions[edit.product]].get(edit.field, ABSENT)
        if edit.field is None and edit.product not in positions:
            new.add(Change(edit.product, "deleted", ABSENT, True, unsettled=True))
        elif held is not ABSENT:
            new.add(Change(edit.product, edit.field, held, held, unsettled=True))
    left = [edit for edit in catalogue.edits if edit.version not in versions]
    return catalogue.with_edits((*without_followers(left, gone), *new.made), new)
