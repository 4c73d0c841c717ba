"""Prepare, run and check Web Scales: `python3 make.py help`, on Windows `py make.py help`.

Standard library only, since it runs before anything is installed. Every command that needs the
environment goes through `setup`, which does nothing when nothing changed.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - a user may well start it with an older one
    sys.exit(
        f"Web Scales needs Python 3.11 or newer; {sys.executable} is an older one.\n"
        "Where a newer one has a name of its own: make COMMAND PYTHON=python3.12"
    )

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, NoReturn, Self

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
ON_WINDOWS = sys.platform == "win32"

LOCK_AND_PROJECT = ("requirements.lock", "setup.cfg", "pyproject.toml")
CLEANED = (".venv", ".*_cache", ".hypothesis", "build", "*.egg-info", "**/__pycache__")
CHROMIUM_COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files\Microsoft\Edge\Application\msedge.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
NO_CHROMIUM = """\
No Chromium was found, so the browser tests cannot run. Install one:
  Debian     sudo apt install chromium
  Ubuntu     sudo apt install chromium-browser
  Fedora     sudo dnf install chromium
  macOS      brew install --cask chromium   (Google Chrome will do)
  Windows    winget install Google.Chrome   (Microsoft Edge will do)
or name one that stands elsewhere in the environment variable CHROMIUM."""
NO_VENV = """\
This Python cannot make virtual environments: its module venv or ensurepip is missing.
On Debian and Ubuntu: sudo apt install python3-venv"""


class StoppedError(Exception):
    """A command cannot go on: what to tell the user, and the exit code."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class Stamp(NamedTuple):
    """What an environment was made from; written last, so an unfinished one carries none."""

    environment: str
    project: str

    @classmethod
    def of(cls, root: Path) -> Self:
        """The stamp that the checkout's environment should carry. Raises OSError."""
        # Environments hold absolute paths and compiled code: neither survives a move.
        python = (sys.version, sysconfig.get_platform(), sys.base_prefix, str(root))
        held = [(root / name).read_bytes() for name in LOCK_AND_PROJECT]
        return cls(digest(*map(str.encode, python), held[0]), digest(*held[1:]))

    @classmethod
    def on(cls, venv: Path) -> Self | None:
        """The stamp that an environment carries; None for one unfinished, broken or absent."""
        if not (tool("python", venv).is_file() and tool("web-scales", venv).is_file()):
            return None
        try:
            environment, project = (venv / "stamp").read_text("ascii").split()
        except (OSError, ValueError):
            return None
        return cls(environment, project)


def digest(*parts: bytes) -> str:
    """One hexadecimal SHA-256 over all parts; where one ends and the next begins counts."""
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def tool(name: str, venv: Path = VENV) -> Path:
    """Where an environment keeps a command."""
    return venv / "Scripts" / f"{name}.exe" if ON_WINDOWS else venv / "bin" / name


def say(text: str) -> None:
    """Print at once, before whatever a child process prints next."""
    print(text, flush=True)


def call(*command: str | Path, env: Mapping[str, str] | None = None) -> None:
    """Run a command in the checkout. Raises StoppedError with its exit code when it fails."""
    process = subprocess.Popen(command, cwd=ROOT, env=env)
    try:
        code = process.wait()
    except KeyboardInterrupt:
        process.wait()  # Ctrl-C reached it too; it ends in its own way.
        raise
    if code:
        failed = " ".join(map(str, command))
        raise StoppedError(f"failed: {failed}", code if code > 0 else 128 - code)


@contextmanager
def turn(lock: Path) -> Iterator[None]:
    """Keep setups apart: the second waits. The system frees the lock of a process that ends."""
    with lock.open("a") as file:
        if not locked(file.fileno()):
            say("setup: another one is at work in this folder, waiting for it")
            while not locked(file.fileno()):
                time.sleep(0.2)
        yield


