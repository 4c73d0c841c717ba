"""Which status, type and title each failure deserves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from werkzeug.exceptions import (
    InternalServerError,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
    UnsupportedMediaType,
)

from application.conversations.disclosure import NOT_REACHED
from application.conversations.errors import (
    DeviceBusyError,
    LeaseLostError,
    StoredPasswordError,
    TooManyConversationsError,
)
from application.ports.password_hasher import HashingBusyError
from application.ports.scales import (
    ScalesBusyError,
    ScalesNonsenseError,
    ScalesRefusedError,
    ScalesTimedOutError,
    ScalesUnreachableError,
    ScalesWrongPasswordError,
)
from application.ports.storage import StorageNotReadyError
from application.ports.tokens import InvalidTokenError
from application.products.bulk_editing import NotTriedError
from application.products.large_files import TooManyFilesError
from domain.errors import (
    AddressChangedError,
    AmbiguousProductError,
    CatalogueChangedError,
    ClashingEditsError,
    DeviceNameTakenError,
    DeviceReplacedError,
    EmailTakenError,
    Fault,
    FileTooLargeError,
    InvalidFieldsError,
    NothingReadError,
    PasswordNotTriedError,
    SignInRefusedError,
    TooManyEditsError,
    UnknownBatchError,
    UnknownDeviceError,
    UnknownEditError,
    UnknownFileError,
    UnknownProductError,
)
from domain.products.edit import MOST_EDITS
from domain.products.refused import Culprit, ProductsAtFaultError


class MalformedBodyError(Exception):
    """The body is no JSON at all."""


class InvalidRequestError(Exception):
    """Values that do not fit: `errors` holds the faults by location and field."""

    def __init__(self, errors: Mapping[str, Mapping[str, Sequence[Fault]]]) -> None:
        self.errors = errors
        fields = next(iter(errors.values()))
        field, faults = next(iter(fields.items()))
        super().__init__(f"{field}: {faults[0]}")


WHOLE: Final = "_schema"
"""What stands in the place of a field where the whole body is meant."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem. `name` is the last part of its type; `retry_after` is in seconds.

    `detail` is what is said where the failure has no words of its own, else an example of them.
    """

    status: HTTPStatus
    name: str
    title: str
    detail: str
    retry_after: int | None = None

    @property
    def type(self) -> str:
        """The URI reference that identifies this kind, for ever."""
        return f"/problems/{self.name}"


_INVALID = Kind(
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid-request",
    "Some values of the request cannot be used",
    "port: Must be greater than or equal to 1 and less than or equal to 65535.",
)
_BUSY = Kind(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "device-busy",
    "The device is busy",
    str(DeviceBusyError()),
    retry_after=5,
)

KINDS: Final[Mapping[type[Exception], Kind]] = {
    MalformedBodyError: Kind(
        HTTPStatus.BAD_REQUEST,
        "malformed-body",
        "The body is no JSON",
        "The body is no JSON in UTF-8: unexpected end of data: line 1 column 9 (char 8)",
    ),
    InvalidTokenError: Kind(
        HTTPStatus.UNAUTHORIZED,
        "not-signed-in",
        "A valid token is needed",
        "Send the token of a sign-in as “Authorization: Bearer …”.",
    ),
    SignInRefusedError: Kind(
        HTTPStatus.UNAUTHORIZED,
        "sign-in-refused",
        "The sign-in was refused",
        str(SignInRefusedError()),
    ),
    NotFound: Kind(
        HTTPStatus.NOT_FOUND, "unknown-path", "No such path", "There is nothing at this path."
    ),
    UnknownDeviceError: Kind(
        HTTPStatus.NOT_FOUND, "unknown-device", "No such device", str(UnknownDeviceError())
    ),
    UnknownProductError: Kind(
        HTTPStatus.NOT_FOUND, "unknown-product", "No such product", str(UnknownProductError(607))
    ),
    UnknownEditError: Kind(
        HTTPStatus.NOT_FOUND, "unknown-edit", "No such edit", str(UnknownEditError())
    ),
    UnknownFileError: Kind(
        HTTPStatus.NOT_FOUND, "unknown-file", "No such former file", str(UnknownFileError())
    ),
    UnknownBatchError: Kind(
        HTTPStatus.NOT_FOUND, "unknown-batch", "No such batch of runs", str(UnknownBatchError())
    ),
    MethodNotAllowed: Kind(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "The path does not know this method",
        "This path does not take this method: the header Allow lists those it takes.",
    ),
    EmailTakenError: Kind(
        HTTPStatus.CONFLICT, "email-taken", "The email address is taken", str(EmailTakenError())
    ),
    DeviceNameTakenError: Kind(
        HTTPStatus.CONFLICT,
        "device-name-taken",
        "The device's name is taken",
        str(DeviceNameTakenError("Bakery counter")),
    ),
    NothingReadError: Kind(
        HTTPStatus.CONFLICT,
        "nothing-read",
        "The device's products were never read",
        str(NothingReadError()),
    ),
    AmbiguousProductError: Kind(
        HTTPStatus.CONFLICT,
        "ambiguous-product",
        "Two products go by one number",
        "The number 607 could mean “Bagel” (code 50, PLU 607) and “Bun” (code 607, PLU –): "
        "change it on the device.",
    ),
    FileTooLargeError: Kind(
        HTTPStatus.CONFLICT,
        "file-too-large",
        "The product file is too large",
        str(FileTooLargeError("it has 60,000 products, and 50,000 at most")),
    ),
    TooManyEditsError: Kind(
        HTTPStatus.CONFLICT,
        "too-many-edits",
        "Too many edits would wait for the device",
        str(TooManyEditsError(MOST_EDITS + 1, MOST_EDITS)),
    ),
    DeviceReplacedError: Kind(
        HTTPStatus.CONFLICT,
        "device-replaced",
        "Another device seems to stand there",
        str(DeviceReplacedError(678, 678)),
    ),
    ClashingEditsError: Kind(
        HTTPStatus.CONFLICT,
        "clashing-edits",
        "An edit clashes with a product on the device",
        str(
            ClashingEditsError(
                [4], "“Bagel” (code 50, PLU 700) and “Bun” (code 51, PLU 700)", "PLU 700"
            )
        ),
    ),
    AddressChangedError: Kind(
        HTTPStatus.CONFLICT,
        "address-changed",
        "The device was not read at its present address",
        str(AddressChangedError()),
    ),
    StoredPasswordError: Kind(
        HTTPStatus.CONFLICT,
        "stored-password-unreadable",
        "The device's stored password cannot be read",
        str(StoredPasswordError()),
    ),
    CatalogueChangedError: Kind(
        HTTPStatus.PRECONDITION_FAILED,
        "products-changed",
        "The products have changed",
        str(CatalogueChangedError()),
    ),
    RequestEntityTooLarge: Kind(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body-too-large",
        "The body is too large",
        "The body is larger than this service takes.",
    ),
    UnsupportedMediaType: Kind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "The body is of another type than expected",
        "The body must be sent as application/json.",
    ),
    InvalidRequestError: _INVALID,
    InvalidFieldsError: _INVALID,
    InternalServerError: Kind(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal-error",
        "The service failed",
        "The service failed. Its log says why, under the id in the header X-Request-ID.",
    ),
    ScalesWrongPasswordError: Kind(
        HTTPStatus.BAD_GATEWAY,
        "device-wrong-password",
        "The device refused its password",
        "The device refused its password (122).",
    ),
    PasswordNotTriedError: Kind(
        HTTPStatus.BAD_GATEWAY,
        "device-password-not-tried",
        "The device refused this password before, and was not asked again",
        str(PasswordNotTriedError(1, timedelta(seconds=42))),
    ),
    ProductsAtFaultError: Kind(
        HTTPStatus.BAD_GATEWAY,
        "products-at-fault",
        "The device refused some of the products",
        str(
            ProductsAtFaultError(
                [Culprit({"code": 50, "pluNumber": 607, "name": "Bagel"}, "Wrong price.")], 678
            )
        ),
    ),
    ScalesRefusedError: Kind(
        HTTPStatus.BAD_GATEWAY,
        "device-refused",
        "The device refused",
        "The device refused the products: Wrong PLU number.",
    ),
    ScalesNonsenseError: Kind(
        HTTPStatus.BAD_GATEWAY,
        "device-nonsense",
        "The device answered nonsense",
        "The device sent a product file that is no JSON.",
    ),
    DeviceBusyError: _BUSY,
    ScalesBusyError: _BUSY,
    TooManyConversationsError: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "too-many-conversations",
        "Too many requests are talking to devices",
        str(TooManyConversationsError()),
        retry_after=5,
    ),
    TooManyFilesError: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "too-many-large-files",
        "Too many large product files are being worked on",
        str(TooManyFilesError()),
        retry_after=5,
    ),
    HashingBusyError: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "too-many-sign-ins",
        "Too many are signing in",
        str(HashingBusyError()),
        retry_after=3,
    ),
    LeaseLostError: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "conversation-dropped",
        "The conversation with the device was dropped",
        str(LeaseLostError()),
        retry_after=5,
    ),
    ScalesUnreachableError: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "device-unreachable",
        "The device cannot be reached",
        NOT_REACHED,
        retry_after=30,
    ),
    StorageNotReadyError: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "not-ready",
        "The service is not ready",
        "The database cannot be reached.",
        retry_after=10,
    ),
    NotTriedError: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "not-tried",
        "There was no time left for this device",
        str(NotTriedError()),
    ),
    ScalesTimedOutError: Kind(
        HTTPStatus.GATEWAY_TIMEOUT,
        "device-timed-out",
        "The device did not answer in time",
        "The device did not answer within 60 seconds.",
    ),
}
"""Every failure that is foreseen. Other errors of HTTP itself have the type about:blank."""

CONVERSATION_FAILURES: Final = (
    UnknownDeviceError,
    StoredPasswordError,
    PasswordNotTriedError,
    TooManyConversationsError,
    DeviceBusyError,
    LeaseLostError,
    ScalesBusyError,
    ScalesNonsenseError,
    ScalesRefusedError,
    ScalesTimedOutError,
    ScalesUnreachableError,
    ScalesWrongPasswordError,
)
"""What may go wrong whenever products are read or sent."""


def kind_of(failure: type[Exception]) -> Kind:
    """The kind of a foreseen failure, or of what it is a special case of. Raises KeyError."""
    for each in failure.__mro__:
        if each in KINDS:
            return KINDS[each]
    raise KeyError(failure)


def distinct(failures: Iterable[type[Exception]]) -> list[Kind]:
    """The kinds of these failures, each once."""
    return list(dict.fromkeys(map(kind_of, failures)))
