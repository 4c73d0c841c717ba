"""What each type of problem means, for its page: a title, the meaning, and what to do."""

from typing import Final, NamedTuple

from adapters.texts.languages import translatable as _


class ProblemText(NamedTuple):
    """Texts in English, for `Language.phrase`."""

    title: str
    meaning: str
    remedy: str


PROBLEMS: Final = {
    "malformed-body": ProblemText(
        _("The request cannot be read"),
        _("What the program sent is not valid JSON in UTF-8."),
        _("Correct the program that sent it. The answer says at which character reading stopped."),
    ),
    "not-signed-in": ProblemText(
        _("Sign-in needed"),
        _("The request carries no sign-in, or one that has run out."),
        _("Sign in again."),
    ),
    "sign-in-refused": ProblemText(
        _("The sign-in was refused"),
        _("The email address or the password is wrong. The service never says which."),
        _("Check the address and the password. Whoever runs the service can set a new password."),
    ),
    "unknown-path": ProblemText(
        _("There is nothing at this address"),
        _("The program asked for something that the service does not have."),
        _("Compare the address with the documentation."),
    ),
    "unknown-device": ProblemText(
        _("There is no such scale"),
        _("The scale does not exist, was removed, or belongs to somebody else."),
        _("Look for it in the list of your scales."),
    ),
    "unknown-product": ProblemText(
        _("There is no such product"),
        _("The scale holds no product with this number, or the product is deleted."),
        _("Read the products from the scale again, and check the number."),
    ),
    "unknown-edit": ProblemText(
        _("There is no such edit"),
        _("The edit was sent, replaced by a later one, or discarded."),
        _("Look at the edits that wait."),
    ),
    "unknown-file": ProblemText(
        _("There is no such earlier copy"),
        _("Only the last copies of the products of each scale are kept."),
        _("Choose another copy from the list."),
    ),
    "unknown-batch": ProblemText(
        _("There is no such job"),
        _("The job does not exist, belongs to somebody else, or is no longer remembered."),
        _("Look for it in the list of sessions."),
    ),
    "method-not-allowed": ProblemText(
        _("The program asked in the wrong way"),
        _("What is asked for exists, but not in this way."),
        _("Compare the request with the documentation."),
    ),
    "email-taken": ProblemText(
        _("The email address is taken"),
        _("Somebody is registered with this address already."),
        _("Sign in with it, or register with another one."),
    ),
    "device-name-taken": ProblemText(
        _("The name is taken"),
        _("You have another scale with this name."),
        _("Choose another name."),
    ),
    "nothing-read": ProblemText(
        _("Nothing was read from the scale yet"),
        _("The products of this scale are not known yet, so there is nothing to edit or to send."),
        _("Read the products from the scale first."),
    ),
    "ambiguous-product": ProblemText(
        _("Two products go by one number"),
        _(
            "Two products on the scale share a PLU or a code. The service does not guess which is"
            " meant."
        ),
        _("Give one of them another number on the scale, then read the products again."),
    ),
    "device-replaced": ProblemText(
        _("Another scale seems to stand there"),
        _(
            "More than half of the products that were read before are missing. The scale was "
            "replaced or wiped, and nothing was sent."
        ),
        _(
            "Read the products to work with what the scale holds now, or send the former products"
            " back."
        ),
    ),
    "clashing-edits": ProblemText(
        _("An edit clashes with a product on the scale"),
        _(
            "An edit gives a product a number that another product on the scale has by now. "
            "Nothing was sent."
        ),
        _("Discard the edit, or give the other product another number on the scale."),
    ),
    "address-changed": ProblemText(
        _("The scale was not read at its new address"),
        _(
            "The address of the scale was changed. Nothing is sent before somebody has seen which"
            " scale answers there."
        ),
        _("Read the products from the scale."),
    ),
    "stored-password-unreadable": ProblemText(
        _("The saved password cannot be read"),
        _("The password of the scale was saved with another key than the service has now."),
        _("Enter the password of the scale again."),
    ),
    "products-changed": ProblemText(
        _("The products have changed"),
        _("Somebody changed the products since you loaded them."),
        _("Load them again, then repeat the edit."),
    ),
    "body-too-large": ProblemText(
        _("The request is too large"),
        _("The program sent more than the service takes at once."),
        _("Send it in several parts. Whoever runs the service can raise the bound."),
    ),
    "unsupported-media-type": ProblemText(
        _("The request is in another form than expected"),
        _("The program sent its data in a form that the service does not take here."),
        _("Compare the request with the documentation."),
    ),
    "invalid-request": ProblemText(
        _("Some values cannot be used"),
        _(
            "A value is missing, out of its range, or of another kind than expected. The answer "
            "names each of them."
        ),
        _("Correct the values that are named."),
    ),
    "internal-error": ProblemText(
        _("The service failed"),
        _("Something happened that nobody foresaw."),
        _(
            "Try again. If it goes on, give the number of the request to whoever runs the "
            "service: the log says why."
        ),
    ),
    "device-wrong-password": ProblemText(
        _("The scale refused its password"),
        _("The password that is saved for the scale is not the one that is set on it."),
        _(
            "Enter the password that is set on the scale. Do not guess: the scale locks itself "
            "after some wrong ones."
        ),
    ),
    "device-password-not-tried": ProblemText(
        _("The password is not tried again"),
        _(
            "The scale refused its password before, and locks itself when that goes on. The "
            "service does not ask it again."
        ),
        _("Enter the right password of the scale."),
    ),
    "products-at-fault": ProblemText(
        _("The scale refused some products"),
        _("The scale holds all products but those that are named, each with its own reason."),
        _("Correct the products that are named, and send them again."),
    ),
    "device-refused": ProblemText(
        _("The scale refused"),
        _(
            "The scale was reached, and did not do what it was asked to. The answer quotes its "
            "own reason."
        ),
        _("Do what the reason suggests, then try again."),
    ),
    "device-nonsense": ProblemText(
        _("The scale answered what makes no sense"),
        _("Something answered at the address of the scale, but not as a scale of this make does."),
        _("Check that an M-ER 725 stands at this address and port."),
    ),
    "device-busy": ProblemText(
        _("The scale is busy"),
        _("The scale works on something else, or the service is talking to it already."),
        _("Try again in some seconds."),
    ),
    "too-many-conversations": ProblemText(
        _("Too many scales are talked to at the moment"),
        _("The service talks to as many scales as it can at once."),
        _("Try again in some seconds."),
    ),
    "too-many-large-files": ProblemText(
        _("Other large product files are being worked on"),
        _("The service works on few large product files at once."),
        _("Try again in some seconds."),
    ),
    "too-many-sign-ins": ProblemText(
        _("Too many people are signing in"),
        _("The service checks only a few passwords at once."),
        _("Try again in some seconds."),
    ),
    "conversation-dropped": ProblemText(
        _("The session with the scale was dropped"),
        _("The session was held up for so long that it was given up."),
        _("Try again."),
    ),
    "device-unreachable": ProblemText(
        _("No connection to the scale"),
        _("No connection could be made to the scale, or it broke."),
        _(
            "Check that the scale is switched on, that its network cable is plugged in, and that "
            "its address is right."
        ),
    ),
    "not-ready": ProblemText(
        _("The service is not ready"),
        _("The service cannot reach its database."),
        _("Try again shortly. If it goes on, tell whoever runs the service."),
    ),
    "not-tried": ProblemText(
        _("There was no time left for this scale"),
        _("The scales before this one took too long, so that the edit was not tried here."),
        _("Repeat the edit for the scales on which it was not tried."),
    ),
    "file-too-large": ProblemText(
        _("The product file is too large"),
        _("The product file holds more products, or more bytes, than the service takes."),
        _("Delete the products on the scale that nobody needs, then read them again."),
    ),
    "too-many-edits": ProblemText(
        _("Too many edits wait"),
        _("As many edits wait for this scale as may wait at once."),
        _("Send the edits that wait to the scale, or discard them. Then repeat this one."),
    ),
    "device-timed-out": ProblemText(
        _("The scale did not answer in time"),
        _("The scale was reached, but did not finish in the time it had."),
        _("Try again. If it goes on, restart the scale."),
    ),
}
"""By the last part of its type."""
