"""The command line, in this process: what it takes, what it prints, how it ends."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert

from adapters.database.backends.engine import make_engine
from adapters.database.tables import endpoints
from adapters.mertech.emulator import Fault, running_scales
from adapters.mertech.emulator.faults import Takes
from entrypoints.bootstrap import bootstrap
from entrypoints.cli.main import main
from entrypoints.fresh_secrets import fresh_secrets
from entrypoints.settings import NAMES, read_settings
from tests.harness.postgresql import Server

ROOT = Path(__file__).parents[3]
COMMANDS = [
    [],
    ["demo"],
    ["serve"],
    ["scheduler"],
    ["start"],
    ["emulator"],
    ["secrets"],
    ["db"],
    ["db", "upgrade"],
    ["db", "current"],
    ["db", "import"],
    ["db", "copy"],
    ["users"],
    ["users", "create"],
    ["users", "list"],
    ["users", "set-password"],
    ["users", "delete"],
    ["devices"],
    ["devices", "clear-refusals"],
    ["run"],
    ["run", "read"],
    ["run", "upload"],
    ["run", "auto-update"],
    ["run", "watch"],
    ["run", "retry"],
]
Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command in an installation with secrets and nothing else."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(fresh_secrets())

    def run(*arguments: str, typed: str | bytes = "") -> Result:
        return CliRunner().invoke(main, arguments, input=typed, prog_name="web-scales")

    return run


def signs_in(email: str, password: str) -> bool:
    return bool(bootstrap(read_settings()).accounts.sign_in(email, password))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help(run: Run, command: list[str]) -> None:
    answer = run(*command, "--help")
    assert answer.exit_code == 0
    usage, _, rest = answer.output.partition("\n\n")
    assert usage.startswith(" ".join(["Usage: web-scales", *command]))
    assert len(rest.split("Options:")[0].split()) >= 4
    assert "--with-parent" not in answer.output


@pytest.mark.parametrize(
    "command",
    [
        ["fly"],
        ["serve", "--port", "70000"],
        ["serve", "--threads", "1"],
        ["emulator", "--count", "0"],
        ["emulator", "--password", "12345"],
        ["emulator", "--base-port", "65536"],
        ["emulator", "--fault", "silent"],
        ["emulator", "--fault", "1111"],
        ["emulator", "--fault", "1111:asleep"],
        ["emulator", "--fault", "1111:refuse-products"],
        ["emulator", "--fault", "1112:silent"],
        ["emulator", "--control-port", "65536"],
        ["users", "create"],
        ["devices", "clear-refusals"],
        ["devices", "clear-refusals", "10.0.0.7"],
        ["devices", "clear-refusals", "10.0.0.7:0"],
        ["devices", "clear-refusals", ":1111"],
        ["devices", "clear-refusals", "fd00::7:1111"],
        ["users", "create", "baker@example.com", "correct horse"],
        ["demo", "--port", "0"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2(run: Run, command: list[str]) -> None:
    assert run(*command).exit_code == 2


def test_the_emulators_help_lists_every_fault(run: Run) -> None:
    shown = run("emulator", "--help").output
    words = " ".join(shown.split("Faults:")[1].split())
    for fault in Fault:
        assert fault.meaning in words
        takes = {Takes.SECONDS: "[:SECONDS]", Takes.TIMES: "[:TIMES]", Takes.CODES: ":CODE,…"}
        assert f"{fault.value}{takes.get(fault.takes, '')} {fault.meaning}" in words


def test_fewer_threads_than_requests_that_wait_for_devices_are_refused(run: Run) -> None:
    answer = run("serve", "--threads", "8")
    assert answer.exit_code == 1
    assert "  LIVE_CONVERSATIONS: Must be less than THREADS" in answer.output


def loaded_by(code: str) -> set[str]:
    """The packages that a fresh interpreter has loaded after this, and modules of ours."""
    shown = subprocess.run(  # noqa: S603 - code of ours
        [sys.executable, "-c", f"import sys; {code}; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    modules = shown.stdout.decode().splitlines()[-1].split()
    return {*modules, *(module.split(".")[0] for module in modules)}


def test_help_loads_nothing_heavy() -> None:
    loaded = loaded_by(
        "from click.testing import CliRunner; from entrypoints.cli.main import main;"
        "CliRunner().invoke(main, ['serve', '--help'], catch_exceptions=False)"
    )
    assert "entrypoints.cli.main" in loaded
    assert not loaded & {"sqlalchemy", "flask", "marshmallow", "cryptography", "scales"}


def test_serving_and_scheduling_load_no_emulator_and_no_migrations() -> None:
    loaded = loaded_by("import entrypoints.api.process, entrypoints.scheduler.process")
    assert "entrypoints.api.process" in loaded
    assert not loaded & {"adapters.mertech.emulator", "alembic"}


def test_secrets_are_lines_for_the_settings_file(run: Run) -> None:
    first, second = run("secrets").output, run("secrets").output
    assert re.fullmatch(r"JWT_SECRET_KEY=\S{64,}\nFERNET_KEY=\S{44}\n", first)
    assert first != second


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such modes")
def test_secrets_are_written_for_their_owner_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".env").unlink(missing_ok=True)
    former = os.umask(0)
    try:
        written = run("secrets", "--write")
    finally:
        os.umask(former)
    assert written.exit_code == 0
    held = (tmp_path / ".env").read_text()
    assert re.fullmatch(r"JWT_SECRET_KEY=\S{64,}\nFERNET_KEY=\S{44}\n", held)
    assert held not in written.output
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    again = run("secrets", "--write")
    assert again.exit_code == 1
    assert ".env is there already, and stays as it is" in again.output
    assert (tmp_path / ".env").read_text() == held


def test_secrets_that_cannot_be_written_are_a_message(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".env").unlink(missing_ok=True)
    (tmp_path / ".env").symlink_to(tmp_path / "no" / "such" / "folder")
    answer = run("secrets", "--write")
    assert answer.exit_code == 1
    assert answer.output.startswith("Error: .env ")


def test_the_database_is_brought_up_to_date_by_hand(run: Run) -> None:
    assert run("db", "current").output == "none yet\n"
    upgraded = run("db", "upgrade")
    assert upgraded.exit_code == 0
    assert run("db", "current").output == upgraded.output == run("db", "upgrade").output


def test_a_database_that_cannot_be_opened_is_a_message(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:////no/such/folder/web-scales.db")
    for command in (["db", "upgrade"], ["db", "current"], ["users", "list"]):
        answer = run(*command)
        assert answer.exit_code == 1
        assert answer.output.startswith("Error: The database cannot be used: ")


def test_a_server_that_cannot_be_reached_is_a_message_without_its_password(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://anna:hunter2@127.0.0.1:1/shop")
    for command in (["db", "upgrade"], ["db", "current"], ["users", "list"]):
        answer = run(*command)
        assert answer.exit_code == 1
        assert answer.output == "Error: The database cannot be used: Connection refused.\n"


def test_the_database_may_be_a_postgresql(
    run: Run, postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgresql.database() as name:
        monkeypatch.setenv("DATABASE_URL", postgresql.url(name))
        assert run("db", "current").output == "none yet\n"
        assert run("db", "upgrade").exit_code == 0
        created = run("users", "create", "anna@example.com", typed="password\npassword\n")
        assert created.exit_code == 0
        assert "anna@example.com" in run("users", "list").output


def test_bad_settings_are_a_message(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREADS", "many")
    answer = run("users", "list")
    assert answer.exit_code == 1
    assert "  THREADS: " in answer.output


def test_a_user_created_from_the_prompt_can_sign_in(run: Run) -> None:
    typed = "correct horse\ncorrect horse\n"
    answer = run("users", "create", "baker@example.com", typed=typed)
    assert (answer.exit_code, answer.output.splitlines()[-1]) == (
        0,
        "created user 1: baker@example.com",
    )
    assert "correct horse" not in answer.output
    assert signs_in("baker@example.com", "correct horse")


def test_commands_speak_the_language_of_the_terminal(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "ru_RU.UTF-8")
    create = ("users", "create", "--password-stdin")
    answer = run(*create, "baker@example.com", typed="correct horse")
    assert answer.output == "создан пользователь № 1: baker@example.com\n"
    answer = run(*create, "baker", typed="1234567")
    assert answer.output.splitlines() == [
        "Error: Почта: Введите адрес электронной почты.",
        "Пароль: Длина должна быть от 8 до 128 символов.",
    ]
    assert "Add a user" in run("users", "create", "--help").output


@pytest.mark.parametrize("in_file", [False, True])
def test_the_setting_says_which_language_before_the_terminal_does(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, in_file: bool
) -> None:
    monkeypatch.setenv("LC_ALL", "ru_RU.UTF-8")
    if in_file:
        with (tmp_path / ".env").open("a") as file:
            file.write("LANGUAGE=en\n")
    else:
        monkeypatch.setenv("LANGUAGE", "en")
    answer = run("users", "create", "a@example.com", "--password-stdin", typed="correct horse")
    assert answer.output == "created user 1: a@example.com\n"


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_the_password_may_come_from_standard_input(run: Run, end: str) -> None:
    answer = run("users", "create", "a@example.com", "--password-stdin", typed=f" пароль {end}")
    assert answer.exit_code == 0
    assert signs_in("a@example.com", " пароль ")


@pytest.mark.parametrize(
    ("email", "password", "named"),
    [
        ("baker", "correct horse", "email"),
        ("", "correct horse", "email"),
        ("baker@example.com", "1234567", "password"),
        ("baker@example.com", "x" * 129, "password"),
        ("baker@example.com", "", "password"),
    ],
)
def test_the_rules_are_those_of_the_api(run: Run, email: str, password: str, named: str) -> None:
    answer = run("users", "create", email, "--password-stdin", typed=password)
    assert answer.exit_code == 1
    assert answer.output.startswith(f"Error: {named}: ")
    assert run("users", "list").output == ""


def test_an_address_is_taken_whatever_its_case(run: Run) -> None:
    create = ("users", "create", "--password-stdin")
    run(*create, "baker@example.com", typed="correct horse")
    answer = run(*create, "Baker@Example.com", typed="correct horse")
    assert answer.exit_code == 1
    assert answer.output == "Error: This email address is already registered.\n"


def test_users_are_listed_with_their_ids(run: Run) -> None:
    for name in ("a", "b"):
        run("users", "create", f"{name}@example.com", "--password-stdin", typed="correct horse")
    assert run("users", "list").output == "1\ta@example.com\n2\tb@example.com\n"


@pytest.mark.parametrize(
    ("written", "endpoint"),
    [
        ("10.0.0.7:1111", "10.0.0.7:1111"),
        ("[::ffff:10.0.0.7]:1111", "10.0.0.7:1111"),
        ("[FD00:0::7]:1111", "[fd00::7]:1111"),
    ],
)
def test_refused_passwords_are_cleared_by_address(run: Run, written: str, endpoint: str) -> None:
    nothing = run("devices", "clear-refusals", written)
    assert nothing.output == f"no password was refused at {written} since one was taken\n"
    engine = make_engine(read_settings().database_url)
    with engine.begin() as connection:
        connection.execute(
            insert(endpoints).values(
                endpoint=endpoint, fence=1, expires_at=0.0, lasts=15.0, refusals=8
            )
        )
    engine.dispose()
    answer = run("devices", "clear-refusals", written)
    assert (answer.exit_code, "passwords refused there: 8" in answer.output) == (0, True)
    assert run("devices", "clear-refusals", written).output == nothing.output


def test_another_password_can_be_set(run: Run) -> None:
    run("users", "create", "a@example.com", "--password-stdin", typed="correct horse")
    too_short = run("users", "set-password", "a@example.com", "--password-stdin", typed="short")
    assert too_short.exit_code == 1
    answer = run("users", "set-password", "A@example.com", "--password-stdin", typed="better horse")
    assert answer.exit_code == 0
    assert signs_in("a@example.com", "better horse")


def test_deleting_asks_first(run: Run) -> None:
    run("users", "create", "a@example.com", "--password-stdin", typed="correct horse")
    assert run("users", "delete", "a@example.com", typed="n\n").exit_code == 1
    assert run("users", "list").output == "1\ta@example.com\n"
    assert run("users", "delete", "a@example.com", typed="y\n").exit_code == 0
    assert run("users", "list").output == ""


@pytest.mark.parametrize(
    "command", [["delete", "--yes"], ["set-password", "--password-stdin"]], ids=" ".join
)
def test_an_unknown_user_is_a_message(run: Run, command: list[str]) -> None:
    answer = run("users", *command, "nobody@example.com", typed="correct horse")
    assert (answer.exit_code, answer.output) == (1, "Error: There is no such user.\n")


def test_a_port_that_is_taken_is_a_message(run: Run) -> None:
    with running_scales() as fleet:
        port = fleet.ports[0]
        answer = run("emulator", "--base-port", str(port), "--products", "3")
    assert answer.exit_code == 1
    assert answer.output.startswith(f"Error: cannot listen on 127.0.0.1:{port}: ")
