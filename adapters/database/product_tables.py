"""The tables of what devices hold: product files, and the edits over them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    false,
)

from adapters.database.backends.columns import Id, where_null
from adapters.database.metadata import METADATA, Utc

# What is small of a catalogue: `etag` is the digest of what is shown, `held_digest` that of the
# file as the device holds it, and `dirty` says that edits wait. `merged_by` is NULL but where the
# file holds edits that nobody recorded.
catalogues = Table(
    "catalogues",
    METADATA,
    Column(
        "device_id",
        Id,
        ForeignKey("devices.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("etag", Text, nullable=False),
    Column("held_digest", Text, nullable=False),
    Column("dirty", Boolean, nullable=False),
    Column("unverified", Boolean, nullable=False),
    Column("moves", Integer, nullable=False),
    Column("read_at", Utc, nullable=False),
    Column("last_version", BigInteger, nullable=False),
    Column("merged_by", BigInteger, nullable=True),
    Column("labels_digest", Text, nullable=True),
    Column("replaced", Boolean, nullable=False, server_default=false()),
)
Index(
    "ix_catalogues_labels_not_checked",
    catalogues.c.device_id,
    **where_null(catalogues.c.labels_digest),
)

# What a shop should look at on the labels of a device, and on which days of its zone: from
# `first_day` to `last_day`, but not on `except_day`; NULL where there is none. The digest of all of
# a device is in its catalogue, and NULL while they are to be worked out anew.
label_checks = Table(
    "label_checks",
    METADATA,
    Column(
        "device_id",
        Id,
        ForeignKey("catalogues.device_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("name", Text, primary_key=True),
    Column("first_day", Date, nullable=True),
    Column("last_day", Date, nullable=True),
    Column("except_day", Date, nullable=True),
)

# The file as the device holds it: the JSON object that clients see, `{"products": file}`, as one
# member of gzip, so that it can be sent as it stands. In a table of its own, so that an edit does
# not write it again.
held_files = Table(
    "held_files",
    METADATA,
    Column(
        "device_id",
        Id,
        ForeignKey("catalogues.device_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("body", LargeBinary, nullable=False),
)

# The file with the edits over it, likewise; no row while that is the held one.
shown_files = Table(
    "shown_files",
    METADATA,
    Column(
        "device_id",
        Id,
        ForeignKey("catalogues.device_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("body", LargeBinary, nullable=False),
)

# `before` and `after` are JSON; `before` is NULL where the field was absent, and `field` where
# `after` is a whole product. A product's number is text, for it may have more digits than an
# integer column holds.
edits = Table(
    "edits",
    METADATA,
    Column(
        "device_id",
        Id,
        ForeignKey("catalogues.device_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("product_kind", Text, nullable=False),
    Column("product_number", Text, nullable=False),
    Column("field", Text, nullable=True),
    Column("before", Text, nullable=True),
    Column("after", Text, nullable=False),
    Column("by_user_id", BigInteger, nullable=False),
    Column("at", Utc, nullable=False),
    Column("unsettled", Boolean, nullable=False),
    Column("superseded", Boolean, nullable=False),
)

# A file that was replaced; `body` is its JSON text, compressed, and `size` counts the bytes of that
# text.
former_files = Table(
    "former_files",
    METADATA,
    Column(
        "device_id",
        Id,
        ForeignKey("devices.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("read_at", Utc, nullable=False),
    Column("replaced_at", Utc, nullable=False),
    Column("products", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    # Last: a list of the others need not pass over it.
    Column("body", LargeBinary, nullable=False),
)
