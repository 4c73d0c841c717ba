"""The tables; those of what devices hold stand in a module of their own."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from adapters.database.backends.columns import NEVER_TWICE, Id, where_null, where_true
from adapters.database.metadata import MAX_ID, METADATA, Utc
from adapters.database.product_tables import (
    catalogues,
    edits,
    former_files,
    held_files,
    label_checks,
    shown_files,
)

__all__ = [
    "MAX_ID",
    "METADATA",
    "Utc",
    "auto_updates",
    "batch_items",
    "batches",
    "catalogues",
    "device_exceptions",
    "devices",
    "edits",
    "endpoints",
    "former_files",
    "held_files",
    "jobs",
    "label_checks",
    "leases",
    "owner_exceptions",
    "runs",
    "shown_files",
    "users",
]

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
    Column("last_error_type", Text, nullable=True),
    Column("last_error_facts", Text, nullable=True),
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
    Column("error_facts", Text, nullable=True),
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

# `run_id` is that of the last run; `error_type` and its like are of a failure before any began.
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
    Column("error_facts", Text, nullable=True),
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
