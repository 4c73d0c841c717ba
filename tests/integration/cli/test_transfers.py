"""`web-scales db import` and `db copy`: what they print, how they end, what they leave."""

import os
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from adapters.database.tables import METADATA
from application.ports.repositories.rendered_files import RenderedFile
from entrypoints.bootstrap import UseCases, bootstrap
from entrypoints.cli.main import main
from entrypoints.fresh_secrets import fresh_secrets
from entrypoints.settings import NAMES, read_settings
from tests.harness.postgresql import Server
from tests.harness.products import bun, muffin
from tests.harness.sqlite import asked, url_of
from tests.integration.takeover.former_database import FormerShop, former_database

Run = Callable[..., Result]
DAMAGED = "gAAAA"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command in an installation with secrets and nothing else."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(fresh_secrets())
    return lambda *arguments: CliRunner().invoke(main, arguments, prog_name="web-scales")


@pytest.fixture
def former(run: Run, tmp_path: Path) -> Path:
    """A shop as it stands today: two users, scales clean, edited, never read, and odd."""
    file = tmp_path / "former.db"
    with former_database(file, read_settings().fernet_key) as shop:
        shop.user(3, "anna@example.org")
        shop.user(9, "Boris@Example.org")
        shop.device(4, 3, {"products": [muffin(), bun()]}, name="Bakery")
        shop.device(7, 3, {"items": [muffin(price=80)]}, name="Counter", cached_dirty=1)
        shop.device(12, 9, ip="8.8.8.8", port=None)
        shop.schedule(4, last_run_utc="2026-11-23T07:19:42Z", last_status="OK")
        shop.schedule(7, enabled=0)
        shop.schedule(12, interval_minutes=0)
    return file


def cases() -> UseCases:
    return bootstrap(read_settings())


def rows(file: Path) -> dict[str, list[Any]]:
    """Everything in a database, in an order of its own: a copy is written by the keys."""
    with sqlite3.connect(file) as connection:
        return {
            table: sorted(
                connection.execute(f"SELECT * FROM {table}").fetchall(),  # noqa: S608 - ours
                key=repr,
            )
            for table in (*METADATA.tables, "sqlite_sequence")
        }


def is_empty(file: Path) -> bool:
    """But for the numbers that rows get."""
    return all(table == "sqlite_sequence" or not found for table, found in rows(file).items())


