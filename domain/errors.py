"""What can go wrong by the shop's own rules. Each text is shown to shop staff as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from typing import ClassVar, Final

from domain.json_value import Json


class Failure(Exception):  # noqa: N818 - the base of errors that all end so
    """What can go wrong and is foreseen.

    `code` names it for ever: it is stored with runs and batches, and programs go by it.
    """

    code: ClassVar[str]


UNFORESEEN: Final = "ServiceFailed"
"""The code of whatever nobody foresaw."""


def code_of(error: Exception) -> str:
    """The code by which a failure is remembered."""
    return error.code if isinstance(error, Failure) else UNFORESEEN


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one value: `code` names the kind, `facts` the bounds and names it is
    about. The sentence for people is made of both elsewhere."""

    code: str
    facts: Mapping[str, Json] = field(default_factory=dict)

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code}({facts})" if facts else self.code


class BadValueError(ValueError):
    """A value cannot be used; `fault` says why."""

    def __init__(self, code: str, **facts: Json) -> None:
        self.fault = Fault(code, facts)
        super().__init__(str(self.fault))


class ConversationError(Failure):
    """A conversation with a device did not come about, or did not come to its end."""


class DomainError(Failure):
    """Base of every rule that can be broken."""


class EmailTakenError(DomainError):
    """Another user has this address, compared without case."""

    code = "EmailTaken"

    def __init__(self) -> None:
        super().__init__("This email address is already registered.")


class UnknownUserError(DomainError):
    """No such user."""

    code = "UnknownUser"

    def __init__(self) -> None:
        super().__init__("There is no such user.")


class SignInRefusedError(DomainError):
    """Unknown address or wrong password; never tells which."""

    code = "SignInRefused"

    def __init__(self) -> None:
        super().__init__("The email address or the password is wrong.")


class UnknownDeviceError(DomainError):
    """No such device, or another owner's: the two cannot be told apart."""

    code = "UnknownDevice"

    def __init__(self) -> None:
        super().__init__("There is no such device.")


class UnknownDevicesError(UnknownDeviceError):
    """Several devices were named, and some do not exist or are another owner's."""

    code = "UnknownDevices"

    def __init__(self, ids: Sequence[int]) -> None:
        names = ", ".join(map(str, ids[:10])) + (", …" if len(ids) > 10 else "")
        DomainError.__init__(self, f"There is no such device: {names}. Nothing was begun.")


class UnknownBatchError(DomainError):
    """No such batch of runs, or another owner's, or it is remembered no more."""

    code = "UnknownBatch"

    def __init__(self) -> None:
        super().__init__("There is no such batch of runs, or it is remembered no more.")


class DeviceNameTakenError(DomainError):
    """The owner has another device of this name."""

    code = "DeviceNameTaken"

    def __init__(self, name: str) -> None:
        super().__init__(f"You already have a device named “{name}”.")


class PasswordNotTriedError(DomainError):
    """The device has refused this password before; trying it too often locks the device."""

    code = "PasswordNotTried"

    def __init__(self, refusals: int, wait: timedelta | None) -> None:
        times = "once" if refusals == 1 else f"{refusals} times"
        then = (
            "set the right password to try again"
            if wait is None
            else f"set the right password, or try again in {ceil(wait.total_seconds())} s"
        )
        super().__init__(
            f"The device has refused its password {times}, and locks itself when that goes on: "
            f"{then}."
        )


class EndpointRefusedError(PasswordNotTriedError):
    """So many passwords were refused at this address, whichever device they were of, that the
    scale there may lock itself."""

    code = "PasswordsNotTriedThere"

    def __init__(self, refusals: int, address: str) -> None:
        DomainError.__init__(
            self,
            f"The scale at {address} has refused {refusals} passwords since it last took one, and "
            "locks itself when that goes on: no password is tried there any more. Make sure of the "
            "password at the scale, then have whoever runs the service clear this with "
            f"“web-scales devices clear-refusals {address}”.",
        )


class UnknownEditError(DomainError):
    """No such pending edit."""

    code = "UnknownEdit"

    def __init__(self) -> None:
        super().__init__("There is no such edit: it was uploaded, replaced or discarded.")


