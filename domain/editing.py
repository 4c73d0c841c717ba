"""New edits: of one product, field after field, and of many at once. All of it in one pass."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from domain.edit import Edit, EditVersion
from domain.json_value import ABSENT, Json, MaybeJson, same
from domain.laying import SHELF_LIFE_FIELDS, overlaid, together
from domain.product_fields import form_in, reformed
from domain.product_file import Product, ProductKey
from domain.user import UserId

ORDER: Final = {"shelfLifeType": 0, "sellByDate": 2}
"""Of the fields of one edit, where it matters; 1 is for all others."""


class Change(NamedTuple):
    """What an edit is to say; `field` is None where a whole product is added."""

    product: ProductKey
    field: str | None
    before: MaybeJson
    after: Json
    unsettled: bool = False


@dataclass(slots=True, kw_only=True)
class NewEdits:
    """Edits by one user at one moment, with versions of their own after the last one."""

    last_version: EditVersion
    by: UserId
    at: datetime
    made: list[Edit] = field(default_factory=list)

    def add(self, change: Change) -> Edit:
        """The edit that says so."""
        self.last_version = EditVersion(self.last_version + 1)
        edit = Edit(
            version=self.last_version,
            product=change.product,
            field=change.field,
            before=change.before,
            after=change.after,
            by=self.by,
            at=self.at,
            unsettled=change.unsettled,
        )
        self.made.append(edit)
        return edit


class ProductEdits:
    """The edits of one product while further fields are set."""

    def __init__(
        self, key: ProductKey, product: Product, edits: Iterable[Edit], new: NewEdits
    ) -> None:
        """`product` is without any edits of fields."""
        self._key = key
        self._product = product
        self._new = new
        self._edits: dict[str | None, list[Edit]] = {}
        for edit in edits:
            self._edits.setdefault(edit.field, []).append(edit)

    @property
    def left(self) -> list[Edit]:
        """Those that there are now."""
        return [edit for edits in self._edits.values() for edit in edits]

    def set(self, field: str, value: Json) -> None:
        """Both fields of shelf life are set where they are one, and both go back together."""
        product = self._product
        base = product.get(field, ABSENT)
        if field == "sellByDate":
            base = self._sell_by_without_edit()
        values = {field: value}
        if field in SHELF_LIFE_FIELDS and together(overlaid(product, self.left)):
            values = {
                each: reformed(each, value, form_in(product, each)) for each in SHELF_LIFE_FIELDS
            }
        own = [edit for each in values for edit in self._edits.pop(each, ())]
        unsettled = any(edit.unsettled for edit in own)
        if same(value, base) and not unsettled:
            return
        for name in sorted(values, key=lambda each: each != field):
            before = product.get(name, ABSENT)
            if name == field or unsettled or not same(values[name], before):
                change = Change(self._key, name, before, values[name], unsettled)
                self._edits[name] = [self._new.add(change)]

    def drop_idle_sell_by(self) -> None:
        """Drop an edit of the sell-by date that says what would be shown anyway."""
        for edit in self._edits.get("sellByDate", ())[:1]:
            if edit.unsettled or edit.superseded:
                continue
            if same(edit.after, self._sell_by_without_edit()):
                self._edits["sellByDate"].remove(edit)

    def _sell_by_without_edit(self) -> MaybeJson:
        """The sell-by date that would be shown if nobody had set one."""
        others = [edit for edit in self.left if edit.field != "sellByDate"]
        return overlaid(self._product, others).get("sellByDate", ABSENT)
