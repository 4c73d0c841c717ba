"""Tables."""

from datetime import UTC, date, datetime
from typing import cast

from sqlalchemy import (
    BigInteger,
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
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

MAX_ID = 2**63 - 1
"""What an id column holds at most."""

# SQLite numbers rows by itself only in a column that is an INTEGER by name.
Id = BigInteger().with_variant(Integer(), "sqlite")


class Utc(TypeDecorator[datetime]):
    """Aware datetimes, also on databases that forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.replace(tzinfo=value.tzinfo or UTC)


class Row(DeclarativeBase):
    """Base of every table. Every constraint has a name, so that a migration can change it."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )


class UserRow(Row):
    """`email_key` is the address as it is compared."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("email_key"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    email_key: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)


class DeviceRow(Row):
    __tablename__ = "devices"
    __table_args__ = (UniqueConstraint("owner_id", "name"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    owner_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    host: Mapped[str] = mapped_column(Text)
    port: Mapped[int]
    protocol: Mapped[str] = mapped_column(Text)
    encrypted_password: Mapped[str] = mapped_column(Text)
    time_zone: Mapped[str | None] = mapped_column(Text)
    moves: Mapped[int]


class CatalogueRow(Row):
    """What is small of a catalogue: `etag` is the digest of what is shown, `held_digest` that of
    the file as the device holds it, and `dirty` says that edits wait."""

    __tablename__ = "catalogues"

    device_id: Mapped[int] = mapped_column(
        Id, ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    etag: Mapped[str] = mapped_column(Text)
    held_digest: Mapped[str] = mapped_column(Text)
    dirty: Mapped[bool]
    unverified: Mapped[bool]
    moves: Mapped[int]
    read_at: Mapped[datetime] = mapped_column(Utc)
    last_version: Mapped[int] = mapped_column(BigInteger)


class HeldFileRow(Row):
    """The file as the device holds it, as JSON text in UTF-8.

    In a table of its own, so that an edit does not write it again.
    """

    __tablename__ = "held_files"

    device_id: Mapped[int] = mapped_column(
        Id,
        ForeignKey("catalogues.device_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    body: Mapped[bytes] = mapped_column(LargeBinary)


class ShownFileRow(Row):
    """The file with the edits over it; no row while that is the held one."""

    __tablename__ = "shown_files"

    device_id: Mapped[int] = mapped_column(
        Id,
        ForeignKey("catalogues.device_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    body: Mapped[bytes] = mapped_column(LargeBinary)


class EditRow(Row):
    """`before` and `after` are JSON; `before` is NULL where the field was absent.

    A product's number is text, for it may have more digits than an integer column holds.
    """

    __tablename__ = "edits"

    device_id: Mapped[int] = mapped_column(
        Id,
        ForeignKey("catalogues.device_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    product_kind: Mapped[str] = mapped_column(Text)
    product_number: Mapped[str] = mapped_column(Text)
    field: Mapped[str] = mapped_column(Text)
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
    by_user_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Utc)
    unsettled: Mapped[bool]
    superseded: Mapped[bool]


class AutoUpdateRow(Row):
    __tablename__ = "auto_updates"
    __table_args__ = (Index(None, "due_at", "device_id"),)

    device_id: Mapped[int] = mapped_column(
        Id, ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    enabled: Mapped[bool]
    interval_seconds: Mapped[int] = mapped_column(BigInteger)
    due_at: Mapped[datetime | None] = mapped_column(Utc)
    dates_written: Mapped[date | None]
    last_run_at: Mapped[datetime | None] = mapped_column(Utc)
    last_status: Mapped[str | None] = mapped_column(Text)
    last_error: Mapped[str | None] = mapped_column(Text)


class RunRow(Row):
    """What says how the run ended is NULL until it has."""

    __tablename__ = "runs"
    __table_args__ = (Index(None, "device_id", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    device_id: Mapped[int] = mapped_column(Id, ForeignKey("devices.id", ondelete="CASCADE"))
    fence: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[int | None] = mapped_column(Id, ForeignKey("users.id", ondelete="SET NULL"))
    started_at: Mapped[datetime] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    outcome: Mapped[str | None] = mapped_column(Text)
    products: Mapped[int | None] = mapped_column(BigInteger)
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    retries: Mapped[int | None] = mapped_column(BigInteger)
    error_type: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)


class LeaseRow(Row):
    """One row for each device, made with it. `expires_at` is in seconds of the Unix epoch by the
    database's clock, and NULL while nobody holds the lease; `fence` is that of the last one."""

    __tablename__ = "leases"

    device_id: Mapped[int] = mapped_column(
        Id, ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    fence: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[float | None] = mapped_column(Float(53))


def _table(row: type[Row]) -> Table:
    return cast(Table, row.__table__)


users = _table(UserRow)
devices = _table(DeviceRow)
catalogues = _table(CatalogueRow)
held_files = _table(HeldFileRow)
shown_files = _table(ShownFileRow)
edits = _table(EditRow)
auto_updates = _table(AutoUpdateRow)
runs = _table(RunRow)
leases = _table(LeaseRow)
