"""Product files stand compressed, as the object that clients see."""

import gzip
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_HEAD, _TAIL = b'{"products":', b"}"


def upgrade() -> None:
    _rewrite(lambda body: gzip.compress(_HEAD + body + _TAIL, 6, mtime=0))


def downgrade() -> None:
    _rewrite(lambda body: gzip.decompress(body)[len(_HEAD) : -len(_TAIL)])


def _rewrite(changed: Callable[[bytes], bytes]) -> None:
    """One file after the other: all of them together may be larger than memory."""
    connection = op.get_bind()
    for name in ("held_files", "shown_files"):
        files = sa.table(
            name, sa.column("device_id", sa.BigInteger()), sa.column("body", sa.LargeBinary())
        )
        for device_id in connection.scalars(sa.select(files.c.device_id)).all():
            this = files.c.device_id == device_id
            body = connection.scalars(sa.select(files.c.body).where(this)).one()
            connection.execute(sa.update(files).where(this).values(body=changed(body)))
