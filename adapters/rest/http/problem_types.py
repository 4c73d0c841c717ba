"""Which status, type and title each failure deserves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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

from adapters.texts.failures import sentence_of
from adapters.texts.languages import ENGLISH
from application.conversations.errors import (
    DeviceBusyError,
    LeaseLostError,
    StoredPasswordError,
    TooManyConversationsError,
)
from application.ports.password_hasher import HashingBusyError
from application.ports.repositories.batches import UnknownBatchError
from application.ports.repositories.devices import DeviceNameTakenError, UnknownDeviceError
from application.ports.repositories.former_files import UnknownFileError
from application.ports.repositories.users import EmailTakenError
from application.ports.scales import (
    ProductsRefusedError,
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
    UNFORESEEN,
    AddressChangedError,
    AmbiguousProductError,
    CatalogueChangedError,
    Cause,
    ClashingEditsError,
    DeviceReplacedError,
    Failure,
    Fault,
    FileTooLargeError,
    InvalidFieldsError,
    NothingReadError,
    PasswordNotTriedError,
    SignInRefusedError,
    TooManyEditsError,
    UnknownEditError,
    UnknownProductError,
)
from domain.json_value import Json
from domain.products.edit import MOST_EDITS
from domain.products.refused import Culprit, ProductsAtFaultError


class MalformedBodyError(Failure):
    """The body is no JSON at all; `where` says how it goes wrong, and at which character."""

    code = "MalformedBody"

    def __init__(self, where: str) -> None:
        super().__init__(where=where)


class InvalidRequestError(Failure):
    """Values that do not fit: `errors` holds the faults by location and field."""

    code = "InvalidRequest"

    def __init__(self, errors: Mapping[str, Mapping[str, Sequence[Fault]]]) -> None:
        self.errors = errors
        fields = next(iter(errors.values()))
        field, faults = next(iter(fields.items()))
        super().__init__(f"{field}: {faults[0]}")


WHOLE: Final = "_schema"
"""What stands in the place of a field where the whole body is meant."""


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem. `name` is the last part of its type; `retry_after` is in seconds.

    `example` is a failure of this kind; of those that have no facts, all are like it.
    """

    status: HTTPStatus
    name: str
    title: str
    example: Cause = field(hash=False)
    retry_after: int | None = None

    @property
    def detail(self) -> str:
        """The sentence of the example, in English."""
        return sentence_of(ENGLISH, self.example)

    @property
    def type(self) -> str:
        """The URI reference that identifies this kind, for ever."""
        return f"/problems/{self.name}"


BAGEL: Final[Json] = {"code": 50, "plu": 607, "name": "Bagel"}
_INVALID = ProblemType(
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid-request",
    "Some values of the request cannot be used",
    Cause(
        "InvalidRequest",
        text="port: Must be greater than or equal to 1 and less than or equal to 65535.",
    ),
)
_BUSY = ProblemType(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "device-busy",
    "The device is busy",
    Cause.of(DeviceBusyError()),
    retry_after=5,
)

