"""The containers, as far as can be told without building any: what their files say is true."""

import configparser
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import yaml
from click.testing import CliRunner

from entrypoints.api.process import GRACE
from entrypoints.cli.main import main
from entrypoints.fresh_secrets import fresh_secrets
from entrypoints.settings import NAMES, SECRETS, read_settings
from tests.harness.over_http import OverHttp

ROOT: Final = Path(__file__).resolve().parents[3]
COMPOSE: Final[dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]
DOCKERFILE: Final = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
OURS: Final = {name for name, service in SERVICES.items() if service["image"] == "web-scales"}
LONG_RUNNING: Final = ["api", "scheduler", "worker"]
DEFAULT: Final = re.compile(r"\$\{(\w+):-(.*)\}")


def instructions(name: str) -> list[str]:
    """What an instruction of the Dockerfile is given, each time that it is there."""
    return re.findall(rf"^{name}\s+(.+)$", DOCKERFILE, re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    """The versions in a lock file."""
    text = (ROOT / name).read_text("ascii")
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def named(requirements: str) -> set[str]:
    """The distributions that a list in setup.cfg asks for."""
    lines = [line for line in requirements.split("\n") if line and not line.startswith("#")]
    return {re.split(r"[\[<>=]", line)[0].lower().replace("_", "-") for line in lines}


@pytest.fixture
def project() -> configparser.ConfigParser:
    parsed = configparser.ConfigParser()
    parsed.read(ROOT / "setup.cfg", "utf-8")
    return parsed


def test_there_is_all_that_a_fleet_needs() -> None:
    assert set(SERVICES) == {*LONG_RUNNING, "database", "emulator", "secrets"}
    assert SERVICES["worker"]["deploy"]["replicas"] == 2


@pytest.mark.parametrize(
    "service",
    [
        "api",
        "scheduler",
        "worker",
        "emulator",
    ],
)
def test_each_command_is_one_that_the_command_line_knows(service: str) -> None:
    result = CliRunner().invoke(main, [*SERVICES[service]["command"], "--help"])
    assert result.exit_code == 0, result.output


def test_the_image_by_itself_serves_to_other_machines() -> None:
    [command] = instructions("CMD")
    arguments = yaml.safe_load(command)
    assert CliRunner().invoke(main, [*arguments, "--help"]).exit_code == 0
    assert arguments[arguments.index("--host") + 1] == "0.0.0.0"  # noqa: S104  # in a container


def test_each_setting_is_one_that_the_service_knows() -> None:
    given = {name for service in LONG_RUNNING for name in SERVICES[service]["environment"]}
    assert given <= set(NAMES)
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text("utf-8")))
    assert asked <= set(NAMES)


def settings_of(service: str) -> dict[str, str]:
    """Its environment, with nothing set outside."""
    environment = SERVICES[service]["environment"]
    return {name: DEFAULT.sub(r"\2", value) for name, value in environment.items()}


