"""Strict reading of what clients send: a value that would cause trouble later is refused by
name."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NoReturn, cast
from urllib.parse import parse_qsl

from flask import Request
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType

from adapters.json_text import NotJsonError, loads
from adapters.rest.http.faults import LARGEST
from adapters.rest.http.problem_types import WHOLE, InvalidRequestError, MalformedBodyError
from domain.errors import Fault
from domain.json_value import Json

MAX_DEPTH: Final = 32
LONGEST_QUERY: Final = 8192
"""Bytes."""
MAX_NAME: Final = 100
"""Characters of an unknown name that an answer repeats."""


class StrictParser(FlaskParser):
    """Reads JSON objects, forms and queries into schemas.

    Raises UnsupportedMediaType, MalformedBodyError and InvalidRequestError.
    """

    def load_json(self, req: Request, schema: Schema) -> dict[str, Json] | list[Json]:
        """Returns the body as a JSON object, or as a list where the schema is for many. Its content
        type may be missing."""
        if req.mimetype and not req.is_json:
            raise UnsupportedMediaType("application/json")
        value = _read(req.get_data())
        if schema.many:
            if not isinstance(value, list):
                raise InvalidRequestError({"json": {WHOLE: [Fault("body_not_a_list")]}})
        elif not isinstance(value, dict):
            raise InvalidRequestError({"json": {WHOLE: [Fault("body_not_an_object")]}})
        _refuse_faults("json", value)
        return value

    def load_form(self, req: Request, schema: Schema) -> dict[str, str]:
        """Returns the body as a form, with the first value of a repeated field."""
        if req.mimetype != "application/x-www-form-urlencoded" and _has_body(req):
            raise UnsupportedMediaType("application/x-www-form-urlencoded")
        form = req.form.to_dict()
        _refuse_faults("form", form)
        return form

    def load_querystring(self, req: Request, schema: Schema) -> dict[str, str]:
        """Returns the query, with the first value of a repeated name. It may be of any bytes."""
        if len(req.query_string) > LONGEST_QUERY:
            too_long = Fault("query_too_long", {"most": LONGEST_QUERY})
            raise InvalidRequestError({"query": {WHOLE: [too_long]}})
        query = req.query_string.decode(errors="replace")
        named = dict(reversed(parse_qsl(query, keep_blank_values=True)))
        _refuse_faults("query", named)
        return named

    def handle_error(
        self,
        error: ValidationError,
        req: Request,
        schema: Schema,
        *,
        error_status_code: int | None,
        error_headers: Mapping[str, str] | None,
    ) -> NoReturn:
        """Raises InvalidRequestError for values that do not fit the schema."""
        messages = cast("dict[str, dict[str | int, Any]]", error.messages)
        raise InvalidRequestError(
            {location: _by_field(fields) for location, fields in messages.items()}
        ) from None


def _by_field(fields: Mapping[str | int, Any]) -> dict[str, list[Fault]]:
    """What is wrong with each field; of a body that is a list, with the first member that will
    not do."""
    named = {field: faults for field, faults in fields.items() if isinstance(field, str)}
    if named or not fields:
        return {field: _flat(faults) for field, faults in named.items()}
    place = min(fields, key=int)
    wrong = _by_field(fields[place])
    return {
        WHOLE: [
            _in_list(int(place), None if field == WHOLE else field, fault)
            for field, faults in wrong.items()
            for fault in faults
        ]
    }


def _flat(faults: list[Fault] | dict[int, list[Fault]]) -> list[Fault]:
    """What is wrong with a field; of a list, with the first of its members that will not do."""
    if isinstance(faults, list):
        return faults
    position, of_member = next(iter(faults.items()))
    return [_in_list(position, None, fault) for fault in of_member]


def _in_list(position: int, field: str | None, fault: Fault) -> Fault:
    """The fault of a member of a list, or of a field of that member."""
    facts = dict(fault.facts)
    return Fault(
        "in_list", {"number": position + 1, "field": field, "code": fault.code, "facts": facts}
    )


def _has_body(req: Request) -> bool:
    """Whether the request has a body, whose type can be right or wrong."""
    return bool(req.mimetype or req.get_data())


def _read(body: bytes) -> Json:
    try:
        return loads(body) if body else None
    except NotJsonError as error:
        return _beyond_json(body, error)


def _beyond_json(body: bytes, error: NotJsonError) -> Json:
    """Returns JSON as the standard library reads it: also NaN, Infinity, numbers that are too
    large, and lone surrogates, so that the field that holds one can be named."""
    try:
        value: Json = json.loads(body.decode(), parse_int=_bounded)
    except (ValueError, RecursionError):
        raise MalformedBodyError(str(error)) from None
    return value


def _bounded(digits: str) -> int:
    """Returns the number; for thousands of digits, which Python does not read, one that is too
    large."""
    return int(digits) if len(digits) <= len(str(-LARGEST)) else LARGEST + 1


def _refuse_faults(location: str, value: Mapping[str, Json] | Sequence[Json]) -> None:
    for path, fault in _faults(value, ()):
        # Clients know a product's fields by their own names.
        named = path[1:] if path[:1] == ("fields",) and len(path) > 1 else path
        field = ".".join(named[:2])[:MAX_NAME] if path else WHOLE
        raise InvalidRequestError({location: {field: [fault]}})


def _faults(
    value: Mapping[str, Json] | Sequence[Json], path: tuple[str, ...], depth: int = 1
) -> Iterator[tuple[tuple[str, ...], Fault]]:
    """Yields where there are values that cannot be stored, and why."""
    if depth > MAX_DEPTH:
        yield path, Fault("nested_too_deep", {"most": MAX_DEPTH})
        return
    members = value.items() if isinstance(value, Mapping) else (("", each) for each in value)
    for name, member in members:
        if fault := _fault_of(name):
            readable = name.replace("\0", "").encode("utf-8", "replace").decode()
            yield (*path, readable), Fault("in_name", {"code": fault.code, "facts": {}})
        where = (*path, name) if name or isinstance(value, Mapping) else path
        if isinstance(member, dict | list):
            yield from _faults(member, where, depth + 1)
        elif fault := _fault_of(member):
            yield where, fault


def _fault_of(value: str | int | float | bool | None) -> Fault | None:
    if isinstance(value, str):
        if "\0" in value:
            return Fault("holds_nul")
        try:
            value.encode()
        except UnicodeEncodeError:
            return Fault("lone_surrogates")
    if isinstance(value, float) and not math.isfinite(value):
        return Fault("not_finite")
    if isinstance(value, int) and not -LARGEST - 1 <= value <= LARGEST:
        return Fault("beyond_64_bits")
    return None
