"""Every failure, whatever raised it, is answered in one format."""

import logging
from datetime import timedelta
from http import HTTPStatus
from importlib import import_module
from pkgutil import walk_packages

import pytest
from flask import abort

import application
import domain
from adapters.json_text import dumps
from adapters.mertech.emulator.faults import Fault
from adapters.rest.http.problem_types import PROBLEM_TYPES
from application.conversations.lease_keeper import LEASE
from domain.devices.device import DeviceId
from domain.errors import Failure
from tests.fakes.storage import InMemoryStorage
from tests.harness.over_http import DEVICE, OverHttp, User, kind, problem
from tests.harness.work import all_taken

LIVE = "/devices/1/products"


@pytest.mark.parametrize(
    ("fault", "status", "name"),
    [
        (Fault.REFUSE_CONNECTIONS, 503, "device-unreachable"),
        (Fault.RESET_IN_DOWNLOAD, 503, "device-unreachable"),
        (Fault.BUSY, 503, "device-busy"),
        (Fault.SILENT, 504, "device-timed-out"),
        (Fault.NEVER_READY, 504, "device-timed-out"),
        (Fault.WRONG_PASSWORD, 502, "device-wrong-password"),
        (Fault.NOT_JSON, 502, "device-nonsense"),
        (Fault.LIST_FILE, 502, "device-nonsense"),
    ],
)
def test_failures_of_a_device(
    shop: OverHttp, anna: User, fault: Fault, status: int, name: str
) -> None:
    device = shop.plug_in()
    anna.add_device()
    anna.get(LIVE)
    device.fault = fault
    answer = anna.get(LIVE)
    assert kind(answer) == (status, name)
    assert ("Retry-After" in answer.headers) == (status == 503)


@pytest.mark.parametrize("fault", [Fault.REFUSE_CONNECTIONS, Fault.SILENT])
def test_of_what_never_answered_as_a_device_nobody_learns_more_than_that(
    shop: OverHttp, anna: User, fault: Fault
) -> None:
    shop.plug_in().fault = fault
    anna.add_device()
    answer = anna.get(LIVE)
    assert kind(answer) == (503, "device-unreachable")
    assert problem(answer)["detail"] == "The scale cannot be reached."
    assert answer.headers["Retry-After"] == "30"


def test_a_device_that_somebody_else_talks_to_is_busy(shop: OverHttp, anna: User) -> None:
    device = shop.plug_in()
    anna.add_device()
    meanwhile: list[tuple[int, str]] = []
    device.during = lambda stage: meanwhile.append(kind(anna.get(LIVE)))
    assert anna.get(LIVE).status_code == 200
    assert meanwhile == [(503, "device-busy")]


def test_a_refused_password_is_answered_from_memory(shop: OverHttp, anna: User) -> None:
    device = shop.plug_in()
    device.fault = Fault.WRONG_PASSWORD
    anna.add_device()
    assert kind(anna.get(LIVE)) == (502, "device-wrong-password")
    for again in (anna.get(LIVE), anna.get(LIVE)):
        assert kind(again) == (502, "device-password-not-tried")
        assert "right password" in problem(again)["remedy"]
        assert problem(again)["links"] == {"change": "/devices/1"}
    assert device.counts["wrong passwords"] == 1


@pytest.mark.parametrize(
    ("method", "path"), [("GET", LIVE), ("POST", "/devices/1/upload"), ("GET", "/devices/1/status")]
)
def test_requests_beyond_the_bulkhead_are_turned_away(
    shop: OverHttp, anna: User, method: str, path: str
) -> None:
    shop.plug_in()
    anna.add_device()
    anna.get(LIVE)
    with all_taken(shop.cases.products.read.conversations.places):
        answer = anna.ask(method, path)
    assert kind(answer) == (503, "too-many-conversations")
    assert answer.headers["Retry-After"]
    assert anna.get("/devices/1/products/cached").status_code == 200


def test_a_device_that_was_deleted_meanwhile_is_unknown(shop: OverHttp, anna: User) -> None:
    device = shop.plug_in()
    anna.add_device()
    gone: list[int] = []
    device.during = lambda stage: gone.append(anna.delete("/devices/1").status_code)
    assert kind(anna.get(LIVE)) == (404, "unknown-device")
    assert gone == [204]


def test_a_process_that_was_held_up_answers_503(shop: OverHttp, anna: User) -> None:
    device = shop.plug_in()
    anna.add_device()

    def frozen(stage: str) -> None:
        shop.clock.sleep(40)
        with shop.storage.transaction() as tx:
            tx.leases.take(DeviceId(1), LEASE)

    device.during = frozen
    answer = anna.get(LIVE)
    assert kind(answer) == (503, "conversation-dropped")
    assert answer.headers["Retry-After"]


def test_a_password_kept_with_another_key_must_be_set_again(shop: OverHttp, anna: User) -> None:
    shop.plug_in()
    anna.add_device()
    shop.cipher._key = "another"
    answer = anna.get(LIVE)
    assert kind(answer) == (409, "stored-password-unreadable")
    assert problem(answer)["remedy"] == "Enter the password of the scale again."
    assert problem(answer)["links"] == {"change": "/devices/1"}


