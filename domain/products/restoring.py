"""Restoring a former file of a device, as edits that wait for upload."""

from collections.abc import Iterator
from datetime import date, datetime

from domain.accounts.user import UserId
from domain.json_value import ABSENT
from domain.products.catalogue import Catalogue
from domain.products.differences import changes_towards
from domain.products.edit import Change, addition
from domain.products.editing import discarded
from domain.products.fields import as_firmware_writes, form_in
from domain.products.label_dates import Renews, renewed
from domain.products.overlay import field_group
from domain.products.product_file import ProductFile


def restored(
    catalogue: Catalogue,
    former: ProductFile,
    *,
    by: UserId,
    at: datetime,
    today: date,
    renews: Renews | None = None,
) -> Catalogue:
    """Returns the catalogue with the edits that turn what is shown into a former file.

    Products that are new since then are deleted, and those that are gone are added. Dates are not
    restored: products keep theirs, and those that are added get today's, or keep those of the
    former file where they are not renewed. Raises TooManyEditsError.
    """
    emptied = discarded(catalogue, catalogue.overlay.placed, by=by, at=at)
    wanted = [
        *_additions(emptied.file, former, today, renews),
        *_changes(emptied.file, former),
        *_deletions(emptied.file, former),
    ]
    unsettled = {
        (edit.product, field_group(edit.field)) for edit in emptied.edits if edit.unsettled
    }
    replaced = {(change.product, field_group(change.field)) for change in wanted}
    left = [
        edit for edit in emptied.edits if (edit.product, field_group(edit.field)) not in replaced
    ]
    new = emptied.new_edits(by, at)
    for change in wanted:
        still_open = (change.product, field_group(change.field)) in unsettled
        new.add(change._replace(unsettled=still_open))
    return emptied.with_edits((*left, *new.made), new).within_bounds(catalogue)


def _additions(
    file: ProductFile, former: ProductFile, today: date, renews: Renews | None
) -> Iterator[Change]:
    known = file.numbers.live_keys
    absent = {
        key: position for key, position in former.numbers.live_keys.items() if key not in known
    }
    added = former.with_products([former.products[position] for position in absent.values()])
    return map(addition, absent, renewed(added, today, renews).products)


def _changes(file: ProductFile, former: ProductFile) -> Iterator[Change]:
    known = file.numbers.live_keys
    for key, position in former.numbers.live_keys.items():
        if key in known:
            yield from changes_towards(key, file.products[known[key]], former.products[position])


def _deletions(file: ProductFile, former: ProductFile) -> Iterator[Change]:
    for key, position in file.numbers.live_keys.items():
        if key not in former.numbers.live_keys:
            held = file.products[position]
            gone = as_firmware_writes("deleted", True, form_in(held, "deleted"))
            yield Change(key, "deleted", held.get("deleted", ABSENT), gone)
