"""Moving in with everything real: the former file, the databases, bcrypt and Fernet."""

import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from adapters.database.storage import SqlStorage
from adapters.former_service.records import FormerDatabase
from adapters.security.cipher import FernetCipher
from adapters.security.passwords import BcryptHasher
from adapters.system.clock import SystemClock
from application.accounts.signing_in import SignIn
from application.takeover.records import CannotMoveInError
from application.takeover.take_over import TakeOver
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.devices.networks import DeviceNetworks
from domain.json_value import Json
from domain.renewal.schedule import ScheduleDefaults
from entrypoints.fresh_secrets import fresh_secrets
from tests.fakes.security import FakeTokens
from tests.harness.postgresql import Server
from tests.harness.postgresql import opened as opened_at
from tests.harness.products import bun, muffin
from tests.harness.sqlite import opened, up_to_date, url_of
from tests.integration.takeover.former_database import former_database

ROOT = Path(__file__).parents[3]
KEY = "s0rKzuYKtqdLkNJ5qSRlDdLQDDg2kPv4KJcJOLmmFzs="


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        with up_to_date(tmp_path / "new.db") as engine:
            yield engine
        return
    server: Server = request.getfixturevalue("postgresql")
    with server.up_to_date() as name, opened_at(server.url(name)) as engine:
        yield engine


@pytest.fixture
def former(tmp_path: Path) -> Path:
    file = tmp_path / "former.db"
    with former_database(file, KEY) as shop:
        shop.user(3, "anna@example.org")
        shop.user(2, "boris@example.org")
        shop.device(40, 3, {"products": [muffin(), bun()], "плюс": [None]}, cached_dirty=1)
        shop.device(8, 2, [muffin()])
        shop.schedule(40)
    return file


def take_over(engine: Engine) -> TakeOver:
    return TakeOver(
        storage=SqlStorage(engine),
        hasher=BcryptHasher(4),
        cipher=FernetCipher(KEY),
        clock=SystemClock(),
        schedule=ScheduleDefaults(),
        networks=DeviceNetworks.of(),
    )


def test_everything_comes_and_the_service_goes_on_from_there(engine: Engine, former: Path) -> None:
    report = take_over(engine)(FormerDatabase(former))
    assert (report.users, report.devices, report.files, report.schedules) == (2, 2, 2, 1)
    storage = SqlStorage(engine)
    with storage.snapshot() as tx:
        catalogue = tx.catalogues.find(DeviceId(40))
        assert catalogue is not None
        assert catalogue.file.document == {"products": [muffin(), bun()], "плюс": [None]}
        assert catalogue.merged_by == 3
        device = tx.devices.get(DeviceId(8))
        assert FernetCipher(KEY).decrypt(device.encrypted_password) == "1234"
        auto_update = tx.schedules.find(DeviceId(40))
        assert auto_update is not None
        assert auto_update.due_at is not None
    with storage.transaction() as tx:
        assert tx.users.add("carla@example.org", "hash").id == 4
        assert tx.devices.add(UserId(4), device).id == 41


def test_the_first_sign_in_replaces_the_hash(engine: Engine, former: Path) -> None:
    take_over(engine)(FormerDatabase(former))
    storage = SqlStorage(engine)
    assert SignIn(storage, BcryptHasher(4), FakeTokens())("ANNA@example.org", "password")
    with storage.snapshot() as tx:
        hashes = {user.id: user.password_hash[:7] for user in tx.users.all()}
    assert hashes == {2: "$pbkdf2", 3: "$2b$04$"}


def test_an_obstacle_leaves_nothing(engine: Engine, tmp_path: Path) -> None:
    with former_database(tmp_path / "former.db", KEY) as shop:
        shop.user(3, "anna@example.org")
        shop.device(40, 3, [muffin()])
        shop.device(41, 3, [muffin()], password_encrypted="x")  # noqa: S106 - it is none
    with pytest.raises(CannotMoveInError):
        take_over(engine)(FormerDatabase(tmp_path / "former.db"))
    storage = SqlStorage(engine)
    with storage.snapshot() as tx:
        assert list(tx.users.all()) == []
    with storage.transaction() as tx:
        tx.users.add("carla@example.org", "hash")


def test_one_that_is_killed_leaves_nothing(former: Path, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "\n".join(
            [fresh_secrets(), f"FERNET_KEY={KEY}", f"DATABASE_URL={url_of(tmp_path / 'new.db')}"]
        )
    )
    killed = subprocess.run(  # noqa: S603 - code of ours
        [
            sys.executable,
            "-c",
            "import os, sys\n"
            "from adapters.database.repositories.schedules import SqlSchedules\n"
            "from entrypoints.cli.main import main\n"
            "SqlSchedules.save = lambda *_: os.kill(os.getpid(), 9)\n"
            "main(['db', 'import', sys.argv[1]])",
            str(former),
        ],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert killed.returncode == -9
    with opened(tmp_path / "new.db") as engine:
        with SqlStorage(engine).snapshot() as tx:
            assert list(tx.users.all()) == []
        assert take_over(engine)(FormerDatabase(former)).users == 2


def test_a_large_fleet_takes_no_more_memory_than_a_few_files(tmp_path: Path) -> None:
    products: list[Json] = [dict(muffin(code=number, pluNumber=number)) for number in range(2000)]
    with former_database(tmp_path / "former.db", KEY) as shop:
        shop.user(3, "anna@example.org")
        for number in range(60):
            shop.device(number + 1, 3, {"products": products, "serial": number})
    with up_to_date(tmp_path / "new.db") as engine:
        tracemalloc.start()
        try:
            report = take_over(engine)(FormerDatabase(tmp_path / "former.db"))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert report.files == 60
    assert peak < 60 * 2**20
