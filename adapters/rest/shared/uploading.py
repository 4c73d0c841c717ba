"""What an upload sends, as JSON."""

from marshmallow import validates_schema

from adapters.rest.http.faults import OneOf, refused
from adapters.rest.http.fields import Text
from adapters.rest.http.schemas import Object, doc
from domain.runs.batch import UploadOf


class UploadSchema(Object):
    source = Text(
        validate=OneOf(["cache"]),
        metadata=doc(
            "`cache` sends the cached file as it is, with the edits, whatever the device holds "
            "now. Cannot be combined with `scope`."
        ),
    )
    scope = Text(
        validate=OneOf(["all", "edits"]),
        metadata=doc(
            "`edits` sends only the products that were edited; the device keeps the others as "
            "they are. `all` sends every product, as when it is absent."
        ),
    )

    @validates_schema
    def _one_of_them(self, data: dict[str, str], **_: object) -> None:
        if "source" in data and "scope" in data:
            raise refused("not_together", "scope", other="source")


def upload_of(source: str | None, scope: str | None) -> UploadOf:
    """Returns what such an upload sends: everything, if neither is given."""
    return UploadOf(source or scope or "all")