class TestImport:
    def test_says_what_came_and_what_could_not_be_taken_as_it_was(
        self, run: Run, former: Path
    ) -> None:
        before = former.read_bytes()
        answer = run("db", "import", str(former))
        assert answer.exit_code == 0
        assert answer.output == "\n".join(
            [
                f"Took over from {former}:",
                "  2 users, who sign in with the passwords they have",
                "  3 devices",
                "  2 product files; each device is to be read before anything is sent to it",
                "  3 schedules, 1 of them on and due at once",
                "These hold edits that were not sent; which ones, the next read of the device "
                "tells. Look through them then: what was changed at the scale itself in the "
                "meantime is among them. Discard what is wrong, and upload the rest:",
                "  device 7 “Counter”",
                "Not taken as it was:",
                "  device 12 “Scale 12”: its port None is none: 1111 stands in its place, set the "
                "right one",
                "  schedule of device 12 “Scale 12”: switched off, since the device's address or "
                "port had to be replaced",
                "  schedule of device 12 “Scale 12”: its interval 0 is none: 720 minutes stand in "
                "its place",
                "",
            ]
        )
        assert former.read_bytes() == before
        assert sorted(each.name for each in former.parent.glob("former*")) == ["former.db"]

    def test_says_so_in_the_language_of_the_terminal(
        self, run: Run, former: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LC_ALL", "ru_RU.UTF-8")
        lines = run("db", "import", str(former)).output.splitlines()
        assert lines[:3] == [
            f"Перенесено из {former}:",
            "  2 пользователя, пароли прежние",
            "  весов: 3",
        ]
        again = run("db", "import", str(former)).output
        assert again.startswith("Error: База данных уже занята (2 пользователя)")
        assert "DATABASE_URL" in again

    def test_everybody_signs_in_as_before_and_is_hashed_anew(self, run: Run, former: Path) -> None:
        run("db", "import", str(former))
        for email in ("anna@example.org", "boris@example.org"):
            assert cases().accounts.sign_in(email, "password")
        hashes = asked(Path("web-scales.db"), "SELECT password_hash FROM users")
        assert all(re.fullmatch(r"\$2b\$12\$.{53}", each) for (each,) in hashes)
        assert cases().accounts.sign_in("anna@example.org", "password")

    def test_devices_and_files_are_their_owners_under_the_same_ids(
        self, run: Run, former: Path
    ) -> None:
        run("db", "import", str(former))
        shown = cases()
        (user,) = [user for user in shown.accounts.list() if user.email == "anna@example.org"]
        summaries = shown.devices.list(user.id)
        assert [(each.device.id, each.cached_dirty) for each in summaries] == [
            (4, False),
            (7, True),
        ]
        file = shown.products.show_cached(user.id, summaries[0].device.id)
        assert isinstance(file, RenderedFile)
        assert "Маффин".encode() in file.body

    def test_what_is_new_gets_later_numbers(self, run: Run, former: Path) -> None:
        run("db", "import", str(former))
        user = cases().accounts.register("carla@example.org", "correct horse")
        assert user.id == 10

    def test_a_second_one_is_refused_and_changes_nothing(self, run: Run, former: Path) -> None:
        run("db", "import", str(former))
        before = rows(Path("web-scales.db"))
        answer = run("db", "import", str(former))
        assert answer.exit_code == 1
        assert answer.output.startswith("Error: The database is in use already (2 users)")
        assert rows(Path("web-scales.db")) == before

    @pytest.mark.parametrize(
        ("spoil", "told"),
        [
            (lambda shop: shop.user(10, "ANNA@example.org"), "Users 3 and 10 have the same"),
            (lambda shop: shop.user(10, None), "User 10 has no email address"),
            (
                lambda shop: shop.device(20, 9, password_encrypted=DAMAGED),
                "(20) cannot be decrypted",
            ),
        ],
    )
    def test_an_obstacle_leaves_nothing_behind(
        self, run: Run, former: Path, spoil: Callable[[FormerShop], None], told: str
    ) -> None:
        with sqlite3.connect(former) as connection:
            spoil(FormerShop(connection, read_settings().fernet_key))
        answer = run("db", "import", str(former))
        assert answer.exit_code == 1
        assert answer.output.startswith("Error: Nothing was taken over:\n")
        assert told in answer.output
        assert is_empty(Path("web-scales.db"))

    def test_another_fernet_key_is_told_with_its_remedy(self, run: Run, former: Path) -> None:
        Path(".env").write_text(fresh_secrets())
        answer = run("db", "import", str(former))
        assert answer.exit_code == 1
        assert "Set FERNET_KEY to that of the former service" in answer.output
        assert is_empty(Path("web-scales.db"))

    def test_what_is_no_such_database_is_told(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "other.db").write_bytes(b"something else")
        for file in ("other.db", "absent.db", "web-scales.db"):
            answer = run("db", "import", file)
            assert answer.exit_code == 1
            assert answer.output.startswith(f"Error: {file} ")
            assert "Traceback" not in answer.output
        assert is_empty(Path("web-scales.db"))

    def test_a_start_on_the_former_database_says_how_to_move_in(
        self, run: Run, former: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", url_of(former))
        answer = run("db", "upgrade")
        assert answer.exit_code == 1
        assert "web-scales db import FILE" in answer.output


@pytest.fixture
def installed(run: Run, former: Path) -> Path:
    """A database at work for a while: everybody moved in, and a user is gone again."""
    run("db", "import", str(former))
    cases().accounts.register("gone@example.org", "correct horse")
    cases().accounts.delete("gone@example.org")
    return Path("web-scales.db").absolute()


class TestCopy:
    def test_to_another_file(self, run: Run, installed: Path, tmp_path: Path) -> None:
        before = rows(installed)
        answer = run("db", "copy", "--to", url_of(tmp_path / "copy.db"))
        assert answer.exit_code == 0
        assert "        3  devices\n" in answer.output
        assert "verified each" in answer.output
        assert rows(installed) == rows(tmp_path / "copy.db") == before
        assert os.stat(tmp_path / "copy.db").st_mode & 0o077 == 0

    def test_to_postgresql_and_back(
        self,
        run: Run,
        installed: Path,
        tmp_path: Path,
        postgresql: Server,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        before = rows(installed)
        with postgresql.database() as name:
            assert run("db", "copy", "--to", postgresql.url(name)).exit_code == 0
            monkeypatch.setenv("DATABASE_URL", postgresql.url(name))
            assert run("db", "copy", "--to", url_of(tmp_path / "back.db")).exit_code == 0
        back = rows(tmp_path / "back.db")
        assert dict(back.pop("sqlite_sequence"))["users"] == 10  # who is gone again
        del before["sqlite_sequence"]
        assert back == before

    def test_into_one_that_is_in_use_is_refused(
        self, run: Run, installed: Path, tmp_path: Path
    ) -> None:
        run("db", "copy", "--to", url_of(tmp_path / "copy.db"))
        answer = run("db", "copy", "--to", url_of(tmp_path / "copy.db"))
        assert answer.exit_code == 1
        assert "in use already: its table users has rows" in answer.output
        assert run("db", "copy", "--to", url_of(installed)).exit_code == 1

    def test_into_another_programs_database_is_refused(
        self, run: Run, installed: Path, former: Path
    ) -> None:
        before = former.read_bytes()
        answer = run("db", "copy", "--to", url_of(former))
        assert answer.exit_code == 1
        assert "not of this service" in answer.output
        assert former.read_bytes() == before

    @pytest.mark.parametrize("url", ["mysql://host/db", "nonsense", "sqlite://"])
    def test_an_address_that_is_none_is_told(self, run: Run, installed: Path, url: str) -> None:
        answer = run("db", "copy", "--to", url)
        assert answer.exit_code == 1
        assert answer.output.startswith("Error: --to: ")

    def test_from_nothing_is_told_and_makes_nothing(self, run: Run, tmp_path: Path) -> None:
        answer = run("db", "copy", "--to", url_of(tmp_path / "copy.db"))
        assert answer.exit_code == 1
        assert "holds nothing yet" in answer.output
        assert not (tmp_path / "copy.db").exists()

    def test_the_address_is_asked_for(self, run: Run) -> None:
        assert run("db", "copy").exit_code == 2
