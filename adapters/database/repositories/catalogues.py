"""Catalogues in the database."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, cast

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from adapters.database.backends.backend import Guard
from adapters.database.packing import unpacked
from adapters.database.prepared_files import PreparedFiles
from adapters.database.recent_files import RecentFiles
from adapters.database.repositories.label_checks import Known, SqlLabelChecks, selective
from adapters.database.repositories.rendered_files import SqlRenderedFiles
from adapters.database.repositories.repository import AnyRow, ConstraintError, Repository, Values
from adapters.database.tables import catalogues, edits, held_files, shown_files
from adapters.json_text import dumps, loads
from application.ports.repositories.catalogues import Catalogues
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.rendered_files import RenderedFile
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.json_value import ABSENT, Json
from domain.products.catalogue import Catalogue
from domain.products.edit import Edit, EditVersion
from domain.products.label_checks.report import DeviceCheck
from domain.products.product import ProductKey
from domain.products.product_file import ProductFile

_ID = catalogues.c.device_id == bindparam("id")

FIND = select(
    catalogues.c.held_digest,
    catalogues.c.read_at,
    catalogues.c.moves,
    catalogues.c.last_version,
    catalogues.c.unverified,
    catalogues.c.merged_by,
    catalogues.c.replaced,
    catalogues.c.labels_digest,
    selective(bindparam("id")),
).where(_ID)
MOVES = select(catalogues.c.moves).where(_ID)
HELD = select(held_files.c.body).where(held_files.c.device_id == bindparam("id"))
EDITS = (
    select(
        edits.c.version,
        edits.c.product_kind,
        edits.c.product_number,
        edits.c.field,
        edits.c.before,
        edits.c.after,
        edits.c.by_user_id,
        edits.c.at,
        edits.c.unsettled,
        edits.c.superseded,
    )
    .where(edits.c.device_id == bindparam("id"))
    .order_by(edits.c.version)
)
MARKS = (
    select(edits.c.version, edits.c.unsettled, edits.c.superseded)
    .where(edits.c.device_id == bindparam("id"))
    .order_by(edits.c.version)
)
ADD = insert(catalogues)
SAVE = update(catalogues).where(_ID)
ADD_HELD = insert(held_files)
SAVE_HELD = update(held_files).where(held_files.c.device_id == bindparam("id"))
ADD_SHOWN = insert(shown_files)
SAVE_SHOWN = update(shown_files).where(shown_files.c.device_id == bindparam("id"))
DELETE_SHOWN = delete(shown_files).where(shown_files.c.device_id == bindparam("id"))
ADD_EDITS = insert(edits)
_EDIT = (edits.c.device_id == bindparam("id"), edits.c.version == bindparam("its_version"))
MARK_EDITS = update(edits).where(*_EDIT)
DELETE_EDITS = delete(edits).where(*_EDIT)
DELETE_ALL_EDITS = delete(edits).where(edits.c.device_id == bindparam("id"))


REMEMBERED: Final = 4
"""Devices of which a transaction knows what stands in the tables; their files are large."""


class _Stored(NamedTuple):
    """What this transaction knows to stand in the tables."""

    file: ProductFile
    digest: str
    edits: tuple[Edit, ...]
    labels: Known


class SqlCatalogues(Repository, Catalogues):
    """The product file of each device, and its edits; writes only what has changed."""

    def __init__(
        self,
        connection: Connection,
        guard: Guard,
        recent: RecentFiles,
        prepared: PreparedFiles,
        rendered_files: SqlRenderedFiles,
        label_checks: SqlLabelChecks,
        *,
        writable: bool,
    ) -> None:
        super().__init__(connection, guard, writable=writable)
        self._label_checks = label_checks
        self._rendered_files = rendered_files
        self._recent = recent
        self._prepared = prepared
        self._stored: dict[DeviceId, _Stored] = {}

    def find(self, device_id: DeviceId) -> Catalogue | None:
        self._guard.hold(device_id)
        row = self._read(FIND, {"id": device_id}).first()
        if row is None:
            return None
        digest, *_, labels_digest, is_selective = row
        edits = tuple(_edit(each) for each in self._read(EDITS, {"id": device_id}))
        catalogue = _catalogue(device_id, row, self._file(device_id, digest), edits)
        self._remember(catalogue, digest, Known(labels_digest, is_selective))
        return catalogue

    def is_still(self, catalogue: Catalogue) -> bool:
        device_id = catalogue.device_id
        self._guard.hold(device_id)
        digest = self._recent.digests.get(catalogue.file)
        if digest is None:
            return self.find(device_id) == catalogue
        row = self._read(FIND, {"id": device_id}).first()
        if row is None or row[0] != digest:
            return False
        if _catalogue(device_id, row, catalogue.file, catalogue.edits) != catalogue:
            return False
        # An edit of one version never changes but for its marks.
        marks = [tuple(each) for each in self._read(MARKS, {"id": device_id})]
        if marks != [(edit.version, *_marks(edit).values()) for edit in catalogue.edits]:
            return False
        self._remember(catalogue, digest, Known(*row[-2:]))
        return True

    def save(self, catalogue: Catalogue) -> None:
        device_id = catalogue.device_id
        self._guard.hold(device_id)
        stored = self._stored.pop(device_id, None)
        self._rendered_files.forget(device_id)
        if stored is not None and stored.file is catalogue.file:
            held, digest = None, stored.digest
        else:
            held = self._prepared.rendered(catalogue.file)
            digest = held.digest
        edited = None
        if catalogue.shown is not catalogue.file:
            edited = self._prepared.rendered(catalogue.shown)
        etag = digest if edited is None else edited.digest
        labels, found = self._labels(catalogue, stored)
        self._save_row(catalogue, etag, digest, labels.digest)
        if found is not None:
            self._label_checks.save(device_id, found)
        if held is not None:
            self._put(SAVE_HELD, ADD_HELD, device_id, held.body)
            self._recent.parsed.keep(digest, catalogue.file, len(held.text))
            self._recent.digests.keep(catalogue.file, digest)
        if edited is not None:
            self._put(SAVE_SHOWN, ADD_SHOWN, device_id, edited.body)
        else:
            self._write(DELETE_SHOWN, {"id": device_id})
        self._save_edits(catalogue, stored)
        self._remember(catalogue, digest, labels)
        now = edited or held
        if now is not None:
            self._rendered_files.remember(device_id, RenderedFile(now.text, etag))

    def moves(self, device_id: DeviceId) -> int | None:
        self._guard.hold(device_id)
        row = self._read(MOVES, {"id": device_id}).first()
        return None if row is None else int(row[0])

    def _labels(
        self, catalogue: Catalogue, stored: _Stored | None
    ) -> tuple[Known, Sequence[DeviceCheck] | None]:
        """What is known of the labels, and the checks of them where they are to be saved.

        Edits come many in a row: what they make of labels is worked out once, later.
        """
        labels = stored.labels if stored else self._label_checks.known(catalogue.device_id)
        if stored is not None and stored.file is catalogue.file:
            if stored.edits != catalogue.edits:
                return labels._replace(digest=None), None
            if labels.digest is not None:
                return labels, None
        return self._label_checks.checked(catalogue.device_id, catalogue.shown, labels)

    def _remember(self, catalogue: Catalogue, digest: str, labels: Known) -> None:
        if len(self._stored) >= REMEMBERED:
            del self._stored[next(iter(self._stored))]
        self._stored[catalogue.device_id] = _Stored(catalogue.file, digest, catalogue.edits, labels)

    def _file(self, device_id: DeviceId, digest: str) -> ProductFile:
        file = self._recent.parsed.get(digest) or self._recent.in_use.get(digest)
        if file is None:
            body = self._held(device_id)
            file = _file(body)
            self._recent.parsed.keep(digest, file, len(body))
            self._recent.in_use[digest] = file
            self._recent.digests.keep(file, digest)
        return file

    def _held(self, device_id: DeviceId) -> bytes:
        return unpacked(self._read(HELD, {"id": device_id}).scalar_one())

    def _save_row(
        self, catalogue: Catalogue, etag: str, held_digest: str, labels_digest: str | None
    ) -> None:
        values = {
            "etag": etag,
            "held_digest": held_digest,
            "dirty": catalogue.waiting,
            "unverified": catalogue.unverified,
            "moves": catalogue.moves,
            "read_at": catalogue.read_at,
            "last_version": catalogue.last_version,
            "merged_by": catalogue.merged_by,
            "replaced": catalogue.replaced,
            "labels_digest": labels_digest,
        }
        if self._write(SAVE, {"id": catalogue.device_id, **values}).rowcount:
            return
        try:
            self._try(ADD, {"device_id": catalogue.device_id, **values})
        except ConstraintError:
            raise UnknownDeviceError from None

    def _put(self, save: Any, add: Any, device_id: DeviceId, body: bytes) -> None:
        if not self._write(save, {"id": device_id, "body": body}).rowcount:
            self._write(add, {"device_id": device_id, "body": body})

    def _save_edits(self, catalogue: Catalogue, stored: _Stored | None) -> None:
        """An edit of one version never changes but for its marks."""
        device_id = catalogue.device_id
        if stored is None:
            self._write(DELETE_ALL_EDITS, {"id": device_id})
        before = {edit.version: edit for edit in stored.edits} if stored else {}
        now = {edit.version: edit for edit in catalogue.edits}
        gone = [
            {"id": device_id, "its_version": version} for version in before if version not in now
        ]
        added = [_values(device_id, edit) for edit in catalogue.edits if edit.version not in before]
        marked = [
            {"id": device_id, "its_version": version, **_marks(edit)}
            for version, edit in now.items()
            if version in before and _marks(before[version]) != _marks(edit)
        ]
        for statement, rows in ((DELETE_EDITS, gone), (MARK_EDITS, marked), (ADD_EDITS, added)):
            if rows:
                self._write(statement, rows)


def _catalogue(
    device_id: DeviceId, row: AnyRow, file: ProductFile, edits: tuple[Edit, ...]
) -> Catalogue:
    _, read_at, moves, last_version, unverified, merged_by, replaced = row[:7]
    return Catalogue(
        device_id=device_id,
        file=file,
        read_at=read_at,
        moves=moves,
        edits=edits,
        last_version=EditVersion(last_version),
        unverified=unverified,
        merged_by=merged_by,
        replaced=replaced,
    )


def _file(text: bytes) -> ProductFile:
    return ProductFile.of(cast("dict[str, Json]", loads(text))["products"])


def _marks(edit: Edit) -> Values:
    return {"unsettled": edit.unsettled, "superseded": edit.superseded}


def _values(device_id: DeviceId, edit: Edit) -> Values:
    return {
        "device_id": device_id,
        "version": edit.version,
        "product_kind": edit.product.kind,
        "product_number": str(edit.product.number),
        "field": edit.field,
        "before": None if edit.before is ABSENT else dumps(edit.before).decode(),
        "after": dumps(edit.after).decode(),
        "by_user_id": edit.by,
        "at": edit.at,
        **_marks(edit),
    }


def _edit(row: AnyRow) -> Edit:
    version, kind, number, field, before, after, by, at, unsettled, superseded = row
    return Edit(
        version=EditVersion(version),
        product=ProductKey(kind, int(number)),
        field=field,
        before=ABSENT if before is None else loads(before.encode()),
        after=loads(after.encode()),
        by=UserId(by),
        at=at,
        unsettled=unsettled,
        superseded=superseded,
    )
