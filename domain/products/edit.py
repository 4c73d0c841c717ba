"""What a user changed and waits to be uploaded: one field of one product, or a whole product."""

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
"""Of a product in one edit; a product has some 25."""
MOST_EDITS: Final = 10_000
"""Of one device, for edits that users ask for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """An edit. `version` grows with each edit of a device's catalogue and is never used twice.

    `field` is None where `after` is a whole product that the device is to have again.

    `unsettled` says that an upload carried some value of this field and its outcome is not known
    yet: until it is, setting the field back must stay an edit. `superseded` marks a date edit
    that a later renewal has overtaken: it is listed, not shown and not sent.
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


def addition(key: ProductKey, product: Product) -> Change:
    """Returns what an edit is to say that adds a whole product."""
    return Change(key, None, ABSENT, product)
