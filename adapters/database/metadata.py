"""What the definitions of all tables share."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import DateTime, Dialect, MetaData, TypeDecorator

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