def locked(file: int) -> bool:
    """Lock an open file until it is closed; False when another process holds it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def setup() -> None:
    """Make .venv as requirements.lock says, unless it is already. Raises StoppedError."""
    with turn(ROOT / ".venv.lock"):
        wanted, found = Stamp.of(ROOT), Stamp.on(VENV)
        if found == wanted:
            return
        if found is None or found.environment != wanted.environment:
            build()
        # Should the rest fail, the next setup starts anew.
        (VENV / "stamp").unlink(missing_ok=True)
        say("setup: installing web-scales itself")
        pip("install", "--no-deps", "--no-build-isolation", "--editable", ".")
        call(tool("python"), "-m", "pip", "check")
        (VENV / "stamp").write_text("\n".join(wanted), "ascii")


def build() -> None:
    """A new .venv with everything the lock file lists. Raises StoppedError."""
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise StoppedError(NO_VENV)
    if ON_WINDOWS and Path(sys.prefix).resolve() == VENV:
        raise StoppedError("The .venv in use has to be made anew: run deactivate, then try again.")
    say("setup: making .venv")
    call(sys.executable, "-m", "venv", "--clear", VENV)
    say("setup: installing what requirements.lock lists (the first time: a minute or two)")
    pip("install", "--require-hashes", "--requirement", "requirements.lock")


def pip(*arguments: str) -> None:
    """What goes wrong is told in pip's own words. Raises StoppedError."""
    call(tool("python"), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments)


def hand_over(*command: str | Path) -> NoReturn:
    """Let a long-running command take this process's place, exit code and all."""
    if not ON_WINDOWS:
        os.chdir(ROOT)
        os.execv(command[0], list(map(str, command)))  # noqa: S606 - no shell is wanted
    # Ctrl-C reaches both processes of the console: the command's own way to end is the one to see.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(subprocess.call(command, cwd=ROOT))


def demo(arguments: Sequence[str]) -> None:
    """Two emulated scales, API and scheduler, shown at work; until Ctrl-C"""
    setup()
    hand_over(tool("web-scales"), "demo", *arguments)


def run(arguments: Sequence[str]) -> None:
    """The real thing: API and scheduler with the settings in .env; until Ctrl-C"""
    setup()
    if write_settings(ROOT / ".env", fresh_secrets):
        say("run: wrote .env with fresh secrets; keep it, passwords of scales depend on it")
    hand_over(tool("web-scales"), "start", *arguments)


def write_settings(path: Path, make_text: Callable[[], bytes]) -> bool:
    """Write a file only its owner can read, unless there is one; says whether it wrote."""
    if path.exists():
        return False
    text = make_text()
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    try:
        with os.fdopen(file, "wb") as settings:
            settings.write(text)
    except OSError:
        path.unlink()
        raise
    return True


def fresh_secrets() -> bytes:
    """The lines that `web-scales secrets` prints. Raises StoppedError."""
    made = subprocess.run(
        (tool("web-scales"), "secrets"), cwd=ROOT, stdout=subprocess.PIPE, check=False
    )
    if made.returncode or not made.stdout.strip():
        raise StoppedError("failed: web-scales secrets; .env was not written", made.returncode or 1)
    return made.stdout


LINT: Sequence[tuple[str, Sequence[str | Path]]] = (
    ("ruff check", (tool("ruff"), "check", ".")),
    ("ruff format", (tool("ruff"), "format", "--check", ".")),
    ("mypy", (tool("mypy"),)),
    ("import-linter", (tool("lint-imports"),)),
)


def lint(_: Sequence[str]) -> None:
    """What the gate checks before its tests: ruff, mypy, import-linter"""
    setup()
    checked(LINT)


def gate(_: Sequence[str]) -> None:
    """The whole gate: ruff, mypy, import-linter, pytest without a browser"""
    setup()
    # Many tests wait for processes, so that a processor has room for three at once. Each process
    # takes one test at a time: in larger portions, one of them would get all the slow ones.
    side_by_side = ("-n", str(3 * (os.cpu_count() or 1)), "--maxschedchunk", "1")
    tests = (tool("python"), "-m", "pytest", "-m", "not browser", *side_by_side)
    checked((*LINT, ("pytest", tests)))


def checked(steps: Sequence[tuple[str, Sequence[str | Path]]]) -> None:
    """Each step in turn. Raises StoppedError at the first that fails."""
    for number, (name, command) in enumerate(steps, start=1):
        say(f"== {number}/{len(steps)} {name}")
        try:
            call(*command, env=with_bytecode())
        except StoppedError as error:
            raise StoppedError(f"stopped at {name}", error.code) from None


