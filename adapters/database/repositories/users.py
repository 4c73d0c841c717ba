"""Users in the database."""

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, insert, select, update

from adapters.database.repositories.repository import AnyRow, ConstraintError, Repository
from adapters.database.tables import batches, devices, users
from application.ports.repositories.users import EmailTakenError, UnknownUserError, Users
from domain.accounts.rules import email_key, former_email_key
from domain.accounts.user import User, UserId

_COLUMNS = (users.c.id, users.c.email, users.c.password_hash)
_ID = users.c.id == bindparam("user_id")

GET = select(*_COLUMNS).where(_ID)
EXISTS = select(users.c.id).where(_ID)
# Of two users whose addresses are one by now, each has the key that tells them apart.
BY_EMAIL = (
    select(*_COLUMNS)
    .where(users.c.email_key.in_([bindparam("key"), bindparam("former")]))
    .order_by(users.c.email_key == bindparam("key"))
    .limit(1)
)
ALL = select(*_COLUMNS).order_by(users.c.id)
ADD = insert(users)
SET_PASSWORD_HASH = update(users).where(_ID).values(password_hash=bindparam("new_hash"))
# A user's batches and devices go along, so they are locked first, as by all who write to them.
HOLD_BATCHES = (
    select(batches.c.id)
    .where(batches.c.owner_id == bindparam("user_id"))
    .order_by(batches.c.id)
    .with_for_update(key_share=True)
)
HOLD_DEVICES = (
    select(devices.c.id)
    .where(devices.c.owner_id == bindparam("user_id"))
    .order_by(devices.c.id)
    .with_for_update(key_share=True)
)
REPLACE_PASSWORD_HASH = SET_PASSWORD_HASH.where(users.c.password_hash == bindparam("former"))
DELETE = delete(users).where(_ID)


class SqlUsers(Repository, Users):
    """Everyone who may sign in."""

    def add(self, email: str, password_hash: str) -> User:
        if self.by_email(email) is not None:
            raise EmailTakenError
        values = {"email": email, "email_key": email_key(email), "password_hash": password_hash}
        try:
            user_id = self._add(ADD, values)
        except ConstraintError:
            raise EmailTakenError from None
        return User(id=UserId(user_id), email=email, password_hash=password_hash)

    def adopt(self, user: User) -> None:
        values = {
            "id": user.id,
            "email": user.email,
            "email_key": email_key(user.email),
            "password_hash": user.password_hash,
        }
        try:
            self._adopt(ADD, values)
        except ConstraintError:
            raise EmailTakenError from None

    def get(self, user_id: UserId) -> User:
        row = self._read(GET, {"user_id": user_id}).first()
        if row is None:
            raise UnknownUserError
        return _user(row)

    def exists(self, user_id: UserId) -> bool:
        return self._read(EXISTS, {"user_id": user_id}).first() is not None

    def by_email(self, email: str) -> User | None:
        keys = {"key": email_key(email), "former": former_email_key(email)}
        row = self._read(BY_EMAIL, keys).first()
        return None if row is None else _user(row)

    def all(self) -> Sequence[User]:
        return [_user(row) for row in self._read(ALL)]

    def set_password_hash(self, user_id: UserId, password_hash: str) -> None:
        values = {"user_id": user_id, "new_hash": password_hash}
        if not self._write(SET_PASSWORD_HASH, values).rowcount:
            raise UnknownUserError

    def replace_password_hash(self, user_id: UserId, former: str, password_hash: str) -> bool:
        values = {"user_id": user_id, "former": former, "new_hash": password_hash}
        return bool(self._write(REPLACE_PASSWORD_HASH, values).rowcount)

    def delete(self, user_id: UserId) -> None:
        self._lock(HOLD_BATCHES, {"user_id": user_id})
        self._lock(HOLD_DEVICES, {"user_id": user_id})
        if not self._write(DELETE, {"user_id": user_id}).rowcount:
            raise UnknownUserError


def _user(row: AnyRow) -> User:
    user_id, email, password_hash = row
    return User(id=UserId(user_id), email=email, password_hash=password_hash)
