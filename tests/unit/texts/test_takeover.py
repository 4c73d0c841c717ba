"""What is said of taking over the former service."""

import ast
import re
from pathlib import Path
from typing import Final

import pytest

from adapters.texts.languages import CODES, language
from adapters.texts.takeover import (
    OBSTACLES,
    PLACES,
    REMARKS,
    UNREADABLE,
    SettingNames,
    not_empty,
    obstacle,
    refusal,
    remark,
    report,
    unreadable,
)
from application.takeover.records import Remark, TakeoverReport
from domain.notices import Notice

ROOT: Final = Path(__file__).parents[3]
NAMES: Final = SettingNames("the key", "the networks", "the database")
RUSSIAN, ENGLISH = language("ru"), language("en")
DEVICE = Notice("device", {"id": 7, "name": "Прилавок"})


def test_every_code_has_a_text_and_every_text_its_code() -> None:
    named = set()
    for folder in ("application/takeover", "adapters/former_service"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and node.args:
                    called = getattr(node.func, "id", getattr(node.func, "attr", ""))
                    code = node.args[0]
                    telling = called in ("tell", "_refuse", "Notice", "FormerServiceError")
                    if telling and isinstance(code, ast.Constant):
                        named.add(code.value)
    named |= set(re.findall(r'^ +"(unknown_device)"', (ROOT / RECORDS).read_text(), re.M))
    told = {*OBSTACLES, *REMARKS, *UNREADABLE, *PLACES} - {"nameless", "schedule_of_nameless"}
    assert named == told


RECORDS: Final = "application/takeover/records.py"


def test_what_came_is_told_in_lines() -> None:
    taken = TakeoverReport(users=1, devices=2, files=2, schedules=5, switched_on=1, unsent=[DEVICE])
    taken.remarks.append(Remark(DEVICE, Notice("not_an_instant", {"what": "last_run"})))
    assert report(RUSSIAN, "shop.db", taken, NAMES) == [
        "Перенесено из shop.db:",
        "  1 пользователь, пароль прежний",
        "  весов: 2",
        "  2 файла товаров; прежде чем отправлять что-то на весы, прочитайте с них товары",
        "  5 расписаний, из них включено и сработает сразу: 1",
        "На этих весах есть неотправленные правки; какие именно, станет видно, когда товары "
        "прочитают с весов. Тогда просмотрите их: среди них будет и то, что за это время изменили "
        "на самих весах. Лишнее отмените, остальное отправьте на весы:",
        "  весы № 7 «Прилавок»",
        "Перенесено не как было:",
        "  весы № 7 «Прилавок»: последний сеанс связи: это не время, опущено",
    ]


def test_settings_are_called_as_whoever_runs_the_service_calls_them() -> None:
    key = Notice("no_password_readable", {"devices": [7, 9]})
    assert obstacle(ENGLISH, key, NAMES).startswith(
        "No device's password can be decrypted with the present the key (devices 7, 9)."
    )
    outside = Notice("outside_networks", {"address": "8.8.8.8"})
    assert "адрес 8.8.8.8 не входит в the networks" in remark(RUSSIAN, outside, NAMES)
    assert "(21 пользователь)" in not_empty(RUSSIAN, 21, NAMES)
    assert "the database" in not_empty(ENGLISH, 1, NAMES)


@pytest.mark.parametrize("code", CODES)
def test_why_nothing_was_taken_over(code: str) -> None:
    lines = refusal(language(code), [Notice("no_email", {"user": 8})], NAMES)
    assert len(lines) == 2
    assert "8" in lines[1]


def test_another_program_is_told_by_what_its_database_lacks() -> None:
    missing = [
        {"table": "users", "columns": []},
        {"table": "devices", "columns": ["ip", "port"]},
    ]
    reason = Notice("foreign", {"file": "x.db", "missing": missing})  # type: ignore[dict-item]
    assert unreadable(RUSSIAN, reason) == (
        "x.db — не база данных прежней службы: не хватает таблицы users; ip, port в таблице "
        "devices."
    )
