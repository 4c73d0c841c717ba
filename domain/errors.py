"""What can go wrong, as codes and facts: the sentences are made of both elsewhere, by language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from typing import ClassVar, Final, Literal, Self

from domain.json_value import Json


class Failure(Exception):  # noqa: N818 - the base of errors that all end so
    """What can go wrong and is foreseen.

    `code` names it for ever: it is stored with runs and batches, and programs go by it. `facts`
    are names, numbers, addresses and what a device said of it, as JSON values; several reasons
    under one code are told apart by the fact `problem`.
    """

    code: ClassVar[str]

    def __init__(self, text: str = "", /, **facts: Json) -> None:
        """`text` is for the log and the terminal of whoever runs the service."""
        super().__init__(text)
        self.text = text
        self.facts: Mapping[str, Json] = facts

    def __str__(self) -> str:
        """As the log has it."""
        return self.text or logged(self.code, self.facts)


UNFORESEEN: Final = "ServiceFailed"
"""The code of whatever nobody foresaw."""


def code_of(error: Exception) -> str:
    """The code by which a failure is remembered."""
    return error.code if isinstance(error, Failure) else UNFORESEEN


def logged(code: str, facts: Mapping[str, Json]) -> str:
    """A short form for logs, such as `DeviceReplaced(missing=678, total=678)`."""
    listed = ", ".join(f"{name}={value!r}" for name, value in facts.items() if value is not None)
    return f"{code}({listed})" if listed else code


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something failed, as it is remembered: the code and the facts of the failure.

    `text` is the sentence itself where it was remembered before codes and facts were, and then
    the code may be unknown.
    """

    code: str | None
    facts: Mapping[str, Json] = field(default_factory=dict)
    text: str | None = None

    @classmethod
    def of(cls, error: Exception) -> Self:
        """Nothing of the inside where nobody foresaw the failure."""
        return cls(code_of(error), error.facts if isinstance(error, Failure) else {})

    def __str__(self) -> str:
        return self.text or logged(self.code or UNFORESEEN, self.facts)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one value: `code` names the kind, `facts` the bounds and names it is
    about. The sentence for people is made of both elsewhere."""

    code: str
    facts: Mapping[str, Json] = field(default_factory=dict)

    def __str__(self) -> str:
        return logged(self.code, self.facts)


class BadValueError(ValueError):
    """A value cannot be used; `fault` says why."""

    def __init__(self, code: str, **facts: Json) -> None:
        self.fault = Fault(code, facts)
        super().__init__(str(self.fault))


class ConversationError(Failure):
    """A conversation with a device did not come about, or did not come to its end."""


class DomainError(Failure):
    """Base of every rule that can be broken."""


class SignInRefusedError(DomainError):
    """Unknown address or wrong password; never tells which."""

    code = "SignInRefused"


class PasswordNotTriedError(DomainError):
    """The device has refused this password before; trying it too often locks the device."""

    code = "PasswordNotTried"

    def __init__(self, refusals: int, wait: timedelta | None) -> None:
        """`wait` is after how long it may be tried again; None where a new one is needed."""
        seconds = None if wait is None else ceil(wait.total_seconds())
        super().__init__(refusals=refusals, wait_seconds=seconds)


class EndpointRefusedError(PasswordNotTriedError):
    """So many passwords were refused at this address, whichever device they were of, that the
    scale there may lock itself."""

    code = "PasswordsNotTriedThere"

    def __init__(self, refusals: int, address: str) -> None:
        DomainError.__init__(self, refusals=refusals, address=address)


class UnknownEditError(DomainError):
    """No such pending edit."""

    code = "UnknownEdit"


class TooManyEditsError(DomainError):
    """More edits would wait for a device than may."""

    code = "TooManyEdits"

    def __init__(self, edits: int, most: int) -> None:
        super().__init__(edits=edits, most=most)


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

    def __init__(
        self,
        problem: Literal["no_json", "no_object", "no_products", "no_product"],
        position: int | None = None,
    ) -> None:
        """`position` is that of the product which is none."""
        super().__init__(problem=problem, position=position)


class FileTooLargeError(BadProductFileError):
    """A product file that holds more than any scale does, counted in `unit`."""

    code = "FileTooLarge"

    def __init__(
        self, unit: Literal["products", "bytes", "objects", "values"], count: int, most: int
    ) -> None:
        DomainError.__init__(self, unit=unit, count=count, most=most)


class NothingReadError(DomainError):
    """The device's products were never read, so there is nothing to edit or upload."""

    code = "NothingRead"


class UnknownProductError(DomainError):
    """No live product goes by this number, of the kind `code` or `plu`."""

    code = "UnknownProduct"

    def __init__(self, number: int, *, kind: str = "plu", deleted: bool = False) -> None:
        super().__init__(number=number, kind=kind, deleted=deleted)


class AmbiguousProductError(DomainError):
    """Two products go by one number: the service does not guess which is meant.

    `problem` says whether the number could mean several, the one that is meant shares its PLU or
    code with others, or it is deleted and another has its code. `products` are the first of
    `total`.
    """

    code = "AmbiguousProduct"

    def __init__(
        self,
        problem: Literal["several", "shared", "deleted"],
        number: int,
        products: Sequence[Json],
        total: int,
    ) -> None:
        super().__init__(problem=problem, number=number, products=list(products), total=total)


class DeviceReplacedError(DomainError):
    """The device lacks more than half of the products last read from it. Nothing was sent, unless
    the fact `dated` says that its labels were dated all the same."""

    code = "DeviceReplaced"

    def __init__(self, missing: int, total: int) -> None:
        super().__init__(missing=missing, total=total)


class ClashingEditsError(DomainError):
    """Edits give a product a number that another has on the device by now.

    `products` are the first of `total` that would share it.
    """

    code = "ClashingEdits"

    def __init__(
        self, edits: Sequence[int], products: Sequence[Json], total: int, kind: str, number: int
    ) -> None:
        super().__init__(
            edits=list(edits[:10]),
            products=list(products),
            total=total,
            number_kind=kind,
            number=number,
        )


class AddressChangedError(DomainError):
    """Nobody has read what stands at the device's present address."""

    code = "AddressChanged"


class CatalogueChangedError(DomainError):
    """The products changed since the version that the client named."""

    code = "CatalogueChanged"