@pytest.mark.parametrize("service", LONG_RUNNING)
def test_the_settings_can_be_used(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for line in fresh_secrets().splitlines():
        monkeypatch.setenv(*line.split("=", 1))
    for name, value in settings_of(service).items():
        monkeypatch.setenv(name, value)
    read_settings(Path("no such file"))


def test_the_api_is_asked_where_it_listens_for_what_it_answers(shop: OverHttp) -> None:
    api = SERVICES["api"]
    [published] = api["ports"]
    address, _, inside = published.rpartition(":")
    assert api["environment"]["PORT"] == inside
    assert instructions("EXPOSE") == [inside]
    assert address.startswith("127.0.0.1:")
    [url] = re.findall(r"http://[^']+", api["healthcheck"]["test"][-1])
    asked = urlsplit(url)
    assert (asked.hostname, str(asked.port), asked.path) == ("127.0.0.1", inside, "/health/ready")
    assert shop.nobody.get(asked.path).status_code == 200


@pytest.fixture
def shop() -> OverHttp:
    return OverHttp()


def test_devices_may_be_where_the_emulator_is_and_not_where_the_database_is() -> None:
    networks = {
        name: ip_network(network["ipam"]["config"][0]["subnet"])
        for name, network in COMPOSE["networks"].items()
    }
    assert SERVICES["database"]["networks"] == ["inside"]
    assert SERVICES["emulator"]["networks"] == ["scales"]
    for service in LONG_RUNNING:
        assert SERVICES[service]["networks"] == ["inside", "scales"]
        allowed = list(map(ip_network, settings_of(service)["DEVICE_NETWORKS"].split(",")))
        assert any(networks["scales"].subnet_of(each) for each in allowed)  # type: ignore[arg-type]  # all IPv4
        assert not any(networks["inside"].overlaps(each) for each in allowed)


def test_conversations_in_flight_have_time_to_finish(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for line in fresh_secrets().splitlines():
        monkeypatch.setenv(*line.split("=", 1))
    settings = read_settings(Path("no such file"))
    longest = settings.conversation_timeout + settings.device_busy_wait + GRACE
    for service in LONG_RUNNING:
        assert int(SERVICES[service]["stop_grace_period"].removesuffix("s")) > longest
        assert SERVICES[service]["restart"] == "unless-stopped"


@pytest.mark.parametrize("service", LONG_RUNNING)
def test_nothing_starts_before_secrets_and_database_are_there(service: str) -> None:
    assert SERVICES[service]["depends_on"] == {
        "secrets": {"condition": "service_completed_successfully"},
        "database": {"condition": "service_healthy"},
    }
    assert "healthcheck" in SERVICES["database"]


def test_volumes_and_networks_are_declared() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in COMPOSE["volumes"]
        assert set(service.get("networks", [])) <= set(COMPOSE["networks"])


def test_no_secret_is_in_the_files() -> None:
    written = (ROOT / "compose.yaml").read_text("utf-8") + DOCKERFILE
    for name in (*SECRETS, "POSTGRES_PASSWORD"):
        assert not re.search(rf"\b{name}\b\s*[:=]", written)


def test_images_of_others_are_pinned() -> None:
    bases = {line.split()[0] for line in instructions("FROM")}
    assert len(bases) == 1
    for image in (*bases, SERVICES["database"]["image"]):
        assert re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?(-[a-z]+)*", image)


def test_our_containers_can_do_little_to_the_machine() -> None:
    [user] = instructions("USER")
    assert int(user.split(":")[0]) > 0
    assert DOCKERFILE.rindex("\nUSER") > DOCKERFILE.rindex("\nRUN")
    assert set(SERVICES) == {*OURS, "database"}
    for name in OURS:
        assert SERVICES[name]["read_only"]
        assert SERVICES[name]["cap_drop"] == ["ALL"]
        assert ("settings:/var/lib/web-scales" in SERVICES[name].get("volumes", [])) == (
            name == "secrets"
        )


def test_the_command_gets_the_signals() -> None:
    [entry] = instructions("ENTRYPOINT")
    assert yaml.safe_load(entry) == ["web-scales"]


def copied() -> Iterator[str]:
    for line in instructions("COPY"):
        if not line.startswith("--from"):
            yield from line.split()[:-1]


def test_the_image_is_built_from_every_package_and_nothing_else_is_sent_there(
    project: configparser.ConfigParser,
) -> None:
    include = project["options.packages.find"]["include"].split()
    packages = {pattern.removesuffix("*") for pattern in include}
    assert {name for name in copied() if (ROOT / name).is_dir()} == packages
    first, *lines = [
        line
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert first == "*"
    sent = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert sent == set(copied())
    assert all((ROOT / name).exists() for name in sent)
    refused = [line for line in lines if not line.startswith("!")]
    assert any(fnmatch("domain/__pycache__", pattern) for pattern in refused)


def test_what_is_installed_is_locked_at_the_versions_that_are_tested(
    project: configparser.ConfigParser,
) -> None:
    installed, tested = pins("requirements-run.lock"), pins("requirements.lock")
    assert installed.items() <= tested.items()
    assert named(project["options"]["install_requires"]) <= installed.keys()
    extras = project["options.extras_require"]
    assert named(extras["build"]) <= installed.keys()
    assert not named(extras["dev"]) & installed.keys()
    text = (ROOT / "requirements-run.lock").read_text("ascii")
    assert len(re.findall(r"^\S+==[^\n]*\\\n    --hash=sha256:", text, re.MULTILINE)) == len(
        installed
    )


@pytest.mark.skipif(sys.platform == "win32", reason="a script of the containers' own shell")
class TestSecrets:
    """The script that makes them, run for real."""

    def make(self, folder: Path) -> None:
        service = SERVICES["secrets"]
        [script] = service["command"]
        assert set(service["environment"]) == {"PASSWORD_FILE"}
        subprocess.run(  # noqa: S603 - the project's own script
            [*service["entrypoint"], script.replace("$$", "$")],
            cwd=folder,
            env={
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "PASSWORD_FILE": str(folder / "password"),
            },
            check=True,
        )

    def test_they_are_made_once_and_fit_each_other(self, tmp_path: Path) -> None:
        self.make(tmp_path)
        made = {path.name: path.read_text("ascii") for path in tmp_path.iterdir()}
        assert set(made) == {".env", "password"}
        lines = dict(line.split("=", 1) for line in made[".env"].splitlines())
        assert lines.keys() == {*SECRETS, "DATABASE_URL"}
        database = urlsplit(lines["DATABASE_URL"])
        assert database.scheme == "postgresql"
        assert database.password == made["password"]
        assert len(made["password"]) > 40
        assert database.hostname in SERVICES
        assert database.username == SERVICES["database"]["environment"]["POSTGRES_USER"]
        assert database.path == f"/{SERVICES['database']['environment']['POSTGRES_DB']}"
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
        self.make(tmp_path)
        assert {path.name: path.read_text("ascii") for path in tmp_path.iterdir()} == made

    def test_a_start_that_was_cut_off_is_made_up_for(self, tmp_path: Path) -> None:
        (tmp_path / ".env.new").write_text("JWT_SEC")
        (tmp_path / "password").write_text("old")
        self.make(tmp_path)
        lines = (tmp_path / ".env").read_text("ascii").splitlines()
        assert [line.split("=")[0] for line in lines] == [*SECRETS, "DATABASE_URL"]
        assert (tmp_path / "password").read_text("ascii") in lines[2]

    def test_others_are_made_elsewhere(self, tmp_path: Path) -> None:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            self.make(tmp_path / name)
        one, two = ((tmp_path / name / "password").read_text() for name in ("one", "two"))
        assert one != two