def gate_fast(arguments: Sequence[str]) -> None:
    """The tests that need no process, database or socket: in half a minute"""
    setup()
    real = "sqlite or postgresql or 127.0.0.1 or ::1"
    side_by_side = ("-n", str(os.cpu_count() or 1))
    fast = ("tests/unit", "tests/contract", "-k", f"not ({real})", *side_by_side, *arguments)
    call(tool("python"), "-m", "pytest", *fast, env=with_bytecode())


def with_bytecode() -> Mapping[str, str]:
    """This process's environment, in which Python keeps what it has compiled: the tests start
    many processes, and each would compile the same modules again."""
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}


def gate_in_browser(_: Sequence[str]) -> None:
    """The tests that drive a real Chromium"""
    browser = chromium(os.environ)
    if browser is None:
        raise StoppedError(NO_CHROMIUM)
    setup()
    say(f"== pytest in {browser}")
    environment = {**os.environ, "CHROMIUM": str(browser)}
    call(tool("python"), "-m", "pytest", "-m", "browser", env=environment)


def chromium(environment: Mapping[str, str]) -> Path | None:
    """A browser of Chromium's kind: the one CHROMIUM names, else on the PATH, else a usual place.

    Raises StoppedError when CHROMIUM names nothing that is there.
    """
    named, path = environment.get("CHROMIUM"), environment.get("PATH")
    on_path = (shutil.which(name, path=path) for name in ([named] if named else CHROMIUM_COMMANDS))
    usual = (place for place in CHROMIUM_PLACES if Path(place).is_file() and not named)
    found = next((Path(place) for place in (*on_path, *usual) if place), None)
    if named and not found:
        raise StoppedError(f"CHROMIUM names {named}, which is not there or cannot be run.")
    return found


def lock(arguments: Sequence[str]) -> None:
    """Renew both lock files from setup.cfg; `lock --upgrade` takes the newest versions"""
    uv: str | None = shutil.which(tool("uv")) or shutil.which("uv")
    if uv is None:
        raise StoppedError("uv is needed to renew the lock file: run setup, or install uv.")
    options = ("--universal", "--generate-hashes", "--python-version", "3.11", "--no-header")
    everything = ("--extra", "build", "--extra", "dev", "--output-file", "requirements.lock")
    # What containers install: the same versions, without what only developers need.
    running = ("--extra", "build", "--output-file", "requirements-run.lock")
    for files in (everything, (*running, "--constraint", "requirements.lock")):
        call(uv, "pip", "compile", "--quiet", *options, *files, "setup.cfg", *arguments)


def format_(_: Sequence[str]) -> None:
    """Put the code into the project's format, and mend what ruff can mend"""
    setup()
    call(tool("ruff"), "check", "--fix-only", ".")
    call(tool("ruff"), "format", ".")


def clean(_: Sequence[str]) -> None:
    """Remove .venv and all caches; settings and data stay"""
    with turn(ROOT / ".venv.lock"):
        for pattern in CLEANED:
            for folder in list(ROOT.glob(pattern)):
                shutil.rmtree(folder)


def prepare(_: Sequence[str]) -> None:
    """Make .venv with everything in requirements.lock; nothing when nothing changed"""
    setup()
    say("setup: .venv is ready")


def help_(_: Sequence[str]) -> None:
    """This list"""
    usage = "usage: make COMMAND   or   python3 make.py COMMAND   (Windows: py make.py COMMAND)\n"
    say("\n".join([usage, *(f"  {name:<13} {do.__doc__}" for name, do in COMMANDS.items())]))


COMMANDS: dict[str, Callable[[Sequence[str]], None]] = {
    "demo": demo,
    "run": run,
    "test": gate,
    "lint": lint,
    "test-fast": gate_fast,
    "test-browser": gate_in_browser,
    "setup": prepare,
    "format": format_,
    "lock": lock,
    "clean": clean,
    "help": help_,
}
# What follows these names goes to the command they start.
TAKE_ARGUMENTS = (demo, run, lock, gate_fast)


def main(arguments: Sequence[str]) -> int:
    """Do what the first argument says; the exit code."""
    command = COMMANDS.get(arguments[0]) if arguments else help_
    if command is None or (arguments[1:] and command not in TAKE_ARGUMENTS):
        say(f"make.py: unknown: {' '.join(arguments)}\n")
        help_(())
        return 2
    try:
        command(arguments[1:])
    except StoppedError as error:
        print(error, file=sys.stderr)
        return error.code
    except OSError as error:
        print(f"make.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
