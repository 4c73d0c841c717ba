"""make.py, apart from what needs a network."""

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import make

ON_POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")


class Tools:
    """Stands where pip, venv and the checks are, and writes down what was asked of them."""

    def __init__(self, venv: Path) -> None:
        self.venv = venv
        self.asked: list[str] = []
        self.fails_at = "nothing"

    def build(self) -> None:
        self._note("build")
        for name in ("python", "web-scales"):
            command = make.tool(name, self.venv)
            command.parent.mkdir(parents=True, exist_ok=True)
            command.touch()

    def pip(self, *arguments: str) -> None:
        self._note("pip " + " ".join(arguments))

    def call(self, *command: str | Path, env: object = None) -> None:
        # By names: where the tools stand is another test's matter.
        self._note(" ".join(Path(part).stem for part in command))

    def _note(self, asked: str) -> None:
        self.asked.append(asked)
        if self.fails_at in asked:
            raise make.StoppedError(f"failed: {asked}", 3)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("requirements.lock", "setup.cfg", "pyproject.toml"):
        (tmp_path / name).write_text(f"first {name}")
    monkeypatch.setattr(make, "ROOT", tmp_path)
    monkeypatch.setattr(make, "VENV", tmp_path / ".venv")
    return tmp_path


@pytest.fixture
def tools(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    tools = Tools(checkout / ".venv")
    for name in ("build", "pip", "call"):
        monkeypatch.setattr(make, name, getattr(tools, name))
    return tools


@pytest.fixture
def ready(tools: Tools) -> Tools:
    make.setup()
    tools.asked.clear()
    return tools


def test_the_first_setup_builds_and_installs(tools: Tools) -> None:
    make.setup()
    assert [asked.split(" -")[0] for asked in tools.asked] == ["build", "pip install", "python"]


def test_nothing_is_done_when_nothing_changed(ready: Tools) -> None:
    make.setup()
    assert ready.asked == []


def test_a_changed_lock_file_builds_anew(ready: Tools, checkout: Path) -> None:
    (checkout / "requirements.lock").write_text("second")
    make.setup()
    assert ready.asked[0] == "build"


@pytest.mark.parametrize("name", ["setup.cfg", "pyproject.toml"])
def test_changed_metadata_installs_the_project_alone(
    ready: Tools, checkout: Path, name: str
) -> None:
    (checkout / name).write_text("second")
    make.setup()
    assert ready.asked[0].startswith("pip install --no-deps")
    make.setup()
    assert len(ready.asked) == 2


@pytest.mark.parametrize("lost", ["python", "web-scales"])
def test_an_environment_that_lost_a_command_is_built_anew(ready: Tools, lost: str) -> None:
    make.tool(lost, ready.venv).unlink()
    make.setup()
    assert ready.asked[0] == "build"


def test_an_environment_of_another_python_is_built_anew(
    ready: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version", "3.99")
    make.setup()
    assert ready.asked[0] == "build"


def test_an_environment_with_a_mangled_stamp_is_built_anew(ready: Tools) -> None:
    (ready.venv / "stamp").write_bytes(b"\xff half a st")
    make.setup()
    assert ready.asked[0] == "build"


def test_a_setup_that_failed_starts_anew(ready: Tools, checkout: Path) -> None:
    (checkout / "setup.cfg").write_text("second")
    ready.fails_at = "pip install"
    with pytest.raises(make.StoppedError):
        make.setup()
    ready.fails_at = "nothing"
    ready.asked.clear()
    make.setup()
    assert ready.asked[0] == "build"


def test_digests_tell_where_one_file_ends() -> None:
    assert make.digest(b"ab", b"c") != make.digest(b"a", b"bc")


def test_one_setup_at_a_time(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("a") as second:
        with make.turn(tmp_path / "lock"):
            assert not make.locked(second.fileno())
        assert make.locked(second.fileno())


def test_settings_are_never_overwritten(tmp_path: Path) -> None:
    settings = tmp_path / ".env"
    settings.write_text("mine")
    assert not make.write_settings(settings, lambda: b"fresh")
    assert settings.read_text() == "mine"


def test_settings_written_meanwhile_are_kept(tmp_path: Path) -> None:
    settings = tmp_path / ".env"

    def somebody_is_faster() -> bytes:
        settings.write_text("mine")
        return b"fresh"

    assert not make.write_settings(settings, somebody_is_faster)
    assert settings.read_text() == "mine"


@ON_POSIX_ONLY
def test_a_link_to_settings_elsewhere_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to(tmp_path / "not mounted yet")
    assert not make.write_settings(tmp_path / ".env", lambda: b"fresh")
    assert not (tmp_path / "not mounted yet").exists()


def test_no_settings_are_left_when_none_could_be_made(tmp_path: Path) -> None:
    def fail() -> bytes:
        raise make.StoppedError("no secrets today")

    with pytest.raises(make.StoppedError):
        make.write_settings(tmp_path / ".env", fail)
    assert not (tmp_path / ".env").exists()


@ON_POSIX_ONLY
def test_fresh_settings_are_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        assert make.write_settings(tmp_path / ".env", lambda: b"fresh")
    finally:
        os.umask(before)
    assert (tmp_path / ".env").read_bytes() == b"fresh"
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


def browser_at(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o755)
    return path


@pytest.fixture
def no_usual_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make, "CHROMIUM_PLACES", ())


@pytest.mark.usefixtures("no_usual_place")
def test_no_browser_is_no_error_by_itself(tmp_path: Path) -> None:
    assert make.chromium({"PATH": str(tmp_path)}) is None


def test_a_browser_named_but_absent_is_an_error_even_where_others_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make, "CHROMIUM_PLACES", (str(browser_at(tmp_path / "usual")),))
    with pytest.raises(make.StoppedError, match="gone"):
        make.chromium({"CHROMIUM": str(tmp_path / "gone"), "PATH": str(tmp_path)})


@ON_POSIX_ONLY
def test_browsers_are_looked_for_where_named_then_on_the_path_then_in_usual_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, on_path, usual = (
        browser_at(tmp_path / place) for place in ("named", "bin/chromium-browser", "usual")
    )
    monkeypatch.setattr(make, "CHROMIUM_PLACES", (str(tmp_path / "absent"), str(usual)))
    path = str(on_path.parent)
    assert make.chromium({"CHROMIUM": str(named), "PATH": path}) == named
    assert make.chromium({"PATH": path}) == on_path
    assert make.chromium({"PATH": str(tmp_path)}) == usual


@pytest.mark.usefixtures("no_usual_place", "ready")
def test_browser_tests_without_a_browser_say_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert make.main(["test-browser"]) == 1
    told = capsys.readouterr().err
    for system in ("Debian", "Ubuntu", "Fedora", "macOS", "Windows"):
        assert system in told


def test_the_gate_stops_at_the_first_step_that_fails(
    ready: Tools, capsys: pytest.CaptureFixture[str]
) -> None:
    ready.fails_at = "mypy"
    assert make.main(["test"]) == 3
    assert "stopped at mypy" in capsys.readouterr().err
    assert [asked.split(".")[0] for asked in ready.asked] == [
        "ruff check ",
        "ruff format --check ",
        "mypy",
    ]


def test_the_whole_gate_leaves_the_browser_out(ready: Tools) -> None:
    assert make.main(["test"]) == 0
    assert ready.asked[-2] == "lint-imports"
    assert re.fullmatch(
        r"python -m pytest -m not browser -n \d+ --maxschedchunk 1", ready.asked[-1]
    )


def test_what_the_gate_checks_before_its_tests_can_be_had_alone(ready: Tools) -> None:
    assert make.main(["test"]) == 0
    whole = list(ready.asked)
    assert make.main(["lint"]) == 0
    assert ready.asked[len(whole) :] == whole[:-1]


def test_the_fast_tests_take_what_else_pytest_is_to_be_told(ready: Tools) -> None:
    assert make.main(["test-fast", "--exitfirst"]) == 0
    assert ready.asked[-1].startswith("python -m pytest unit contract -k not (")
    assert ready.asked[-1].endswith(" --exitfirst")


@pytest.mark.parametrize("arguments", [["deploy"], ["setup", "now"]])
def test_what_is_not_known_gets_the_list_of_commands(
    arguments: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert make.main(arguments) == 2
    assert "test-browser" in capsys.readouterr().out


def test_the_makefile_forwards_every_command_and_no_other() -> None:
    makefile = (Path(make.__file__).parent / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    rule = re.search(r"^(help .*):$", makefile, re.MULTILINE)
    assert phony is not None
    assert rule is not None
    assert phony[1] == rule[1]
    assert sorted(phony[1].split()) == sorted(make.COMMANDS)
