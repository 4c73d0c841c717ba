"""What is wrong with a value, told in a sentence; and how fields are called in it."""

from collections.abc import Mapping
from typing import Final, cast

from adapters.texts.languages import Language
from adapters.texts.languages import translatable as _
from adapters.texts.languages import translatable_plural as plural
from adapters.texts.products import product_label
from domain.errors import Fault
from domain.json_value import Json

FAULTS: Final[Mapping[str, str]] = {
    "required": _("Is missing."),
    "null": _("Must not be null."),
    "empty": _("Must not be empty."),
    "not_a_text": _("Must be a text."),
    "not_utf8": _("Must be valid Unicode."),
    "not_a_number": _("Must be a number."),
    "not_whole": _("Must be a whole number."),
    "not_true_or_false": _("Must be true or false."),
    "not_a_list": _("Must be a list."),
    "not_an_object": _("Must be an object with named members."),
    "not_a_date": _("Must be a real date written DD-MM-YY, or empty."),
    "not_an_instant": _(
        "Must be an instant in ISO 8601 with a zone, such as 2026-11-23T00:00:00Z."
    ),
    "not_a_host": _("Must be an IPv4 address, an IPv6 address or a host name."),
    "not_an_email": _("Must be an email address."),
    "not_a_device_password": _("Must be exactly 4 printable ASCII characters."),
    "not_a_time_zone": _("Must be the IANA name of a time zone, such as Europe/Moscow."),
    "not_times_of_day": _(
        'Must be a list of at most {most} times of day, such as ["06:00", "18:30"].'
    ),
    "not_one_of": _("Must be one of: {choices}."),
    "not_a_former_file": _("Must be current or the number of a former file."),
    "out_of_range": _("Must be from {lowest} to {highest}."),
    "too_small": _("Must be at least {lowest}."),
    "too_many_digits": _("Must be a number of at most {most} digits."),
    "too_many_decimals": _("Must have at most {most} decimals."),
    "length_out_of_range": _("Must have from {lowest} to {highest} characters."),
    "items_out_of_range": _("Must have from {lowest} to {highest} members."),
    "too_many_items": _("Must have at most {most} members, and has {number}."),
    "too_many_fields": _("Must be at most {most} fields."),
    "too_many_bytes": _("Must be at most {most} bytes for many scales."),
    "control_characters": _("Must have no control characters but line breaks."),
    "holds_nul": _("Must not contain the character NUL."),
    "lone_surrogates": _("Must be valid Unicode, without lone surrogates."),
    "not_finite": _("Must be a finite number."),
    "beyond_64_bits": _("Must be an integer of at most 64 bits."),
    "nested_too_deep": _("Must not be nested more than {most} levels deep."),
    "query_too_long": _("Must not be longer than {most} bytes."),
    "body_not_a_list": _("The body must be a JSON list."),
    "body_not_an_object": _("The body must be a JSON object."),
    "not_together": _("Must not be given together with {other}."),
    "only_of_an_upload": _("Only an upload has one."),
    "which_devices": _("Is missing: give device_ids, or all: true."),
    "which_product": _("Is missing: give the code or the plu of the product."),
    "which_exception": _("Give exactly one of code, plu and category."),
    "true_or_absent": _("Must be true, or absent."),
    "keep_not_true": _("Must be true: what is listed keeps its dates."),
    "code_named_twice": _("Numbers {first} and {second} both name the code {number}."),
    "plu_named_twice": _("Numbers {first} and {second} both name the PLU {number}."),
    "category_named_twice": _("Numbers {first} and {second} both name the category {number}."),
    "identity": _("Identifies this product and cannot be changed."),
    "number_taken": _("{product} goes by the number {number} already."),
    "no_message": _("There is no message {number} on this scale."),
    "no_category": _("There is no category {number} on this scale."),
    "other_shelf_life": _("Must equal shelfLife while shelfLifeType is DAYS."),
    "other_days_of_hours": _(
        "Must be {days}, the whole days of shelfLife, while shelfLifeType is HOURS."
    ),
    "too_many_hours": _("Must make a shelf life of at most {most} hours."),
    "network_not_allowed": _(
        "The service may not connect to scales at {address}. Whoever runs the service can allow it."
    ),
}
"""By code. A fact stands where its name is in braces."""
COUNTED: Final[Mapping[str, tuple[str, str]]] = {
    "too_short": plural(
        "Must have at least {number} character.", "Must have at least {number} characters."
    ),
    "too_long": plural(
        "Must have at most {number} character.", "Must have at most {number} characters."
    ),
}
"""Those that are worded by the number which is their bound, by code."""
BOUNDS: Final = ("least", "most")
NAMES: Final = frozenset(
    {
        # of products
        _("code"),
        _("plu"),
        _("pluNumber"),
        _("name"),
        _("price"),
        _("discountPrice"),
        _("shelfLife"),
        _("shelfLifeInDays"),
        _("shelfLifeType"),
        _("productType"),
        _("manufactureDate"),
        _("sellByDate"),
        _("tare"),
        _("pieceWeight"),
        _("minWeight"),
        _("maxWeight"),
        _("message"),
        _("category"),
        _("buttonNumber"),
        _("wrappingType"),
        _("deleted"),
        # of scales, users, schedules and jobs
        _("description"),
        _("ip"),
        _("port"),
        _("protocol"),
        _("password"),
        _("time_zone"),
        _("email"),
        _("username"),
        _("enabled"),
        _("interval_minutes"),
        _("daily_at"),
        _("dates"),
        _("device_ids"),
        _("kind"),
        _("list"),
        _("note"),
    }
)
"""Fields that are called otherwise in other languages than the one their names are made of."""


def sentence(language: Language, fault: Fault) -> str:
    """What is wrong, for people to read."""
    if fault.code == "in_list":
        return language.phrase(
            "Number {number} of the list: {reason}",
            number=fault.facts["number"],
            reason=about(language, cast("str | None", fault.facts["field"]), _within(fault)),
        )
    if fault.code == "in_name":
        return language.phrase("The name: {reason}", reason=sentence(language, _within(fault)))
    if fault.code in COUNTED:
        bound = next(fault.facts[name] for name in BOUNDS if name in fault.facts)
        return language.plural(*COUNTED[fault.code], cast("int", bound))
    facts = {name: _written(language, value) for name, value in fault.facts.items()}
    return language.phrase(FAULTS[fault.code], **facts)


def about(language: Language, field: str | None, fault: Fault) -> str:
    """The same, with the field that it is about, unless it is about the whole."""
    reason = sentence(language, fault)
    if field is None:
        return reason
    return language.phrase("{field}: {reason}", field=name_of(language, field), reason=reason)


def name_of(language: Language, field: str) -> str:
    """How people call a field."""
    return language.phrase(field) if field in NAMES else field


def _within(fault: Fault) -> Fault:
    """The fault of a part of the value."""
    facts = cast("Mapping[str, Json]", fault.facts["facts"])
    return Fault(cast("str", fault.facts["code"]), facts)


def _written(language: Language, value: Json) -> object:
    if isinstance(value, dict):
        return product_label(language, value)
    return ", ".join(map(str, value)) if isinstance(value, list) else value
