"""The codes of failures: stored, and known to programs, so that none may ever change."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import application
import domain
from domain.errors import UNFORESEEN, Failure, code_of

CODES = [
    "AddressChanged",
    "AmbiguousProduct",
    "BadProductFile",
    "CannotMoveIn",
    "CatalogueChanged",
    "ClashingEdits",
    "ClockWrong",
    "DeviceBusy",
    "DeviceNameTaken",
    "DeviceReplaced",
    "EmailTaken",
    "FileTooLarge",
    "FormerService",
    "HashingBusy",
    "InvalidFields",
    "InvalidToken",
    "LeaseLost",
    "NotEmpty",
    "NotTried",
    "NothingRead",
    "PasswordNotTried",
    "PasswordsNotTriedThere",
    "ProductsAtFault",
    "ProductsRefused",
    "ReadOnly",
    "ScalesBusy",
    "ScalesNonsense",
    "ScalesRefused",
    "ScalesTimedOut",
    "ScalesUnreachable",
    "ScalesWrongPassword",
    "SignInRefused",
    "StorageNotReady",
    "StoredPassword",
    "TooManyConversations",
    "TooManyEdits",
    "TooManyFiles",
    "UnknownBatch",
    "UnknownDevice",
    "UnknownDevices",
    "UnknownEdit",
    "UnknownFile",
    "UnknownProduct",
    "UnknownUser",
    "UnreadableSecret",
    "WebServer",
]


def failures(kind: type[Failure] = Failure) -> Iterator[type[Failure]]:
    """Every failure that the core can raise."""
    for package in (domain, application):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    for each in kind.__subclasses__():
        yield each
        yield from failures(each)


def of_the_core() -> set[type[Failure]]:
    return {each for each in failures() if each.__module__.startswith(("domain", "application"))}


def test_the_codes_are_those_that_are_stored_and_known() -> None:
    assert sorted(each.code for each in of_the_core() if "code" in vars(each)) == sorted(CODES)


def test_every_failure_that_is_raised_has_a_code_of_its_own() -> None:
    without = {each for each in of_the_core() if "code" not in vars(each)}
    assert without == {each for each in of_the_core() if each.__name__ in BASES}


def test_what_nobody_foresaw_tells_nothing_of_the_inside() -> None:
    assert code_of(RuntimeError("secret")) == UNFORESEEN == "ServiceFailed"


BASES = {"DomainError", "ConversationError", "ScalesError"}
