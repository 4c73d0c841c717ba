"""What the tests of the database do in processes of their own."""

import sys
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

from adapters.database import schema
from adapters.database.backends.engine import make_engine
from adapters.database.storage import SqlStorage


def upgrade_each(urls: list[str], together: Barrier) -> None:
    """Bring every database up to date, each at the same time as another process."""
    for url in urls:
        engine = make_engine(url)
        together.wait(30)
        schema.upgrade(engine)
        SqlStorage(engine).check()
        engine.dispose()


def upgrade_and_name_modules(url: str, answer: Connection) -> None:
    """Bring a database up to date, and tell which modules that took."""
    engine = make_engine(url)
    schema.upgrade(engine)
    SqlStorage(engine).check()
    answer.send({name.partition(".")[0] for name in sys.modules} & {"alembic", "psycopg"})


def add_users_for_ever(url: str, answer: Connection) -> None:
    """Tell each address as soon as it is committed."""
    storage = SqlStorage(make_engine(url))
    for number in range(10**9):
        email = f"user{number}@example.com"
        with storage.transaction() as tx:
            tx.users.add(email, "x" * 5_000)
        answer.send(email)
