"""How conversations with devices fail, besides what goes wrong at the device itself
(`application.ports.scales`). All of it descends from ConversationError."""

from typing import Final

from application.ports.clock import ClockWrongError
from domain.errors import ConversationError, DomainError


class DeviceBusyError(ConversationError):
    """Somebody else kept the device for longer than was waited."""

    code = "DeviceBusy"


class TooManyConversationsError(ConversationError):
    """As many requests as may be are in conversations with devices, or waiting for one."""

    code = "TooManyConversations"


class LeaseLostError(ConversationError):
    """This process was held up for so long that the device may be another's by now."""

    code = "LeaseLost"


class StoredPasswordError(ConversationError):
    """The device's password was encrypted with another key."""

    code = "StoredPassword"


FORESEEN: Final = (ConversationError, DomainError, ClockWrongError)
"""Failures that need no traceback in the log."""
