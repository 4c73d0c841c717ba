"""What went wrong and what to do about it, made of the code and the facts of a failure."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple, TypeAlias

from adapters.texts.languages import Language
from adapters.texts.languages import translatable as _
from adapters.texts.results import because, meaning
from domain.errors import UNFORESEEN, Cause
from domain.json_value import Json

Facts: TypeAlias = Mapping[str, Any]
Saying: TypeAlias = Callable[[Language, Facts], str]


class FailureText(NamedTuple):
    """A sentence and a remedy, each in English or made of the facts."""

    sentence: str | Saying
    remedy: str | Saying | None = None


def sentence(language: Language, code: str, facts: Facts) -> str:
    """What went wrong. Of what another version has remembered, at least the code."""
    text = FAILURES.get(code)
    if text is not None:
        with suppress(KeyError):
            return _said(language, text.sentence, facts)
    return language.phrase("Something failed ({code}).", code=code)


def remedy(language: Language, code: str, facts: Facts) -> str | None:
    """What to do about it; None where there is nothing."""
    text = FAILURES.get(code)
    if text is not None and text.remedy is not None:
        with suppress(KeyError):
            return _said(language, text.remedy, facts)
    return None


def sentence_of(language: Language, cause: Cause) -> str:
    """What went wrong; a text of former times is told as it is."""
    if cause.text is not None:
        return cause.text
    return sentence(language, cause.code or UNFORESEEN, cause.facts)


def product_label(language: Language, product: Facts) -> str:
    """The product as shop staff would recognise it."""
    code, plu = (product.get(name) for name in ("code", "plu"))
    return language.phrase(
        "“{name}” (code {code}, PLU {plu})",
        name=product.get("name") or "",
        code="–" if code is None else code,
        plu="–" if plu is None else plu,
    )


def _said(language: Language, text: str | Saying, facts: Facts) -> str:
    return language.phrase(text, **facts) if isinstance(text, str) else text(language, facts)


def _by_problem(texts: Mapping[str | None, str]) -> Saying:
    """The text of the fact `problem`; None has that of all others."""

    def worded(language: Language, facts: Facts) -> str:
        text = texts.get(facts.get("problem"), texts[None])
        return language.phrase(text, **facts)

    return worded


def _labels(language: Language, facts: Facts) -> str:
    products: list[Json] = facts["products"]
    labels = [product_label(language, product) for product in products if isinstance(product, dict)]
    if (others := facts["total"] - len(labels)) > 0:
        labels.append(language.plural("{number} other", "{number} others", others))
    return language.enumerated(labels)


def _no_such_devices(language: Language, facts: Facts) -> str:
    ids = ", ".join(map(str, facts["ids"])) + (", …" if facts["count"] > len(facts["ids"]) else "")
    return language.phrase("There are no such scales: {ids}. Nothing was begun.", ids=ids)


def _password_not_tried(language: Language, facts: Facts) -> str:
    return language.plural(
        "The scale has refused its password {number} time, and locks itself when that goes on. "
        "The password was not tried again.",
        "The scale has refused its password {number} times, and locks itself when that goes on. "
        "The password was not tried again.",
        facts["refusals"],
    )


def _password_to_try(language: Language, facts: Facts) -> str:
    if facts["wait_seconds"] is None:
        return language.phrase("Enter the right password of the scale.")
    return language.plural(
        "Enter the right password of the scale, or try again in {number} second.",
        "Enter the right password of the scale, or try again in {number} seconds.",
        facts["wait_seconds"],
    )


def _passwords_not_tried_there(language: Language, facts: Facts) -> str:
    return language.plural(
        "The scale at {address} has refused {number} password since it last took one, and locks "
        "itself when that goes on. No password is tried there any more.",
        "The scale at {address} has refused {number} passwords since it last took one, and locks "
        "itself when that goes on. No password is tried there any more.",
        facts["refusals"],
        address=facts["address"],
    )


def _too_many_edits(language: Language, facts: Facts) -> str:
    return language.phrase(
        "With this, {edits} edits would wait for the scale, and {most} at most may. Nothing was "
        "changed.",
        edits=language.number(facts["edits"]),
        most=language.number(facts["most"]),
    )


_TOO_LARGE: Final = {
    "products": _(
        "The product file is too large: it has {count} products, and {most} at most may be held."
    ),
    "bytes": _(
        "The product file is too large: it has {count} bytes, and {most} at most may be held."
    ),
    "objects": _(
        "The product file is too large: it has {count} objects and lists, and {most} at most may "
        "be held."
    ),
    "values": _(
        "The product file is too large: it has {count} values, and {most} at most may be held."
    ),
}


def _too_large(language: Language, facts: Facts) -> str:
    text = _TOO_LARGE[facts["unit"]]
    return language.phrase(
        text,
        count=language.number(facts["count"]),
        most=language.number(facts["most"]),
    )


def _unknown_product(language: Language, facts: Facts) -> str:
    if facts["kind"] == "plu":
        text = (
            _("The product with PLU {number} is deleted on this scale.")
            if facts["deleted"]
            else _("There is no product with PLU {number} on this scale.")
        )
    else:
        text = (
            _("The product with code {number} is deleted on this scale.")
            if facts["deleted"]
            else _("There is no product with code {number} on this scale.")
        )
    return language.phrase(text, number=facts["number"])


def _ambiguous(language: Language, facts: Facts) -> str:
    texts = {
        "several": _("The number {number} could mean {products}."),
        "shared": _("One PLU or code is shared by {products}."),
        "deleted": _("{products} is deleted, and another product has its code."),
    }
    text = texts[facts["problem"]]
    return language.phrase(text, number=facts["number"], products=_labels(language, facts))


def _replaced(language: Language, facts: Facts) -> str:
    text = (
        _(
            "The scale lacks {missing} of the {total} products last read from it: it seems to have "
            "been replaced or wiped. What it holds bears today's dates."
        )
        if facts.get("dated")
        else _(
            "The scale lacks {missing} of the {total} products last read from it: it seems to have "
            "been replaced or wiped. Nothing was sent."
        )
    )
    return language.phrase(text, missing=facts["missing"], total=facts["total"])


def _clashing(language: Language, facts: Facts) -> str:
    edits = language.enumerated([str(edit) for edit in facts["edits"]])
    named = {"edits": edits, "products": _labels(language, facts), "shared": facts["number"]}
    if facts["number_kind"] == "plu":
        return language.plural(
            "With edit {edits}, the PLU {shared} would be shared by {products}. Nothing was sent.",
            "With edits {edits}, the PLU {shared} would be shared by {products}. Nothing was sent.",
            len(facts["edits"]),
            **named,
        )
    return language.plural(
        "With edit {edits}, the code {shared} would be shared by {products}. Nothing was sent.",
        "With edits {edits}, the code {shared} would be shared by {products}. Nothing was sent.",
        len(facts["edits"]),
        **named,
    )


def _at_fault(language: Language, facts: Facts) -> str:
    products = [
        f"{product_label(language, product)}: {because(language, product['reason'])}"
        for product in facts["products"]
    ]
    return language.phrase(
        "The scale refused {count} of {sent} products, and holds the others. {products}",
        count=len(products),
        sent=facts["sent"],
        products="; ".join(products),
    )


def _clock_wrong(language: Language, facts: Facts) -> str:
    ahead = facts["seconds_ahead"]
    if ahead > 0:
        return language.plural(
            "No dates were written: the clock of the service is {number} second ahead.",
            "No dates were written: the clock of the service is {number} seconds ahead.",
            ahead,
        )
    return language.plural(
        "No dates were written: the clock of the service is {number} second behind.",
        "No dates were written: the clock of the service is {number} seconds behind.",
        -ahead,
    )


def _refused(language: Language, facts: Facts) -> str:
    if "result" in facts:
        refusal = meaning(language, facts["result"])
        return language.phrase("The scale refused: {reason}.", reason=refusal)
    if reason := facts.get("reason"):
        return language.phrase("The scale refused: {reason}", reason=reason)
    return language.phrase("The scale refused.")


def _products_refused(language: Language, facts: Facts) -> str:
    if not facts.get("reason"):
        return language.phrase("The scale refused the products and gave no reason.")
    reason = because(language, facts["reason"])
    return language.phrase("The scale refused the products: {reason}", reason=reason)


def _nonsense(language: Language, facts: Facts) -> str:
    if facts.get("problem") == "too_large":
        return _too_large(language, facts)
    if "most" in facts:
        return language.phrase(
            "The product file of the scale is longer than {most} bytes.",
            most=language.number(facts["most"]),
        )
    return _by_problem(_NONSENSE)(language, facts)


_MALFORMED: Final = _("The scale sent an answer that is malformed.")
_NO_CLOCK: Final = _("The scale sent something that is no date and time.")
_NO_INFORMATION: Final = _("What the scale tells of itself cannot be read.")
_PORTIONS: Final = _("The parts of the product file that the scale sent do not fit together.")
_NONSENSE: Final[Mapping[str | None, str]] = {
    None: _("What answers at this address is not a scale of this make."),
    "length": _MALFORMED,
    "no_frame": _MALFORMED,
    "two_lengths": _MALFORMED,
    "check": _MALFORMED,
    "other_command": _("The scale answered another question than it was asked."),
    "too_much": _("The scale answered with more than was asked for."),
    "unasked": _("The scale answered what it was not asked."),
    "check_status": _(
        "On the check of the products, the scale answered {status}, which the service does not "
        "know."
    ),
    "information": _NO_INFORMATION,
    "clock": _NO_CLOCK,
    "portion": _PORTIONS,
    "portions": _PORTIONS,
    "no_checksum": _("The scale sent no checksum of its product file."),
    "checksum": _("The product file did not arrive as the scale sent it: its checksum differs."),
    "no_json": _("The product file of the scale is no valid JSON."),
    "no_object": _("What the scale sent is no product file."),
    "no_products": _("The product file of the scale has no list of products."),
    "no_product": _("Entry {position} in the product file of the scale is no product."),
    "too_deep": _("The product file of the scale is nested too deeply."),
}
_UNREACHABLE: Final[Mapping[str | None, str]] = {
    None: _("The scale cannot be reached."),
    "outside": _("The address {address} is outside the networks in which scales may be."),
    "refused": _("The scale at {address} refused the connection."),
    "silent": _("The scale at {address} could not be reached within {seconds} s."),
    "no_route": _("There is no route to the scale at {address}."),
    "other": _("The scale at {address} could not be reached ({system})."),
    "broken_off": _("The scale at {address} broke the connection."),
    "broken": _("The connection to the scale at {address} broke ({system})."),
    "unknown_name": _("The scale at {address} was not found: its name is unknown to the network."),
    "closed": _("The connection to the scale at {address} is closed."),
}
_TIMED_OUT: Final[Mapping[str | None, str]] = {
    None: _("The scale did not answer in time."),
    "no_time": _("There was no time left to reach the scale at {address}."),
    "given_up": _("The session with the scale at {address} took too long and was given up."),
    "no_answer": _("The scale at {address} did not answer within {seconds} s."),
    "not_taken": _("The scale at {address} did not take what it was sent within {seconds} s."),
    "check": _("The scale did not finish checking the products in time."),
    "work": _("The scale did not finish its work in time."),
    "twice": _("The scale did not answer within {seconds} s, nor when it was tried before."),
}

_AGAIN: Final = _("Try again.")
_IN_SECONDS: Final = _("Try again in some seconds.")
_SERVICE: Final = _("Try again shortly. If it goes on, tell whoever runs the service.")
_REACH: Final[Mapping[str | None, str]] = {
    None: _(
        "Check that the scale is switched on, that its network cable is plugged in, and that its "
        "address is right."
    ),
    "outside": _("Correct the address, or ask whoever runs the service to allow it."),
}
_NUMBER: Final = _("Give one of them another number on the scale, then read the products again.")
_REFUSED: Final = _("Do what the reason suggests, then try again.")
_SIGN_IN: Final = _("Sign in again.")
_MAKE: Final = _("Check that an M-ER 725 stands at this address and port.")

FAILURES: Final[Mapping[str, FailureText]] = {
    UNFORESEEN: FailureText(_("The service failed: its log says why."), _SERVICE),
    "MalformedBody": FailureText(
        _("The body is no JSON in UTF-8: {where}"),
        _("Correct the program that sent it."),
    ),
    "UnknownPath": FailureText(
        _("There is nothing at this path."), _("Compare the address with the documentation.")
    ),
    "MethodNotAllowed": FailureText(
        _("This path does not take this method: the header Allow lists those it takes."),
        _("Compare the request with the documentation."),
    ),
    "BodyTooLarge": FailureText(
        _("The body is larger than this service takes."),
        _("Send it in several parts. Whoever runs the service can raise the bound."),
    ),
    "UnsupportedMediaType": FailureText(
        _("The body must be sent as {form}."), _("Compare the request with the documentation.")
    ),
    "InvalidRequest": FailureText(
        _("Some values cannot be used."), _("Correct the values that are named.")
    ),
    "EmailTaken": FailureText(
        _("This email address is already registered."),
        _("Sign in with it, or register with another one."),
    ),
    "UnknownUser": FailureText(_("There is no such user.")),
    "SignInRefused": FailureText(
        _("The email address or the password is wrong."),
        _("Check the address and the password. Whoever runs the service can set a new password."),
    ),
    "InvalidToken": FailureText(
        _by_problem(
            {
                None: _("This sign-in is not valid."),
                "missing": _("You are not signed in."),
                "expired": _("Your sign-in has expired."),
                "user_deleted": _("The user of this sign-in was deleted."),
            }
        ),
        _SIGN_IN,
    ),
    "HashingBusy": FailureText(_("Too many people are signing in at the moment."), _IN_SECONDS),
    "UnknownDevice": FailureText(
        _("There is no such scale."), _("Look for it in the list of your scales.")
    ),
    "UnknownDevices": FailureText(_no_such_devices, _("Look for them in the list of your scales.")),
    "UnknownBatch": FailureText(
        _("There is no such job, or it is no longer remembered."),
        _("Look for it in the list of sessions."),
    ),
    "DeviceNameTaken": FailureText(
        _("You already have a scale named “{name}”."), _("Choose another name.")
    ),
    "PasswordNotTried": FailureText(_password_not_tried, _password_to_try),
    "PasswordsNotTriedThere": FailureText(
        _passwords_not_tried_there,
        _(
            "Make sure of the password at the scale itself. Then ask whoever runs the service to "
            "have it tried again."
        ),
    ),
    "StoredPassword": FailureText(
        _("The saved password of this scale cannot be read."),
        _("Enter the password of the scale again."),
    ),
    "UnreadableSecret": FailureText(_("A saved password cannot be read.")),
    "UnknownEdit": FailureText(
        _("There is no such edit: it was sent, replaced or discarded."),
        _("Look at the edits that wait."),
    ),
    "UnknownFile": FailureText(
        _("There is no such earlier copy, or it is no longer kept."),
        _("Choose another copy from the list."),
    ),
    "TooManyEdits": FailureText(
        _too_many_edits,
        _("Send the edits that wait to the scale, or discard them. Then repeat this one."),
    ),
    "InvalidFields": FailureText(
        _("Some values cannot be used."), _("Correct the values that are named.")
    ),
    "BadProductFile": FailureText(_by_problem({**_NONSENSE, None: _("This is no product file.")})),
    "FileTooLarge": FailureText(
        _too_large,
        _("Delete the products on the scale that nobody needs, then read them again."),
    ),
    "NothingRead": FailureText(
        _("Nothing has been read from this scale yet."),
        _("Read the products from the scale first."),
    ),
    "UnknownProduct": FailureText(
        _unknown_product, _("Read the products from the scale again, and check the number.")
    ),
    "AmbiguousProduct": FailureText(_ambiguous, _NUMBER),
    "DeviceReplaced": FailureText(
        _replaced,
        _(
            "Read the products to work with what the scale holds now, or send the former products"
            " back."
        ),
    ),
    "ClashingEdits": FailureText(
        _clashing, _("Discard the edit, or give the other product another number on the scale.")
    ),
    "AddressChanged": FailureText(
        _("Nothing has been read yet at the new address of this scale."),
        _("Read the products from the scale first, to see which scale answers there."),
    ),
    "CatalogueChanged": FailureText(
        _("The products have changed since you last loaded them."),
        _("Load them again, then repeat the edit."),
    ),
    "ProductsAtFault": FailureText(
        _at_fault, _("Correct the products that are named, and send them again.")
    ),
    "LeaseLost": FailureText(
        _("The session with the scale was held up for too long and was dropped."), _AGAIN
    ),
    "DeviceBusy": FailureText(
        _("The scale is busy with another request or with its date renewal."), _IN_SECONDS
    ),
    "TooManyConversations": FailureText(
        _("Too many scales are talked to at the moment."), _IN_SECONDS
    ),
    "TooManyFiles": FailureText(
        _("Other large product files are being worked on at the moment."), _IN_SECONDS
    ),
    "NotTried": FailureText(
        _("The edit was not tried on this scale: those before it took too long."),
        _("Repeat the edit for the scales on which it was not tried."),
    ),
    "ClockWrong": FailureText(
        _clock_wrong, _("Ask whoever runs the service to set the clock right.")
    ),
    "StorageNotReady": FailureText(
        _("The service cannot use its database at the moment."), _SERVICE
    ),
    "ReadOnly": FailureText(_("The service failed: its log says why."), _SERVICE),
    "NotEmpty": FailureText(_("The database is in use already.")),
    "CannotMoveIn": FailureText(_("Nothing was taken over.")),
    "FormerService": FailureText(_("The records of the former service cannot be read.")),
    "ScalesUnreachable": FailureText(_by_problem(_UNREACHABLE), _by_problem(_REACH)),
    "ScalesTimedOut": FailureText(
        _by_problem(_TIMED_OUT), _("Try again. If it goes on, restart the scale.")
    ),
    "ScalesBusy": FailureText(
        _("The scale was busy with other work for as long as was waited."), _IN_SECONDS
    ),
    "ScalesWrongPassword": FailureText(
        _by_problem(
            {
                None: _("The scale refused its password (result code 122)."),
                "form": _("The saved password cannot be that of a scale: it has four characters."),
            }
        ),
        _(
            "Enter the password that is set on the scale. Do not guess: the scale locks itself "
            "after some wrong ones."
        ),
    ),
    "ScalesRefused": FailureText(_refused, _REFUSED),
    "FileEmpty": FailureText(_refused, _REFUSED),
    "ProductsRefused": FailureText(_products_refused, _REFUSED),
    "ScalesNonsense": FailureText(_nonsense, _MAKE),
    "WebServer": FailureText(
        _("What answers at this address is a web server, not a scale."), _MAKE
    ),
}
"""By code."""
