"""Email addresses compared in Unicode's compatible form (NFKC) and without case.

Two users whose addresses are one by now both stay and sign in as before: the one whose key it was
already, or else who came first, gets it, and the other keeps the former key.
"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

users = sa.table("users", sa.column("id"), sa.column("email"), sa.column("email_key"))


def upgrade() -> None:
    rows = op.get_bind().execute(sa.select(users).order_by(users.c.id)).all()
    taken = {key for _, _, key in rows}
    for user_id, email, _ in rows:
        key = _key(email)
        if key not in taken:
            taken.add(key)
            _give(user_id, key)


def downgrade() -> None:
    for user_id, email, key in op.get_bind().execute(sa.select(users).order_by(users.c.id)).all():
        if (former := email.strip().casefold()) != key:
            _give(user_id, former)


def _key(email: str) -> str:
    folded = unicodedata.normalize("NFKC", email.strip()).casefold()
    return unicodedata.normalize("NFKC", folded)


def _give(user_id: int, key: str) -> None:
    op.execute(sa.update(users).where(users.c.id == user_id).values(email_key=key))
