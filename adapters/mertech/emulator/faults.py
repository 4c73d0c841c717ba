"""The faults of an emulated device.

On a command line and at the control port a fault is written as text: its name, then a colon and its
value: "never-ready", "late:6", "busy:3", "refuse-products:50,51".
"""

from dataclasses import dataclass
from enum import Enum
from typing import Self


class Takes(Enum):
    """What may stand after the colon."""

    NOTHING = "nothing"
    SECONDS = "seconds"
    TIMES = "times"
    CODES = "product codes"


class Fault(Enum):
    """One way to misbehave; `meaning` says what the device does."""

    meaning: str
    takes: Takes

    def __new__(cls, value: str, meaning: str, takes: Takes = Takes.NOTHING) -> Self:
        fault = object.__new__(cls)
        fault._value_ = value
        fault.__doc__ = fault.meaning = meaning
        fault.takes = takes
        return fault

    # The connection
    REFUSE_CONNECTIONS = (
        "refuse-connections",
        "Switched off: connecting is refused, who is connected is cut.",
    )
    SILENT = "silent", "Accepts connections, does nothing and never answers."
    SLOW = (
        "slow",
        "Answers one byte at a time, one a second (or as many seconds as said).",
        Takes.SECONDS,
    )
    LATE = "late", "Does each command at once and answers it 6 s (or as said) later.", Takes.SECONDS
    HUGE_FRAME = "huge-frame", "Each answer's frame claims 4 GiB; no more comes than the answer."

    # Every command
    WRONG_PASSWORD = "wrong-password", "Answers 122 to every password."
    BUSY = "busy", "Answers 199 to everything, for ever or as many times as said.", Takes.TIMES
    UNKNOWN_RESULT = "unknown-result", "Answers every command with result 85, which nobody knows."

    # Reading
    NEVER_READY = "never-ready", "The build of the product file never ends."
    HASH_NEVER_READY = "hash-never-ready", "Hashing never ends."
    HASH_ERROR = "hash-error", "Hash status answers an error (188)."
    HASH_MISMATCH = "hash-mismatch", "Announces an MD5 that is not that of the file."
    ENDLESS_PORTIONS = (
        "endless-portions",
        "The file starts over at its end; no portion is ever the last.",
    )
    RESET_IN_DOWNLOAD = (
        "reset-in-download",
        "Resets in the middle of the file, half-way through a reply.",
    )
    TRUNCATED_FILE = (
        "truncated-file",
        "Holds half of its product file; the MD5 is that of the half.",
    )
    BROKEN_UTF8 = "broken-utf8", "The product file holds bytes that are not UTF-8."
    NOT_JSON = "not-json", "The product file is not JSON."
    NAN = "nan", "The product file holds NaN as a price."
    LIST_FILE = "list-file", "The product file is a list, not an object."
    NO_PRODUCTS = "no-products", "The product file has no `products`."
    PRODUCTS_NULL = "products-null", "`products` in the product file is null."
    NESTED_FILE = "nested-file", "The product file is 100,000 nested brackets."
    HUGE_FILE = "huge-file", "The product file is right but 200 MB long (white space)."

    # Uploading
    DISK_FULL = "disk-full", "Answers 203 when an upload is announced."
    RESET_IN_UPLOAD = "reset-in-upload", "Resets in the middle of an upload and takes nothing."
    RESET_AFTER_LAST_PORTION = (
        "reset-after-last-portion",
        "Takes the whole upload in, and resets in place of answering its last portion.",
    )
    CHECK_NEVER_ENDS = (
        "check-never-ends",
        "The check of an upload never ends; it takes nothing meanwhile.",
    )
    UNKNOWN_CHECK_STATUS = (
        "unknown-check-status",
        "Takes uploads in; the check answers status 7, unknown to all.",
    )
    LOST_CHECK_REPLY = "lost-check-reply", "Takes an upload in, and resets in place of saying so."
    REFUSE_UPLOADS = "refuse-uploads", "Refuses every upload, with a reason that names no product."
    REFUSE_PRODUCTS = (
        "refuse-products",
        "Refuses uploads that hold one of these products, and names the first of them.",
        Takes.CODES,
    )
    REFUSE_TOGETHER = (
        "refuse-together",
        "Refuses uploads that hold all of these products; fewer of them pass.",
        Takes.CODES,
    )


@dataclass(frozen=True, slots=True)
class ActiveFault:
    """A fault that is switched on, with its value."""

    kind: Fault
    seconds: float | None = None
    times: int | None = None
    codes: frozenset[int] = frozenset()

    def __str__(self) -> str:
        """Returns the text that `parse_fault` reads."""
        value = ",".join(map(str, sorted(self.codes)))
        if self.seconds is not None:
            value = f"{self.seconds:g}"
        if self.times is not None:
            value = str(self.times)
        return f"{self.kind.value}:{value}" if value else self.kind.value


def parse_fault(text: str) -> ActiveFault:
    """Returns the fault written in the text. Raises ValueError that says what is wrong with it."""
    name, _, value = text.strip().partition(":")
    kind = next((fault for fault in Fault if fault.value == name), None)
    if kind is None:
        raise ValueError(f"no fault is called {name!r}")
    if kind.takes is Takes.CODES and not value:
        raise ValueError(f"{name} needs product codes: {name}:50,51")
    if not value:
        return ActiveFault(kind)
    try:
        match kind.takes:
            case Takes.SECONDS:
                return ActiveFault(kind, seconds=_positive(float(value)))
            case Takes.TIMES:
                return ActiveFault(kind, times=int(_positive(int(value))))
            case Takes.CODES:
                return ActiveFault(kind, codes=frozenset(map(int, value.split(","))))
            case Takes.NOTHING:
                pass
    except ValueError:
        raise ValueError(f"{name} takes {kind.takes.value}, not {value!r}") from None
    raise ValueError(f"{name} takes nothing after it")


def _positive(number: float) -> float:
    if not 0 < number < float("inf"):
        raise ValueError(number)
    return number
