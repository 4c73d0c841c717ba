"""Tables."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)

from adapters.database.backends.columns import NEVER_TWICE, Id, where_null, where_true

MAX_ID = 2**63 - 1
"""What an id column holds at most."""


class Utc(TypeDecorator[datetime]):
    """Datetimes in UTC, also on databases that forget the zone, or tell another one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is UTC:
            return value
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


# Tables without the ORM, which is not used: importing it takes 7 MB.
METADATA: Final = MetaData(
    # Every constraint has a name, so that a migration can change it.
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


# `email_key` is the address as it is compared.
users = Table(
    "users",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    UniqueConstraint("email_key"),
    **NEVER_TWICE,
)

# `files_replaced` numbers the former files; it only grows. `endpoint` is where the host and port
# lead to, NULL for a host name that was not looked up yet. `clock_ahead` is in seconds.
devices = Table(
    "devices",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("owner_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("port", Integer, nullable=False),
    Column("protocol", Text, nullable=False),
    Column("encrypted_password", Text, nullable=False),
    Column("time_zone", Text, nullable=True),
    Column("moves", Integer, nullable=False),
    Column("refusals", Integer, nullable=False, server_default="0"),
    Column("refused_at", Utc, nullable=True),
    Column("files_replaced", BigInteger, nullable=False, server_default="0"),
    Column("endpoint", Text, nullable=True),
    Column("clock_ahead", BigInteger, nullable=True),
    Column("doubtful", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("owner_id", "name"),
    Index(None, "endpoint", "owner_id"),
    **NEVER_TWICE,
)
Index(
    "ix_devices_owner_id_of_doubtful",
    devices.c.owner_id,
    **where_true(devices.c.doubtful),
)

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

# `look_at` is when the scheduler looks at the device next: when it is due, or later while its job
# waits; `looked_at` is when that was settled. Both are NULL while the schedule is off.
# `dates_from` is the instant at which the day `dates_written` begins at the device.
# `daily_at` is like 06:00,18:00, and NULL where the interval counts. `clock_read` is of no zone:
# what the device's clock showed.
auto_updates = Table(
    "auto_updates",
    METADATA,
    Column(
        "device_id",
        Id,
        ForeignKey("devices.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("enabled", Boolean, nullable=False),
    Column("interval_seconds", BigInteger, nullable=False),
    Column("due_at", Utc, nullable=True),
    Column("dates_written", Date, nullable=True),
    Column("last_run_at", Utc, nullable=True),
    Column("last_status", Text, nullable=True),
    Column("last_error", Text, nullable=True),
    Column("daily_at", Text, nullable=True),
    Column("clock_read", DateTime(timezone=False), nullable=True),
    Column("consecutive_failures", BigInteger, nullable=False, server_default="0"),
    Column("look_at", Utc, nullable=True),
    Column("dates", Text, nullable=False, server_default="all"),
    Column("looked_at", Utc, nullable=True),
    Column("dates_from", Utc, nullable=True),
    Index(None, "look_at", "device_id"),
    # Finds what was settled by a clock that was ahead.
    Index(None, "looked_at", "device_id"),
)

# Products that a renewal leaves alone, in the order in which their user listed them: `kind` says
# whether `number` is a code, a PLU or a category's. Those of all devices of an owner, and those of
# one device.
owner_exceptions = Table(
    "owner_exceptions",
    METADATA,
    Column(
        "owner_id",
        Id,
        ForeignKey("users.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("note", Text, nullable=True),
)
device_exceptions = Table(
    "device_exceptions",
    METADATA,
    Column(
        "device_id",
        Id,
        ForeignKey("devices.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("note", Text, nullable=True),
)

# What says how the run ended is NULL until it has. `owner_id` is the device's, which never changes:
# so the runs of all devices of an owner stand together in an index.
runs = Table(
    "runs",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("device_id", Id, ForeignKey("devices.id", ondelete="CASCADE"), nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("asked_by", Id, ForeignKey("users.id", ondelete="SET NULL"), nullable=True),
    Column("started_at", Utc, nullable=False),
    Column("ended_at", Utc, nullable=True),
    Column("outcome", Text, nullable=True),
    Column("products", BigInteger, nullable=True),
    Column("bytes", BigInteger, nullable=True),
    Column("retries", BigInteger, nullable=True),
    Column("error_type", Text, nullable=True),
    Column("error", Text, nullable=True),
    Column("owner_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Index(None, "device_id", "id"),
    Index(None, "owner_id", "id"),
    Index(None, "owner_id", "outcome", "id"),
    Index(None, "owner_id", "kind", "id"),
    Index(None, "owner_id", "started_at"),
    **NEVER_TWICE,
)

batches = Table(
    "batches",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("owner_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("upload_of", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Index(None, "owner_id"),
    Index(None, "created_at"),
    **NEVER_TWICE,
)

# `run_id` is that of the last run; `error_type` and `error` are of a failure before any began.
batch_items = Table(
    "batch_items",
    METADATA,
    Column(
        "batch_id",
        Id,
        ForeignKey("batches.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column(
        "device_id",
        Id,
        ForeignKey("devices.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("run_id", Id, ForeignKey("runs.id", ondelete="SET NULL"), nullable=True),
    Column("error_type", Text, nullable=True),
    Column("error", Text, nullable=True),
    # What is deleted finds what belongs to it.
    Index(None, "device_id"),
    Index(None, "run_id"),
)

# Work that waits for the scheduler process, until it is done; nothing stands here where another
# engine does the work. `batch_id` is NULL for a device whose own turn has come. `owner_id` is the
# device's; for the others see `domain.runs.turns`.
jobs = Table(
    "jobs",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("device_id", Id, ForeignKey("devices.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("batch_id", Id, ForeignKey("batches.id", ondelete="CASCADE"), nullable=True),
    Column("doubtful", Boolean, nullable=False),
    Column("owner_id", Id, nullable=False, server_default="0"),
    Column("turn", BigInteger, nullable=False, server_default="0"),
    Column("is_first", Boolean, nullable=False, server_default=false()),
    Index(None, "is_first", "turn", "id"),
    Index(None, "owner_id", "doubtful", "turn"),
    Index(None, "batch_id"),
    **NEVER_TWICE,
)
Index(
    "uq_jobs_device_id_of_schedule",
    jobs.c.device_id,
    unique=True,
    **where_null(jobs.c.batch_id),
)
Index("ix_jobs_device_id", jobs.c.device_id)

# One row for each device, made with it. `expires_at` is in seconds of the Unix epoch by the
# database's clock, and NULL while nobody holds the lease; `fence` is that of the last one, and
# `lasts` is how many seconds it was taken or renewed for.
leases = Table(
    "leases",
    METADATA,
    Column(
        "device_id",
        Id,
        ForeignKey("devices.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("fence", BigInteger, nullable=False),
    Column("expires_at", Float(53), nullable=True),
    Column("lasts", Float(53), nullable=False, server_default="15"),
)

# One row for each address and port, such as 10.0.0.7:1111, that any device was talked to at: its
# lease, as above, which has expired where nobody holds it, and how many passwords were refused
# there since one was taken.
endpoints = Table(
    "endpoints",
    METADATA,
    Column("endpoint", Text, primary_key=True),
    Column("fence", BigInteger, nullable=False),
    Column("expires_at", Float(53), nullable=False),
    Column("lasts", Float(53), nullable=False),
    Column("refusals", BigInteger, nullable=False, server_default="0"),
)
