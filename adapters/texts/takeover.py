"""What is said of taking over the former service: what came, what did not, and why not."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from adapters.texts.failures import sentence
from adapters.texts.languages import Language
from adapters.texts.languages import translatable as _
from application.takeover.records import TakeoverReport
from domain.notices import Notice

PLACES: Final[Mapping[str, str]] = {
    "user": _("user {id}"),
    "device": _("device {id} “{name}”"),
    "nameless": _("device {id}"),
    "schedule": _("schedule of device {id} “{name}”"),
    "schedule_of_nameless": _("schedule of device {id}"),
    "schedule_of_unknown": _("schedule of device {id}"),
}
"""What a remark is about."""
OBSTACLES: Final[Mapping[str, str]] = {
    "bad_user_id": _(
        "There is a user with the id {value}, which is none from 1 to 2⁵³, or is there twice: "
        "delete it in the former service."
    ),
    "bad_device_id": _(
        "There is a device with the id {value}, which is none from 1 to 2⁵³, or is there twice: "
        "delete it in the former service."
    ),
    "no_email": _(
        "User {user} has no email address: give one in the former service, or delete this user "
        "there."
    ),
    "shared_email": _(
        "Users {first} and {second} have the same address, but for its case ({email}): here it can "
        "belong to one only. Change or delete one in the former service."
    ),
    "some_passwords_unreadable": _(
        "The passwords of some devices ({devices}) cannot be decrypted with the present {key}, "
        "while those of {readable} others can. Set these passwords again in the former service."
    ),
    "no_password_readable": _(
        "No device's password can be decrypted with the present {key} (devices {devices}). Set "
        "{key} to that of the former service: its settings hold it."
    ),
}
"""Why nothing was taken over."""
REMARKS: Final[Mapping[str, str]] = {
    "characters_replaced": _("{what} held characters that cannot be kept: each became “\ufffd”"),
    "not_true_or_false": _("{what} is neither true nor false: taken as false"),
    "not_an_instant": _("{what} is no point in time: left out"),
    "unknown_password_hash": _(
        "the hash of the password is of no known kind, so {email} cannot sign in: set a password "
        "with “web-scales users set-password”"
    ),
    "unknown_owner": _("its owner {owner} does not exist, so nobody could see it: left out"),
    "outside_networks": _(
        "its address {address} is outside {networks}: it cannot be reached until the setting lists "
        "its network, or it gets another address"
    ),
    "no_name": _("it had no name: it is called “{name}” now"),
    "name_taken": _("its owner has another device of this name: it is called “{name}” now"),
    "name_too_long": _(
        "its name is longer than {most} characters: it was kept, and has to be shortened when the "
        "device is changed"
    ),
    "description_too_long": _(
        "its description is longer than {most} characters: it was kept, and has to be shortened "
        "when the device is changed"
    ),
    "unknown_protocol": _("its protocol {protocol} is not spoken here: TCP stands in its place"),
    "no_password": _("it had no password: set one, for no scale talks without"),
    "odd_password": _(
        "its password is not 4 printable ASCII characters, and no scale has another one: set the "
        "right one"
    ),
    "no_host": _(
        "it has no address that can be used: “{instead}” stands in its place, set the right one"
    ),
    "no_port": _("its port {value} is none: {instead} stands in its place, set the right one"),
    "useless_products": _(
        "its cached products are of no use and were left out ({reason}): read them again"
    ),
    "lost_edits": _(
        "it was marked as edited, and no edits were found: look at its products in the former "
        "service"
    ),
    "unknown_device": _("there is no such device: left out"),
    "two_schedules": _("there were two: the later one was taken"),
    "switched_off": _("switched off, since the device's address or port had to be replaced"),
    "odd_interval": _("its interval {value} is none: {minutes} minutes stand in its place"),
    "unknown_last_status": _("how its last run ended is not known here: left out"),
}
"""What could not be taken as it was."""
UNREADABLE: Final[Mapping[str, str]] = {
    "unreadable": _("{file} cannot be read: {reason}."),
    "written_to": _(
        "{file} was written to while it was copied: stop the service that uses it, and try again."
    ),
    "foreign": _("{file} is no database of the former service: it lacks {missing}."),
}
"""Why its records cannot be read."""
VALUES: Final[Mapping[str, str]] = {
    "email": _("the address"),
    "password_hash": _("the hash of the password"),
    "name": _("its name"),
    "description": _("its description"),
    "host": _("its address"),
    "protocol": _("its protocol"),
    "last_error": _("its last error"),
    "last_run": _("its last run"),
    "dirty": _("whether it has edits"),
    "enabled": _("whether it is on"),
}
"""How a remark calls a value."""


class SettingNames(NamedTuple):
    """How whoever runs the service calls the settings that the texts mention."""

    key: str
    networks: str
    database: str


def place(language: Language, about: Notice) -> str:
    """What a remark is about, such as a device."""
    code = about.code
    if code in ("device", "schedule") and not about.facts["name"]:
        code = "nameless" if code == "device" else "schedule_of_nameless"
    return language.phrase(PLACES[code], **about.facts)


def remark(language: Language, what: Notice, names: SettingNames) -> str:
    """What could not be taken as it was, and what was done about it."""
    facts: dict[str, object] = {**what.facts, "networks": names.networks}
    if "what" in facts:
        facts["what"] = language.phrase(VALUES[str(facts["what"])])
    if "failure" in facts:
        facts["reason"] = sentence(language, str(facts["failure"]), what.facts).rstrip(".")
    return language.phrase(REMARKS[what.code], **facts)


def obstacle(language: Language, what: Notice, names: SettingNames) -> str:
    """Why nothing was taken over, and what to do about it."""
    facts: dict[str, object] = {**what.facts, "key": names.key}
    if isinstance(devices := facts.get("devices"), list):
        facts["devices"] = ", ".join(map(str, devices))
    return language.phrase(OBSTACLES[what.code], **facts)


def unreadable(language: Language, reason: Notice) -> str:
    """Why the records of the former service cannot be read."""
    facts: dict[str, object] = dict(reason.facts)
    if reason.code == "foreign":
        missing = cast("list[dict[str, Any]]", reason.facts["missing"])
        facts["missing"] = "; ".join(_missing(language, each) for each in missing)
    return language.phrase(UNREADABLE[reason.code], **facts)


def _missing(language: Language, what: Mapping[str, Any]) -> str:
    if not what["columns"]:
        return language.phrase("the table {table}", table=what["table"])
    return language.phrase(
        "{columns} in the table {table}", columns=", ".join(what["columns"]), table=what["table"]
    )


def report(language: Language, file: str, taken: TakeoverReport, names: SettingNames) -> list[str]:
    """What came, in lines."""
    lines = [
        language.phrase("Took over from {file}:", file=file),
        *(
            f"  {text}"
            for text in (
                language.plural(
                    "{number} user, who signs in with the password they have",
                    "{number} users, who sign in with the passwords they have",
                    taken.users,
                ),
                language.phrase("{devices} devices", devices=taken.devices),
                language.plural(
                    "{number} product file; each device is to be read before anything is sent to "
                    "it",
                    "{number} product files; each device is to be read before anything is sent to "
                    "it",
                    taken.files,
                ),
                language.plural(
                    "{number} schedule, {on} of them on and due at once",
                    "{number} schedules, {on} of them on and due at once",
                    taken.schedules,
                    on=taken.switched_on,
                ),
            )
        ),
    ]
    if taken.unsent:
        lines += [
            language.phrase(
                "These hold edits that were not sent; which ones, the next read of the device "
                "tells. Look through them then: what was changed at the scale itself in the "
                "meantime is among them. Discard what is wrong, and upload the rest:"
            ),
            *(f"  {place(language, device)}" for device in taken.unsent),
        ]
    if taken.remarks:
        lines += [
            language.phrase("Not taken as it was:"),
            *(
                f"  {place(language, each.about)}: {remark(language, each.what, names)}"
                for each in taken.remarks
            ),
        ]
    return lines


def refusal(language: Language, obstacles: Sequence[Notice], names: SettingNames) -> list[str]:
    """Why nothing was taken over, in lines."""
    return [
        language.phrase("Nothing was taken over:"),
        *(obstacle(language, each, names) for each in obstacles),
    ]


def not_empty(language: Language, users: int, names: SettingNames) -> str:
    """Why nothing is taken over into a database that is in use."""
    return language.plural(
        "The database is in use already ({number} user): the former service can be taken over into "
        "one that holds no users and no devices yet. Set {database} to such a one, or to one that "
        "does not exist yet.",
        "The database is in use already ({number} users): the former service can be taken over "
        "into one that holds no users and no devices yet. Set {database} to such a one, or to one "
        "that does not exist yet.",
        users,
        database=names.database,
    )