def test_an_unknown_path(shop: OverHttp) -> None:
    answer = shop.nobody.get("/nowhere/ä b")
    assert kind(answer) == (404, "unknown-path")
    assert problem(answer)["instance"] == "/nowhere/%C3%A4%20b"


@pytest.mark.parametrize("path", ["/devices//", "/Devices/", "/nowhere/", "/devices/x"])
def test_paths_are_what_they_are(anna: User, path: str) -> None:
    assert anna.get("/", environ_overrides={"PATH_INFO": path}).status_code == 404


def test_another_method_than_a_path_knows(shop: OverHttp) -> None:
    answer = shop.nobody.delete("/devices")
    assert kind(answer) == (405, "method-not-allowed")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_a_body_of_another_type(anna: User) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        answer = anna.post("/devices", data=dumps(dict(DEVICE)), content_type=content_type)
        assert kind(answer) == (415, "unsupported-media-type")


def test_any_kind_of_json_is_json(anna: User) -> None:
    for number, content_type in enumerate(
        ("application/json; charset=utf-8", "application/merge-patch+json", "APPLICATION/JSON")
    ):
        body = dumps({**DEVICE, "name": str(number)})
        assert anna.post("/devices", data=body, content_type=content_type).status_code == 201


def test_a_body_that_is_too_large(anna: User) -> None:
    within, beyond = ("x" * (2**20 - 200), "x" * 2**20)
    assert anna.post("/devices", json={**DEVICE, "note": within}).status_code == 201
    answer = anna.post("/devices", json={**DEVICE, "name": "b", "note": beyond})
    assert kind(answer) == (413, "body-too-large")


def test_a_form_that_is_too_large(anna: User) -> None:
    form = {"username": "anna@example.org", "password": "x" * 2**20}
    assert kind(anna.post("/auth/login", data=form)) == (413, "body-too-large")


def test_a_crash_tells_nothing_and_is_logged_under_its_id(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shop = OverHttp(own_app=True)

    @shop.app.get("/crash")
    def crash() -> str:
        raise RuntimeError("the database password is hunter2")

    with caplog.at_level(logging.ERROR):
        answer = shop.sign_in("anna@example.org").get("/crash", headers={"X-Request-ID": "7-up"})
    assert kind(answer) == (500, "internal-error")
    assert "hunter2" not in answer.text
    assert answer.headers["X-Request-ID"] == "7-up"
    (record,) = caplog.records
    assert record.exc_info is not None
    assert "hunter2" in str(record.exc_info[1])


@pytest.mark.parametrize("status", [400, 406, 408, 411, 418, 428, 429, 501])
def test_other_errors_of_http_itself(status: int) -> None:
    shop = OverHttp(own_app=True)

    @shop.app.get("/odd")
    def odd() -> str:
        abort(status)

    answer = shop.sign_in("anna@example.org").get("/odd")
    assert answer.status_code == status
    assert problem(answer)["type"] == "about:blank"
    assert problem(answer)["title"] == HTTPStatus(status).phrase


def test_a_service_without_its_database_is_not_ready(shop: OverHttp) -> None:
    assert isinstance(shop.storage, InMemoryStorage)
    shop.storage.ready = False
    answer = shop.nobody.get("/health/ready")
    assert kind(answer) == (503, "not-ready")
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize(("ahead", "status"), [(0, "ok"), (60, "ok"), (-75, "degraded")])
def test_a_machine_with_a_wrong_clock_says_so(shop: OverHttp, ahead: int, status: str) -> None:
    shop.clock.run_ahead(timedelta(seconds=ahead))
    answer = shop.nobody.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json == {"status": status, "clock_ahead_seconds": ahead}


def test_every_error_of_the_core_has_its_place_in_the_table() -> None:
    foreseen = {
        each
        for package in (domain, application)
        for name in walk_packages(package.__path__, f"{package.__name__}.")
        for each in vars(import_module(name.name)).values()
        if isinstance(each, type) and issubclass(each, Failure)
    }
    assert {each.__name__ for each in foreseen if not set(each.__mro__) & set(PROBLEM_TYPES)} == {
        "BadProductFileError",
        "CannotMoveInError",
        "ClockWrongError",
        "ConversationError",
        "DomainError",
        "Failure",
        "FormerServiceError",
        "NotEmptyError",
        "ReadOnlyError",
        "ScalesError",
        "UnknownUserError",
        "UnreadableSecretError",
    }


def test_no_two_kinds_share_a_name() -> None:
    kinds = set(PROBLEM_TYPES.values())
    assert len({each.name for each in kinds}) == len(kinds)


def test_a_problem_is_told_in_the_language_that_the_client_prefers(anna: User) -> None:
    answer = anna.get("/devices/99", headers={"Accept-Language": "de, ru-RU;q=0.9, en;q=0.1"})
    told = answer.get_json(force=True)
    assert (answer.headers["Content-Language"], answer.headers["Vary"]) == ("ru", "Accept-Language")
    assert (told["code"], told["detail"]) == ("UnknownDevice", "Таких весов нет.")
    assert told["remedy"] == "Найдите их в списке своих весов."
    assert told["links"] == {"devices": "/devices"}