PROBLEM_TYPES: Final[Mapping[type[Exception], ProblemType]] = {
    MalformedBodyError: ProblemType(
        HTTPStatus.BAD_REQUEST,
        "malformed-body",
        "The body is no JSON",
        Cause("MalformedBody", {"where": "unexpected end of data: line 1 column 9 (char 8)"}),
    ),
    InvalidTokenError: ProblemType(
        HTTPStatus.UNAUTHORIZED,
        "not-signed-in",
        "A valid token is needed",
        Cause.of(InvalidTokenError("missing")),
    ),
    SignInRefusedError: ProblemType(
        HTTPStatus.UNAUTHORIZED,
        "sign-in-refused",
        "The sign-in was refused",
        Cause.of(SignInRefusedError()),
    ),
    NotFound: ProblemType(
        HTTPStatus.NOT_FOUND, "unknown-path", "No such path", Cause("UnknownPath")
    ),
    UnknownDeviceError: ProblemType(
        HTTPStatus.NOT_FOUND, "unknown-device", "No such device", Cause.of(UnknownDeviceError())
    ),
    UnknownProductError: ProblemType(
        HTTPStatus.NOT_FOUND,
        "unknown-product",
        "No such product",
        Cause.of(UnknownProductError(607)),
    ),
    UnknownEditError: ProblemType(
        HTTPStatus.NOT_FOUND, "unknown-edit", "No such edit", Cause.of(UnknownEditError())
    ),
    UnknownFileError: ProblemType(
        HTTPStatus.NOT_FOUND, "unknown-file", "No such former file", Cause.of(UnknownFileError())
    ),
    UnknownBatchError: ProblemType(
        HTTPStatus.NOT_FOUND,
        "unknown-batch",
        "No such batch of runs",
        Cause.of(UnknownBatchError()),
    ),
    MethodNotAllowed: ProblemType(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "The path does not know this method",
        Cause("MethodNotAllowed"),
    ),
    EmailTakenError: ProblemType(
        HTTPStatus.CONFLICT,
        "email-taken",
        "The email address is taken",
        Cause.of(EmailTakenError()),
    ),
    DeviceNameTakenError: ProblemType(
        HTTPStatus.CONFLICT,
        "device-name-taken",
        "The device's name is taken",
        Cause.of(DeviceNameTakenError("Bakery counter")),
    ),
    NothingReadError: ProblemType(
        HTTPStatus.CONFLICT,
        "nothing-read",
        "The device's products were never read",
        Cause.of(NothingReadError()),
    ),
    AmbiguousProductError: ProblemType(
        HTTPStatus.CONFLICT,
        "ambiguous-product",
        "Two products go by one number",
        Cause.of(
            AmbiguousProductError(
                "several", 607, [BAGEL, {"code": 607, "plu": None, "name": "Bun"}], 2
            )
        ),
    ),
    FileTooLargeError: ProblemType(
        HTTPStatus.CONFLICT,
        "file-too-large",
        "The product file is too large",
        Cause.of(FileTooLargeError("products", 60_000, 50_000)),
    ),
    TooManyEditsError: ProblemType(
        HTTPStatus.CONFLICT,
        "too-many-edits",
        "Too many edits would wait for the device",
        Cause.of(TooManyEditsError(MOST_EDITS + 1, MOST_EDITS)),
    ),
    DeviceReplacedError: ProblemType(
        HTTPStatus.CONFLICT,
        "device-replaced",
        "Another device seems to stand there",
        Cause.of(DeviceReplacedError(678, 678)),
    ),
    ClashingEditsError: ProblemType(
        HTTPStatus.CONFLICT,
        "clashing-edits",
        "An edit clashes with a product on the device",
        Cause.of(
            ClashingEditsError([4], [BAGEL, {"code": 51, "plu": 607, "name": "Bun"}], 2, "plu", 607)
        ),
    ),
    AddressChangedError: ProblemType(
        HTTPStatus.CONFLICT,
        "address-changed",
        "The device was not read at its present address",
        Cause.of(AddressChangedError()),
    ),
    StoredPasswordError: ProblemType(
        HTTPStatus.CONFLICT,
        "stored-password-unreadable",
        "The device's stored password cannot be read",
        Cause.of(StoredPasswordError()),
    ),
    CatalogueChangedError: ProblemType(
        HTTPStatus.PRECONDITION_FAILED,
        "products-changed",
        "The products have changed",
        Cause.of(CatalogueChangedError()),
    ),
    RequestEntityTooLarge: ProblemType(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body-too-large",
        "The body is too large",
        Cause("BodyTooLarge"),
    ),
    UnsupportedMediaType: ProblemType(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "The body is of another type than expected",
        Cause("UnsupportedMediaType", {"form": "application/json"}),
    ),
    InvalidRequestError: _INVALID,
    InvalidFieldsError: _INVALID,
    InternalServerError: ProblemType(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal-error",
        "The service failed",
        Cause(UNFORESEEN),
    ),
    ScalesWrongPasswordError: ProblemType(
        HTTPStatus.BAD_GATEWAY,
        "device-wrong-password",
        "The device refused its password",
        Cause.of(ScalesWrongPasswordError(result=122)),
    ),
    PasswordNotTriedError: ProblemType(
        HTTPStatus.BAD_GATEWAY,
        "device-password-not-tried",
        "The device refused this password before, and was not asked again",
        Cause.of(PasswordNotTriedError(1, timedelta(seconds=42))),
    ),
    ProductsAtFaultError: ProblemType(
        HTTPStatus.BAD_GATEWAY,
        "products-at-fault",
        "The device refused some of the products",
        Cause.of(
            ProductsAtFaultError(
                [Culprit({"code": 50, "pluNumber": 607, "name": "Bagel"}, "Wrong price.")], 678
            )
        ),
    ),
    ScalesRefusedError: ProblemType(
        HTTPStatus.BAD_GATEWAY,
        "device-refused",
        "The device refused",
        Cause.of(ProductsRefusedError("Wrong PLU number.")),
    ),
    ScalesNonsenseError: ProblemType(
        HTTPStatus.BAD_GATEWAY,
        "device-nonsense",
        "The device answered nonsense",
        Cause.of(ScalesNonsenseError(problem="no_json")),
    ),
    DeviceBusyError: _BUSY,
    ScalesBusyError: _BUSY,
    TooManyConversationsError: ProblemType(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "too-many-conversations",
        "Too many requests are talking to devices",
        Cause.of(TooManyConversationsError()),
        retry_after=5,
    ),
    TooManyFilesError: ProblemType(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "too-many-large-files",
        "Too many large product files are being worked on",
        Cause.of(TooManyFilesError()),
        retry_after=5,
    ),
    HashingBusyError: ProblemType(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "too-many-sign-ins",
        "Too many are signing in",
        Cause.of(HashingBusyError()),
        retry_after=3,
    ),
    LeaseLostError: ProblemType(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "conversation-dropped",
        "The conversation with the device was dropped",
        Cause.of(LeaseLostError()),
        retry_after=5,
    ),
    ScalesUnreachableError: ProblemType(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "device-unreachable",
        "The device cannot be reached",
        Cause.of(ScalesUnreachableError()),
        retry_after=30,
    ),
    StorageNotReadyError: ProblemType(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "not-ready",
        "The service is not ready",
        Cause.of(StorageNotReadyError()),
        retry_after=10,
    ),
    NotTriedError: ProblemType(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "not-tried",
        "There was no time left for this device",
        Cause.of(NotTriedError()),
    ),
    ScalesTimedOutError: ProblemType(
        HTTPStatus.GATEWAY_TIMEOUT,
        "device-timed-out",
        "The device did not answer in time",
        Cause.of(ScalesTimedOutError(problem="no_answer", address="192.168.1.50:1111", seconds=5)),
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


def problem_type_of(failure: type[Exception]) -> ProblemType:
    """The kind of a foreseen failure, or of what it is a special case of. Raises KeyError."""
    for each in failure.__mro__:
        if each in PROBLEM_TYPES:
            return PROBLEM_TYPES[each]
    raise KeyError(failure)


def distinct(failures: Iterable[type[Exception]]) -> list[ProblemType]:
    """The kinds of these failures, each once."""
    return list(dict.fromkeys(map(problem_type_of, failures)))
