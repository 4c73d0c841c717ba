"""The OpenAPI document is valid and says everything there is to say."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from adapters.rest.devices.examples import DEVICE, FLEET, STATUS
from adapters.rest.http.problem_types import PROBLEM_TYPES
from adapters.rest.http.problems import CONTENT_TYPE
from adapters.rest.products.examples import CHANGED, DEVICE_EDIT, DIFFERENCES, EDIT, FORMER_FILE
from adapters.rest.renewal.examples import SCHEDULE
from adapters.rest.shared.examples import BATCH, BATCH_DEVICE, RUN
from application.products.bulk_editing import EditResult
from tests.harness.over_http import OverHttp, User, openapi_path
from tests.harness.products import muffin

PUBLIC = {"/auth/register", "/auth/login", "/health/live", "/health/ready"}


@pytest.fixture
def document(shop: OverHttp) -> dict[str, Any]:
    answer = shop.nobody.get("/openapi.json")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    document: dict[str, Any] = answer.json
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield path, method, operation


def examples(media: dict[str, Any]) -> list[Any]:
    single = [media["example"]] if "example" in media else []
    return single + [each["value"] for each in media.get("examples", {}).values()]


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document).validate()


def test_every_route_is_in_the_document(shop: OverHttp, document: dict[str, Any]) -> None:
    routes = {
        (openapi_path(rule.rule), method.lower())
        for rule in shop.app.url_map.iter_rules()
        if not rule.endpoint.startswith("docs.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, method, _ in operations(document)} == routes


def test_every_operation_has_a_name_and_is_described(document: dict[str, Any]) -> None:
    every = list(operations(document))
    for path, method, operation in every:
        assert operation["summary"], (path, method)
        assert operation["description"], (path, method)
        assert operation["tags"], (path, method)
    assert len({operation["operationId"] for _, _, operation in every}) == len(every)
    used = {tag for _, _, operation in every for tag in operation["tags"]}
    assert {tag["name"] for tag in document["tags"] if tag["description"]} == used


def test_every_body_has_examples_that_fit_its_schema(document: dict[str, Any]) -> None:
    seen = 0
    for path, method, operation in operations(document):
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for body in (*bodies, *operation["responses"].values()):
            for media in body.get("content", {}).values():
                assert examples(media), (path, method)
                schema = {**media["schema"], "components": document["components"]}
                for example in examples(media):
                    OAS31Validator(schema).validate(example)
                    seen += 1
    assert seen > 50


def test_every_error_is_a_problem(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            if int(status) >= HTTPStatus.BAD_REQUEST:
                media = response["content"]
                assert list(media) == [CONTENT_TYPE], (path, method, status)
                for example in examples(media[CONTENT_TYPE]):
                    assert example["status"] == int(status)


def test_problems_with_members_of_their_own_say_so(document: dict[str, Any]) -> None:
    upload = document["paths"]["/devices/{device_id}/upload"]["post"]["responses"]
    media = upload["502"]["content"][CONTENT_TYPE]
    assert {"$ref": "#/components/schemas/ProductsAtFaultProblem"} in media["schema"]["anyOf"]
    schema = document["components"]["schemas"]["ProductsAtFaultProblem"]
    validator = OAS31Validator({**schema, "components": document["components"]})
    validator.validate(media["examples"]["products-at-fault"]["value"])
    assert not validator.is_valid(media["examples"]["device-refused"]["value"])


def test_what_can_be_put_off_says_how_to_ask_for_it(document: dict[str, Any]) -> None:
    put_off = {
        (method, path): operation["responses"]["202"]
        for path, method, operation in operations(document)
        if any(each["name"] == "Prefer" for each in operation.get("parameters", ()))
    }
    assert set(put_off) == {
        ("get", "/devices/{device_id}/products"),
        ("post", "/devices/{device_id}/upload"),
    }
    for response in put_off.values():
        assert set(response["headers"]) == {"Location", "Preference-Applied", "X-Request-ID"}
    assert len(document["paths"]["/devices/{device_id}/upload"]["post"]["parameters"]) == 3


def test_every_accepted_answer_says_where_to_look(document: dict[str, Any]) -> None:
    accepted = [
        operation["responses"]["202"]["headers"]
        for _, _, operation in operations(document)
        if "202" in operation["responses"]
    ]
    assert len(accepted) == 4
    assert all(headers["Location"]["required"] for headers in accepted)


def test_a_batch_is_of_some_devices_or_of_all(document: dict[str, Any]) -> None:
    body = document["paths"]["/runs"]["post"]["requestBody"]["content"]["application/json"]
    validator = OAS31Validator({**body["schema"], "components": document["components"]})
    for which, fits in (
        ({"device_ids": [1]}, True),
        ({"all": True}, True),
        ({}, False),
        ({"device_ids": [1], "all": True}, False),
        ({"all": False}, False),
        ({"device_ids": []}, False),
        ({"device_ids": ["1"]}, False),
    ):
        assert validator.is_valid({"kind": "read", **which}) is fits, which


def test_operations_want_a_token_or_say_that_they_do_not(document: dict[str, Any]) -> None:
    assert document["security"] == [{"SignIn": []}]
    for path, _, operation in operations(document):
        assert (operation.get("security") == []) == (path in PUBLIC)
        assert ("401" in operation["responses"]) == (path not in PUBLIC - {"/auth/login"})


def test_signing_in_works_from_the_document(shop: OverHttp, document: dict[str, Any]) -> None:
    scheme = document["components"]["securitySchemes"]["SignIn"]
    assert scheme["type"] == "oauth2"
    token_url = scheme["flows"]["password"]["tokenUrl"]
    assert shop.nobody.post(f"/{token_url}", data={}).status_code == 422


def test_the_first_thing_to_read_is_short_and_leads_to_the_problems(
    shop: OverHttp, document: dict[str, Any]
) -> None:
    description = document["info"]["description"]
    assert len(description.splitlines()) <= 8
    assert "(problems)" in description
    listed = shop.nobody.get("/problems").text
    for kind in PROBLEM_TYPES.values():
        assert f'href="problems/{kind.name}"' in listed


def test_every_kind_of_problem_but_those_of_the_router_is_some_operations_answer(
    document: dict[str, Any],
) -> None:
    shown = {
        example["type"]
        for _, _, operation in operations(document)
        for status, response in operation["responses"].items()
        if int(status) >= HTTPStatus.BAD_REQUEST
        for example in examples(response["content"][CONTENT_TYPE])
    }
    every = {kind.type for kind in PROBLEM_TYPES.values()}
    by_router = {"/problems/unknown-path", "/problems/method-not-allowed"}
    # One device's, within the answer for many.
    assert every - shown == by_router | {"/problems/not-tried"}


def test_the_members_shown_are_the_members_documented(
    shop: OverHttp, anna: User, document: dict[str, Any]
) -> None:
    schemas = document["components"]["schemas"]
    device = shop.plug_in()
    anna.add_device()
    anna.get("/devices/1/products")
    device.document = {"products": [muffin(price=5)]}
    anna.get("/devices/1/products")
    anna.patch("/devices/1/products/607", json={"fields": {"price": 1}})
    everywhere = {"all": True, "code": 50, "fields": {"price": 2}}
    edited = anna.post("/edits", json=everywhere).json
    status = anna.get("/devices/1/status").json
    batch = anna.get("/devices/1/products", headers={"Prefer": "respond-async"}).json
    for shown, name, example in (
        (anna.get("/devices/1").json, "Device", DEVICE),
        (anna.get("/devices/1/auto-update").json, "AutoUpdate", SCHEDULE),
        (anna.get("/fleet").json, "Fleet", FLEET),
        (anna.get("/fleet").json["states"], "States", FLEET["states"]),
        (anna.get("/devices/1/products/edits").json["edits"][0], "Edit", EDIT),
        (edited["devices"][0], "DeviceEdit", DEVICE_EDIT),
        (edited["devices"][0]["changed"][0], "EditedField", CHANGED),
        (edited["counts"], "EditCounts", dict.fromkeys(EditResult, 0)),
        (anna.get("/devices/1/files").json["files"][0], "FormerFile", FORMER_FILE),
        (anna.get("/devices/1/files/1/diff").json["changes"][0], "Difference", DIFFERENCES[0]),
        (anna.get("/devices/1/runs").json["runs"][0], "Run", RUN),
        (status, "Status", STATUS),
        (batch, "Batch", BATCH),
        (batch["counts"], "StateCounts", BATCH["counts"]),
        (batch["devices"][0], "BatchDevice", BATCH_DEVICE),
        (status["versions"], "Versions", STATUS["versions"]),
    ):
        assert isinstance(example, dict)
        assert shown.keys() == schemas[name]["properties"].keys() == example.keys()
        assert set(schemas[name]["required"]) == shown.keys()