class UnknownFileError(DomainError):
    """No such former product file, or it is kept no more."""

    code = "UnknownFile"

    def __init__(self) -> None:
        super().__init__("There is no such former product file, or it is kept no more.")


class TooManyEditsError(DomainError):
    """More edits would wait for a device than may."""

    code = "TooManyEdits"

    def __init__(self, edits: int, most: int) -> None:
        super().__init__(
            f"With this, {edits:,} edits would wait for this device, and {most:,} at most may. "
            "Nothing was changed. Upload the edits that wait, or discard some, then try again."
        )


class InvalidFieldsError(DomainError):
    """Values that cannot be kept: `errors` holds the faults by field."""

    code = "InvalidFields"

    def __init__(self, errors: Mapping[str, Sequence[Fault]]) -> None:
        self.errors = {field: list(faults) for field, faults in errors.items()}
        field, faults = next(iter(self.errors.items()))
        super().__init__(f"{field}: {faults[0]}")


class BadProductFileError(DomainError):
    """A JSON value that is not a product file."""

    code = "BadProductFile"


class FileTooLargeError(BadProductFileError):
    """A product file that holds more than any scale does: `what` says what it has too much of."""

    code = "FileTooLarge"

    def __init__(self, what: str) -> None:
        super().__init__(f"The product file is too large: {what} may be held.")


class NothingReadError(DomainError):
    """The device's products were never read, so there is nothing to edit or upload."""

    code = "NothingRead"

    def __init__(self) -> None:
        super().__init__("Nothing has been read from this device yet: read its products first.")


class UnknownProductError(DomainError):
    """No live product goes by this number."""

    code = "UnknownProduct"

    def __init__(self, number: int, because: str = "", *, kind: str = "PLU") -> None:
        super().__init__(f"There is no product with {kind} {number} on this device{because}.")


class AmbiguousProductError(DomainError):
    """Two products go by one number: the service does not guess which is meant."""

    code = "AmbiguousProduct"


class DeviceReplacedError(DomainError):
    """The device lacks more than half of the products last read from it.

    `dated` says the same where its labels were dated all the same, `read` where it was just read.
    """

    code = "DeviceReplaced"

    def __init__(self, missing: int, total: int) -> None:
        self.dated = (
            f"The device lacks {missing} of the {total} products last read from it: it seems to "
            "have been replaced or wiped. What it holds bears today's dates. Read its products to "
            "work with what it holds now, or upload the cached ones to restore what it held."
        )
        self.read = (
            f"The device lacked {missing} of the {total} products that were read from it before: "
            "it seems to have been replaced or wiped. The former products are kept among its "
            "former files."
        )
        super().__init__(
            f"The device lacks {missing} of the {total} products last read from it: it seems to "
            "have been replaced or wiped. Nothing was sent. Read its products to work with what "
            "it holds now, or upload with ?source=cache to restore what it held."
        )


class ClashingEditsError(DomainError):
    """Edits give a product a number that another has on the device by now."""

    code = "ClashingEdits"

    def __init__(self, edits: Sequence[int], products: str, shared: str) -> None:
        those, edits = "edit" if len(edits) == 1 else "edits", edits[:10]
        paths = " and ".join(f"DELETE /devices/…/products/edits/{version}" for version in edits)
        super().__init__(
            f"With {those} {' and '.join(map(str, edits))}, {products} would share the {shared}. "
            f"Nothing was sent. Discard the {those} ({paths}), or give the other product another "
            "number on the device."
        )


class AddressChangedError(DomainError):
    """Nobody has read what stands at the device's present address."""

    code = "AddressChanged"

    def __init__(self) -> None:
        super().__init__(
            "Nothing has been read yet at the present address of this device: read its products "
            "first, to see which device answers there."
        )


class CatalogueChangedError(DomainError):
    """The products changed since the version that the client named."""

    code = "CatalogueChanged"

    def __init__(self) -> None:
        super().__init__(
            "The products have changed since you last loaded them: load them again, then repeat "
            "the edit."
        )
