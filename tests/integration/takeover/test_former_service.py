"""Reading the database of the service used before: everything in it, and no trace beside it."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from adapters.former_service.records import FormerDatabase
from adapters.texts.languages import ENGLISH
from adapters.texts.takeover import unreadable
from application.ports.former_service import (
    FormerDevice,
    FormerSchedule,
    FormerServiceError,
    FormerUser,
)
from domain.products.product_file import LARGEST_FILE
from tests.harness.products import muffin
from tests.integration.takeover.former_database import PASSLIBS, former_database

HIDDEN = "a secret of nobody"
KEY = "s0rKzuYKtqdLkNJ5qSRlDdLQDDg2kPv4KJcJOLmmFzs="


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "former #1%"
    folder.mkdir()
    return folder / "shop.db"


def users(file: Path) -> list[FormerUser]:
    with FormerDatabase(file).records() as opened:
        return list(opened.users())


def device(file: Path) -> FormerDevice:
    with FormerDatabase(file).records() as opened:
        (only,) = opened.devices()
    return only


def refused(file: Path) -> str:
    with pytest.raises(FormerServiceError) as error:
        users(file)
    return unreadable(ENGLISH, error.value.reason)


def test_every_column_is_read_as_it_stands(file: Path) -> None:
    with former_database(file, KEY) as shop:
        shop.user(7, "Анна@example.org")
        shop.device(41, 7, {"products": [muffin()]}, password_encrypted=HIDDEN, port="1112")
        shop.schedule(41, last_run_utc="2026-11-23 07:19:42", last_status="OK")
        shop.schedule(40)
    with FormerDatabase(file).records() as opened:
        assert list(opened.users()) == [
            FormerUser(id=7, email="Анна@example.org", password_hash=PASSLIBS)
        ]
        assert list(opened.devices()) == [
            FormerDevice(
                id=41,
                owner_id=7,
                name="Scale 41",
                description=None,
                host="192.168.1.41",
                port=1112,
                protocol="TCP",
                encrypted_password=HIDDEN,
                products={"products": [muffin()]},
                products_fault=None,
                dirty=0,
            )
        ]
        assert [schedule.device_id for schedule in opened.schedules()] == [40, 41]
        assert list(opened.schedules())[1] == FormerSchedule(
            device_id=41,
            enabled=1,
            interval_minutes=720,
            last_run="2026-11-23 07:19:42",
            last_status="OK",
            last_error=None,
        )


def test_no_secret_is_in_a_repr(file: Path) -> None:
    with former_database(file, KEY) as shop:
        shop.user(7, "anna@example.org")
        shop.device(41, 7, password_encrypted=HIDDEN)
    assert PASSLIBS not in repr(users(file))
    assert HIDDEN not in repr(device(file))


@pytest.mark.parametrize(
    ("cached", "fault"),
    [
        (None, None),
        ("", None),
        (" \n", None),
        ("null", None),
        ("{", "{'problem': 'no_json', 'position': None}"),
        ('{"price": NaN}', "{'problem': 'no_json', 'position': None}"),
        ('{"name": "\\ud800"}', "{'problem': 'no_json', 'position': None}"),
        (b'{"name": "\xff"}', "{'problem': 'no_json', 'position': None}"),
        ("[" * 5000, "{'problem': 'no_json', 'position': None}"),
        ("[" + "{}," * 1_000_000 + "{}]", "{'unit': 'objects', 'count': 1000002, 'most': 250000}"),
        (
            '"' + "m" * LARGEST_FILE + '"',
            f"{{'unit': 'bytes', 'count': {LARGEST_FILE + 2}, 'most': {LARGEST_FILE}}}",
        ),
    ],
)
def test_what_holds_no_products_says_why(file: Path, cached: object, fault: str | None) -> None:
    with former_database(file, KEY) as shop:
        shop.device(41, 7, products_cache_json=cached)
    read = device(file)
    assert read.products is None
    assert (read.products_fault and str(read.products_fault.facts)) == fault


def test_text_that_is_no_utf_8_can_be_told(file: Path) -> None:
    with former_database(file, KEY) as shop:
        shop.device(41, 7, name=b"Ba\xffkery")
        shop.connection.execute("UPDATE devices SET name = CAST(name AS TEXT)")
    assert device(file).name == "Ba\udcffkery"


def test_a_file_that_is_not_there_is_told_and_not_made(file: Path) -> None:
    assert refused(file) == f"{file} cannot be read: No such file or directory."
    assert not file.exists()


def test_a_folder_is_told(file: Path) -> None:
    assert refused(file.parent) == f"{file.parent} cannot be read: Is a directory."


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"x" * 90])
def test_what_is_no_database_is_told(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert "file is not a database" in refused(file)
    assert file.read_bytes() == content


def test_a_damaged_database_is_told(file: Path) -> None:
    with former_database(file, KEY) as shop:
        for number in range(1, 500):
            shop.user(number, f"user{number}@example.org")
    content = bytearray(file.read_bytes())
    content[4096:8192] = bytes([255]) * 4096
    file.write_bytes(content)
    assert "cannot be read: database disk image is malformed" in refused(file)


def test_an_empty_file_is_no_database_of_that_service(file: Path) -> None:
    file.touch()
    assert refused(file).endswith(
        "it lacks the table users; the table devices; the table auto_update_schedules."
    )
    assert file.stat().st_size == 0


def test_missing_columns_are_named(file: Path) -> None:
    with former_database(file, KEY) as shop:
        shop.connection.execute("ALTER TABLE devices DROP COLUMN ip")
        shop.connection.execute("ALTER TABLE devices DROP COLUMN cached_dirty")
        shop.connection.execute("DROP TABLE auto_update_schedules")
    assert refused(file).endswith(
        "it lacks ip, cached_dirty in the table devices; the table auto_update_schedules."
    )


@pytest.mark.parametrize("write_ahead", [False, True], ids=["journal", "write-ahead"])
class TestNoTrace:
    """Whatever the journal, nothing is written and nothing is left."""

    def test_while_nobody_has_it_open(self, file: Path, write_ahead: bool) -> None:
        with former_database(file, KEY, write_ahead=write_ahead) as shop:
            shop.user(7, "anna@example.org")
        before = traces(file)
        assert len(users(file)) == 1
        assert traces(file) == before
        assert list(before) == ["shop.db"]

    def test_in_a_folder_that_cannot_be_written_to(self, file: Path, write_ahead: bool) -> None:
        with former_database(file, KEY, write_ahead=write_ahead) as shop:
            shop.user(7, "anna@example.org")
        file.chmod(0o400)
        file.parent.chmod(0o500)
        try:
            assert len(users(file)) == 1
        finally:
            file.parent.chmod(0o700)

    def test_while_the_service_is_at_work(self, file: Path, write_ahead: bool) -> None:
        with former_database(file, KEY, write_ahead=write_ahead) as shop:
            shop.user(7, "anna@example.org")
        with closing(sqlite3.connect(file, isolation_level=None)) as service:
            service.execute("INSERT INTO users (id, email) VALUES (8, 'boris@example.org')")
            service.execute("BEGIN IMMEDIATE")
            service.execute("INSERT INTO users (id, email) VALUES (9, 'not@committed.yet')")
            present = set(traces(file))
            assert [user.id for user in users(file)] == [7, 8]
            assert set(traces(file)) == present
            service.execute("COMMIT")

    def test_after_the_service_was_killed(self, file: Path, write_ahead: bool) -> None:
        with former_database(file, KEY, write_ahead=write_ahead) as shop:
            shop.user(7, "anna@example.org")
        subprocess.run(  # noqa: S603 - code of ours
            [
                sys.executable,
                "-c",
                "import os, sqlite3, sys\n"
                "service = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
                "service.execute('INSERT INTO users (id) VALUES (8)')\n"
                "os.kill(os.getpid(), 9)",
                str(file),
            ],
            check=False,
        )
        before = traces(file)
        assert [user.id for user in users(file)] == [7, 8]
        after = traces(file)
        # The index of the log is no data: whoever opens it next makes it anew.
        for each in (before, after):
            each.pop("shop.db-shm", None)
        assert after == before


def test_a_transaction_that_a_crash_cut_off_is_undone_in_a_copy(file: Path) -> None:
    with former_database(file, KEY) as shop:
        shop.user(7, "anna@example.org")
    subprocess.run(  # noqa: S603 - code of ours
        [
            sys.executable,
            "-c",
            "import os, sqlite3, sys\n"
            "service = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
            "service.execute('PRAGMA cache_size = 1')\n"
            "service.execute('BEGIN')\n"
            "for number in range(8, 2000):\n"
            "    service.execute('INSERT INTO users VALUES (?, ?, ?, 0)', (number, 'x' * 99, ''))\n"
            "os.kill(os.getpid(), 9)",
            str(file),
        ],
        check=False,
    )
    before = traces(file)
    assert list(before) == ["shop.db", "shop.db-journal"]
    assert [user.id for user in users(file)] == [7]
    assert traces(file) == before


def traces(file: Path) -> dict[str, bytes]:
    """What is in its folder."""
    return {each.name: each.read_bytes() for each in sorted(file.parent.iterdir())}


def test_a_log_without_its_index_is_read_too(file: Path) -> None:
    """As where somebody copied two of the three files."""
    with former_database(file, KEY, write_ahead=True) as shop:
        shop.user(7, "anna@example.org")
        shop.connection.commit()
        copy = file.parent / "copy"
        copy.mkdir()
        for name in ("shop.db", "shop.db-wal"):
            shutil.copy(file.parent / name, copy)
    assert [user.id for user in users(copy / "shop.db")] == [7]
    assert sorted(each.name for each in copy.iterdir()) == ["shop.db", "shop.db-wal"]


def test_the_records_are_of_one_moment(file: Path) -> None:
    with former_database(file, KEY, write_ahead=True) as shop:
        shop.user(7, "anna@example.org")
    with (
        closing(sqlite3.connect(file, isolation_level=None)) as service,
        FormerDatabase(file).records() as opened,
    ):
        assert len(list(opened.users())) == 1
        service.execute("INSERT INTO devices (id, owner_id) VALUES (1, 7)")
        assert list(opened.devices()) == []


def test_a_file_that_changes_while_it_is_copied_is_told(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with former_database(file, KEY, write_ahead=True) as shop:
        shop.user(7, "anna@example.org")
    really = shutil.copyfile

    def meanwhile(source: Path, target: Path) -> None:
        really(source, target)
        with source.open("ab") as growing:
            growing.write(b"more")

    monkeypatch.setattr(shutil, "copyfile", meanwhile)
    assert "was written to while it was copied" in refused(file)
