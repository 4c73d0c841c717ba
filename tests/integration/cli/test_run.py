"""`web-scales run`: the same done with many devices, from the command line."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import pytest
from click.testing import CliRunner, Result

from adapters.mertech.emulator import Fleet, running_scales
from application.ports.repositories.runs import RunFilter
from application.ports.storage import StorageNotReadyError
from application.runs.batches import BatchProgress
from domain.devices.device import Address, DeviceId
from domain.runs.batch import BatchId, UploadOf
from domain.runs.run import RunKind
from entrypoints.bootstrap import UseCases
from entrypoints.cli import run as cli_run
from entrypoints.cli.main import main
from entrypoints.fresh_secrets import fresh_secrets
from tests.harness.bootstrapped import bootstrapped
from tests.harness.installation import add_device
from tests.harness.work import do_all

ANNA = "anna@example.org"
ME = ("--user", ANNA)
Run = Callable[..., Result]


class TwoScales:
    """An installation with one user, and two emulated scales that are hers."""

    def __init__(self, cases: UseCases, fleet: Fleet) -> None:
        self.cases = cases
        self.fleet = fleet
        self.anna = cases.accounts.register(ANNA, "correct horse").id
        for name, port in zip(("Bakery", "Deli\n\x1b[2J"), fleet.ports, strict=True):
            add_device(cases, self.anna, name, Address("127.0.0.1", port))

    def read(self) -> None:
        for device_id in (1, 2):
            self.cases.products.read.for_user(self.anna, DeviceId(device_id))

    def batch(self, batch_id: int = 1) -> BatchProgress:
        return self.cases.runs.show_batch(self.anna, BatchId(batch_id))

    @property
    def kinds(self) -> list[tuple[int, RunKind]]:
        """Of every run, the newest first."""
        runs = self.cases.runs.list(self.anna, RunFilter(), before=None, limit=100)
        return [(run.device_id, run.kind) for run in runs]

    @contextmanager
    def scheduler(self, after: float = 0.0) -> Iterator[None]:
        """Whatever waits is done meanwhile, from so many seconds from now on."""
        end = threading.Event()

        def work() -> None:
            pause = after
            while not end.wait(pause):
                do_all(self.cases)
                pause = 0.02

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join()


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[TwoScales]:
    monkeypatch.setattr(cli_run, "POLL", 0.02)
    (tmp_path / ".env").write_text(f"{fresh_secrets()}DEVICE_NETWORKS=127.0.0.0/8\nRETRIES=0\n")
    cases = bootstrapped(tmp_path, monkeypatch)
    with running_scales(2, products=3) as fleet:
        yield TwoScales(cases, fleet)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ("run", *arguments), prog_name="web-scales")


def done(shop: TwoScales, *arguments: str) -> Result:
    with shop.scheduler():
        return run(*arguments)


@pytest.mark.parametrize(
    ("kind", "done_as"),
    [("read", RunKind.READ), ("upload", RunKind.UPLOAD), ("auto-update", RunKind.AUTO_UPDATE)],
)
def test_all_devices_are_done_and_waited_for(shop: TwoScales, kind: str, done_as: RunKind) -> None:
    shop.read()
    answer = done(shop, kind, *ME, "--all")
    assert (answer.exit_code, answer.stdout) == (0, "batch 1: 2 of 2 ended well\n")
    assert f"batch 1: {done_as.value}" in answer.stderr
    assert sorted(shop.kinds[:2]) == [(1, done_as), (2, done_as)]


def test_devices_can_be_named(shop: TwoScales) -> None:
    answer = done(shop, "read", "--user", ANNA.upper(), "--device", "2")
    assert (answer.exit_code, answer.stdout) == (0, "batch 1: 1 of 1 ended well\n")
    assert shop.kinds == [(2, RunKind.READ)]
    assert done(shop, "read", *ME, "--device", "2", "--device", "1").exit_code == 0
    assert len(shop.kinds) == 3


def test_each_device_that_failed_is_told_in_a_line_with_its_reason(shop: TwoScales) -> None:
    shop.fleet.set_fault(shop.fleet.ports[1], "refuse-connections")
    answer = done(shop, "read", *ME, "--all")
    assert answer.exit_code == 1
    told, summary = answer.stdout.splitlines()
    # Nothing that a name holds is given to the terminal.
    assert told.startswith("Deli  [2J (device 2): failed: The scale cannot be reached")
    assert summary == "batch 1: 1 of 2 ended well"
    assert f"web-scales run retry 1 --user {ANNA}" in answer.stderr


def test_progress_and_results_are_told_in_the_language_of_the_terminal(
    shop: TwoScales, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "ru_RU.UTF-8")
    shop.fleet.set_fault(shop.fleet.ports[1], "refuse-connections")
    answer = done(shop, "read", *ME, "--all")
    told, summary = answer.stdout.splitlines()
    assert told.startswith("Deli  [2J (весы № 2): сбой: ")
    assert summary == "задание 1: успешно 1 из 2"
    assert "задание 1: прочитать с весов" in answer.stderr
    assert f"Повторить на тех весах, где не удалось: web-scales run retry 1 --user {ANNA}" in (
        answer.stderr
    )


def test_what_came_to_no_conversation_is_told_too(shop: TwoScales) -> None:
    answer = done(shop, "upload", *ME, "--device", "1")
    assert answer.exit_code == 1
    assert answer.stdout.startswith(
        "Bakery (device 1): failed: Nothing has been read from this scale yet"
    )


def test_a_retry_repeats_only_what_failed(shop: TwoScales) -> None:
    shop.fleet.set_fault(shop.fleet.ports[0], "refuse-connections")
    assert done(shop, "read", *ME, "--all").exit_code == 1
    shop.fleet.set_fault(shop.fleet.ports[0], None)
    answer = done(shop, "retry", *ME, "1")
    assert (answer.exit_code, answer.stdout) == (0, "batch 1: 2 of 2 ended well\n")
    assert [device_id for device_id, _ in shop.kinds].count(2) == 1


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ((), UploadOf.ALL),
        (("--scope", "all"), UploadOf.ALL),
        (("--scope", "edits"), UploadOf.EDITS),
        (("--source", "cache"), UploadOf.CACHE),
    ],
)
def test_an_upload_sends_what_was_asked(
    shop: TwoScales, options: tuple[str, ...], what: UploadOf
) -> None:
    assert run("upload", *ME, "--all", "--detach", *options).exit_code == 0
    assert shop.batch().batch.upload_of is what


def test_detached_it_prints_the_batch_and_waits_for_nothing(shop: TwoScales) -> None:
    answer = run("read", *ME, "--all", "--detach")
    assert (answer.exit_code, answer.output) == (0, "1\n")
    assert not shop.batch().ended
    answer = done(shop, "watch", *ME, "1")
    assert (answer.exit_code, answer.stdout) == (0, "batch 1: 2 of 2 ended well\n")
    assert run("watch", *ME, "1").stdout == answer.stdout


def test_nobody_is_left_to_wonder_why_nothing_happens(
    shop: TwoScales, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_run, "STANDSTILL", 0.1)
    with shop.scheduler(after=1.0):
        answer = run("read", *ME, "--all")
    question = "Nothing has begun: is web-scales scheduler (or worker) running?\n"
    assert (answer.exit_code, answer.stderr.count(question)) == (0, 1)


def test_nor_why_nothing_happens_any_more(shop: TwoScales, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_run, "STANDSTILL", 0.1)
    run("read", *ME, "--all", "--detach")
    do_all(shop.cases)
    with shop.cases.runs.show_batch.storage.transaction() as tx:
        tx.batches.begin_again(BatchId(1), [DeviceId(2)])
    watched = interrupted_after(monkeypatch, looks=20)
    assert "Nothing goes on: is web-scales scheduler (or worker) running?\n" in watched.stderr


def interrupted_after(monkeypatch: pytest.MonkeyPatch, *, looks: int) -> Result:
    """Watch the first batch until Ctrl-C."""
    left = iter(range(looks))

    def sleep(seconds: float) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        time.sleep(seconds)

    with monkeypatch.context() as patched:
        patched.setattr(cli_run, "time", SimpleNamespace(sleep=sleep, monotonic=time.monotonic))
        return run("watch", *ME, "1")


def test_after_ctrl_c_the_batch_goes_on(shop: TwoScales, monkeypatch: pytest.MonkeyPatch) -> None:
    run("read", *ME, "--all", "--detach")
    answer = interrupted_after(monkeypatch, looks=2)
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert answer.stderr.endswith(
        f"The batch goes on. To see how far it is: web-scales run watch 1 --user {ANNA}\n"
    )
    assert do_all(shop.cases) == 2
    assert shop.batch().ended


def test_a_database_that_is_away_for_a_while_does_not_end_the_watching(
    shop: TwoScales, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("read", *ME, "--all", "--detach")
    looks: list[object] = []
    snapshot = type(shop.cases.runs.show_batch.storage).snapshot

    def away(storage: object) -> object:
        looks.append(storage)
        if 4 <= len(looks) <= 6:
            raise StorageNotReadyError("The database cannot be reached.")
        return snapshot(storage)  # type: ignore[arg-type]  # it is one

    monkeypatch.setattr(type(shop.cases.runs.show_batch.storage), "snapshot", away)
    answer = interrupted_after(monkeypatch, looks=10)
    assert len(looks) > 7
    assert answer.stderr.count("The database cannot be reached. Trying again.\n") == 1


def test_a_database_that_is_away_at_first_is_a_message(
    shop: TwoScales, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: object) -> NoReturn:
        raise StorageNotReadyError("The database cannot be reached.")

    monkeypatch.setattr(type(shop.cases.runs.start_batch.storage), "transaction", away)
    answer = run("read", *ME, "--all")
    assert (answer.exit_code, answer.output) == (1, "Error: The database cannot be reached.\n")


def test_whoever_has_no_devices_is_done_at_once(shop: TwoScales) -> None:
    shop.cases.accounts.register("boris@example.org", "correct horse")
    answer = run("read", "--user", "boris@example.org", "--all")
    assert (answer.exit_code, answer.stdout) == (0, "batch 1: 0 of 0 ended well\n")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("read", *ME, "--device", "1", "--device", "3"), "There are no such scales: 3. Nothing"),
        (("read", *ME, "--device", "9" * 30), "There are no such scales: 999"),
        (("read", "--user", "nobody@example.org", "--all"), "There is no such user."),
        (("watch", *ME, "1"), "There is no such job"),
        (("watch", *ME, "9" * 30), "There is no such job"),
        (("retry", *ME, "1"), "There is no such job"),
        (("watch", "--user", "nobody@example.org", "1"), "There is no such user."),
    ],
)
def test_what_is_not_there_is_a_message(
    shop: TwoScales, command: tuple[str, ...], message: str
) -> None:
    boris = shop.cases.accounts.register("boris@example.org", "correct horse").id
    foreign = shop.cases.devices.add(
        boris,
        name="Boris's",
        description="",
        address=Address("127.0.0.1", 1111),
        protocol="TCP",
        password="1234",  # noqa: S106  # the maker's default
    )
    assert foreign.device.id == 3
    answer = run(*command)
    assert answer.exit_code == 1
    assert answer.output.startswith(f"Error: {message}")
    assert do_all(shop.cases) == 0


@pytest.mark.parametrize(
    "command",
    [
        ("read", "--all"),
        ("read", *ME),
        ("read", *ME, "--all", "--device", "1"),
        ("read", *ME, "--device", "x"),
        ("read", *ME, "--device", "-1"),
        ("read", *ME, "--all", "--scope", "edits"),
        ("upload", *ME, "--all", "--scope", "edits", "--source", "cache"),
        ("upload", *ME, "--all", "--source", "device"),
        ("watch", *ME),
        ("watch", *ME, "last"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2(shop: TwoScales, command: tuple[str, ...]) -> None:
    assert run(*command).exit_code == 2
    assert do_all(shop.cases) == 0
