"""A database as the version before left it, made by that version: `version_before.sql`.

Anna has two scales. The first was read twice, edited, uploaded to, renewed, edited again, and the
answer to the second upload was lost. Nobody ever answered at the second. Boris has one that was
never read.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from typing import Final

import pytest

from adapters.database import schema
from adapters.database.storage import SqlStorage
from tests.harness.installation import PASSWORD
from tests.harness.over_http import OverHttp, User
from tests.harness.sqlite import opened

DUMP: Final = Path(__file__).with_name("version_before.sql")
REFUSED: Final = "The device at 10.0.0.8:1111 refused the connection."
NEVER_READ: Final = "Nothing has been read from this device yet: read its products first."


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[OverHttp]:
    path = tmp_path / "shop.db"
    with closing(connect(path)) as connection:
        connection.executescript(DUMP.read_text("utf-8"))
    with opened(path) as engine:
        schema.upgrade(engine)
        yield OverHttp(storage=SqlStorage(engine))


@pytest.fixture
def anna(shop: OverHttp) -> User:
    return signed_in(shop, "anna@example.org")


def signed_in(shop: OverHttp, email: str) -> User:
    answer = shop.nobody.post("/auth/login", data={"username": email, "password": PASSWORD})
    assert answer.status_code == 200
    return User(shop.nobody.client, answer.json["access_token"])


def test_everybody_signs_in_and_sees_their_own(shop: OverHttp, anna: User) -> None:
    boris = signed_in(shop, "boris@example.ORG")
    mine, others = anna.get("/devices").json, boris.get("/devices").json
    assert [(each["id"], each["name"], each["ip"]) for each in mine] == [
        (1, "Bakery", "10.0.0.7"),
        (2, "Fish", "10.0.0.8"),
    ]
    assert [(each["id"], each["time_zone"]) for each in others] == [(3, "Asia/Tokyo")]
    assert (mine[0]["cached_dirty"], mine[0]["unverified"]) == (True, True)


def test_edits_and_files_are_as_they_were(anna: User) -> None:
    (edit,) = anna.get("/devices/1/products/edits").json["edits"]
    assert (edit["id"], edit["field"], edit["from"], edit["to"]) == (2, "price", 99.5, 77)
    assert (edit["who"], edit["when"]) == ("anna@example.org", "2026-03-02T12:00:03Z")
    shown = anna.get("/devices/1/products/cached").json["products"]["products"]
    assert next(product["price"] for product in shown) == 77
    assert anna.get("/devices/1/files").json["files"]
    assert anna.get("/devices/1/files/1/diff").status_code == 200


def test_what_failed_is_said_in_the_words_of_its_time(shop: OverHttp, anna: User) -> None:
    runs = anna.get("/runs").json["runs"]
    assert [(run["kind"], run["outcome"], run["error_type"], run["error"]) for run in runs] == [
        ("upload", "unknown", "ScalesUnreachable", "The device broke the connection."),
        ("read", "failed", "ScalesUnreachable", REFUSED),
        ("read", "ok", None, None),
        ("upload", "ok", None, None),
        ("auto_update", "failed", "ScalesUnreachable", REFUSED),
        ("auto_update", "ok", None, None),
        ("read", "failed", "ScalesUnreachable", REFUSED),
        ("read", "ok", None, None),
        ("read", "ok", None, None),
    ]
    schedule = anna.get("/devices/2/auto-update").json
    assert (schedule["last_status"], schedule["last_error"]) == ("ERROR", REFUSED)
    first, second = anna.get("/runs/batches/1").json["devices"]
    assert (first["state"], first["error"]) == ("ok", None)
    assert (second["error_type"], second["error"]) == ("NothingRead", NEVER_READ)
    (others,) = signed_in(shop, "boris@example.org").get("/runs/batches/3").json["devices"]
    assert (others["error_type"], others["error"]) == ("NothingRead", NEVER_READ)


def test_work_goes_on_where_it_ended(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    assert anna.get("/devices/1/products").status_code == 200
    assert anna.post("/devices/1/upload").json["status"] == "ok"
    assert anna.get("/devices/1").json["cached_dirty"] is False
    assert anna.put("/devices/2", json={"ip": "10.0.0.7"}).status_code == 200
    assert anna.get("/devices/2/products").status_code == 200
