"""How conversations with devices fail, besides what goes wrong at the device itself
(`application.ports.scales`). All of it descends from ConversationError."""

from typing import Final

from application.ports.clock import ClockWrongError
from domain.errors import ConversationError, DomainError


class DeviceBusyError(ConversationError):
    """Somebody else kept the device for longer than was waited."""

    code = "DeviceBusy"

    def __init__(self) -> None:
        super().__init__(
            "The device is busy with another request or with its automatic update: "
            "try again in a few seconds."
        )


class TooManyConversationsError(ConversationError):
    """As many requests as may be are in conversations with devices, or waiting for one."""

    code = "TooManyConversations"

    def __init__(self) -> None:
        super().__init__(
            "Too many requests are talking to devices at the moment: try again in a few seconds."
        )


class LeaseLostError(ConversationError):
    """This process was held up for so long that the device may be another's by now."""

    code = "LeaseLost"

    def __init__(self) -> None:
        super().__init__(
            "The conversation with the device was held up for too long and was dropped: try again."
        )


class StoredPasswordError(ConversationError):
    """The device's password was encrypted with another key."""

    code = "StoredPassword"

    def __init__(self) -> None:
        super().__init__(
            "The stored password of this device cannot be read with the service's present "
            "FERNET_KEY: set the password again."
        )


FORESEEN: Final = (ConversationError, DomainError, ClockWrongError)
"""Failures that users are told of, and that need no traceback in the log."""


def readable(error: Exception) -> str:
    """What to tell the user of a failure: nothing of the inside where nobody foresaw it."""
    return str(error) if isinstance(error, FORESEEN) else "The service failed: its log says why."
