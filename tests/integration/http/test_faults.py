"""Values that cannot be used are named in the language of whoever sent them."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from marshmallow import Schema, fields

from domain.errors import Fault
from tests.harness.over_http import DEVICE, Answer, User, kind, problem

RUSSIAN = {"Accept-Language": "ru"}


def in_russian(anna: User, **wrong: object) -> Answer:
    return anna.post("/devices", json={**DEVICE, **wrong}, headers=RUSSIAN)


def test_they_are_named_in_russian(anna: User) -> None:
    answer = in_russian(anna, port=0, name="")
    assert kind(answer) == (422, "invalid-request")
    assert problem(answer)["errors"]["json"] == {
        "name": ["Длина должна быть от 1 до 120 символов."],
        "port": ["Введите число от 1 до 65535."],
    }
    assert problem(in_russian(anna, port=0))["detail"] == "Порт: Введите число от 1 до 65535."


@pytest.mark.parametrize(
    ("wrong", "detail"),
    [
        ({"name": None}, "Название: Укажите значение."),
        ({"name": 5}, "Название: Введите текст."),
        ({"description": "x" * 501}, "Описание: Введите не больше 500 символов."),
        ({"ip": "1.2.3"}, "Адрес: Введите адрес IPv4, адрес IPv6 или имя узла сети."),
        ({"protocol": "UDP"}, "Протокол: Выберите одно из значений: TCP."),
        ({"time_zone": "Mars"}, "Часовой пояс: Введите название часового пояса, например"),
        ({"password": "\0"}, "Пароль: Уберите символ с кодом 0."),
    ],
)
def test_each_field_is_called_as_people_call_it(
    anna: User, wrong: dict[str, object], detail: str
) -> None:
    assert problem(in_russian(anna, **wrong))["detail"].startswith(detail)


def test_a_value_of_a_product_is_named_in_russian(anna: User) -> None:
    body = {"all": True, "code": 50, "fields": {"price": -1, "sellByDate": "soon"}}
    errors = problem(anna.post("/edits", json=body, headers=RUSSIAN))["errors"]["json"]
    assert errors["price"][0].replace("\N{NO-BREAK SPACE}", " ") == (
        "Введите число от 0 до 999 999,99."
    )
    assert errors["sellByDate"] == [
        "Введите существующую дату в виде ДД-ММ-ГГ или оставьте поле пустым."
    ]


def test_no_request_is_answered_with_a_text_of_the_library(anna: User) -> None:
    checked = [
        (f"{type(schema).__name__}.{name}", field)
        for schema in schemas_of_requests(anna)
        for name, field in fields_of(schema)
    ]
    assert len(checked) > 40
    assert [
        f"{name}: {key}"
        for name, field in checked
        for key, message in field.error_messages.items()
        if key in SPOKEN and not isinstance(message, Fault)
    ] == []
    assert [
        f"{name}: {type(check).__name__}"
        for name, field in checked
        for check in field.validators
        if type(check).__module__.startswith("marshmallow")
    ] == []


SPOKEN: Final = {"required", "null", "invalid", "too_large", "invalid_utf8", "invalid_awareness"}
"""What the library says of values that are read."""


def fields_of(schema: Schema) -> Iterator[tuple[str, fields.Field[Any]]]:
    for name, field in schema.load_fields.items():
        yield name, field
        if isinstance(field, fields.List):
            yield f"{name}[]", field.inner


def schemas_of_requests(anna: User) -> Iterator[Schema]:
    """Those that operations read."""
    for view in anna.client.application.view_functions.values():
        for method in ("get", "post", "put", "patch", "delete"):
            operation = getattr(getattr(view, "view_class", None), method, None)
            documented = getattr(operation, "_apidoc", {}).get("arguments", {})
            for parameter in documented.get("parameters", ()):
                if isinstance(parameter.get("schema"), Schema):
                    yield parameter["schema"]
