"""Edits that wait for upload: of one field of a product, or of a whole product."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple, NewType

from domain.accounts.user import UserId
from domain.json_value import ABSENT, Json, MaybeJson
from domain.products.product import Product, ProductKey

EditVersion = NewType("EditVersion", int)
DATE_FIELDS = frozenset({"manufactureDate", "sellByDate"})
IDENTITY = frozenset({"code", "id"})
MOST_FIELDS: Final = 200
"""The most fields of one product in one edit; a product has some 25."""
MOST_EDITS: Final = 10_000
"""The most edits of one device that users may make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """An edit. `version` grows with each edit of a device's catalogue and is never used twice.

    `field` is None if `after` is a whole product that the device is to have again.

    `unsettled` says that an upload carried a value of this field, and that its outcome is not known
    yet. Until it is, setting the field back must stay an edit. `superseded` marks a date edit that
    a later renewal has overtaken: it is listed, but not shown and not sent.
    """

    version: EditVersion
    product: ProductKey
    field: str | None
    before: MaybeJson
    after: Json
    by: UserId
    at: datetime
    unsettled: bool = False
    superseded: bool = False


class Change(NamedTuple):
    """The content of a new edit; `field` is None if it adds a whole product."""

    product: ProductKey
    field: str | None
    before: MaybeJson
    after: Json
    unsettled: bool = False


@dataclass(slots=True, kw_only=True)
class NewEdits:
    """New edits by one user at one moment, numbered after the last version."""

    last_version: EditVersion
    by: UserId
    at: datetime
    made: list[Edit] = field(default_factory=list)

    def add(self, change: Change) -> Edit:
        """Returns a new edit with this content."""
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


def addition(key: ProductKey, product: Product) -> Change:
    """Returns the content of an edit that adds a whole product."""
    return Change(key, None, ABSENT, product)
