"""For whom work is done, so that each line of the log can say so.

Whatever begins a piece of work sets these, and sets them back when it ends.
"""

from contextvars import ContextVar

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The HTTP request, as its client or the service named it."""

user_id: ContextVar[int | None] = ContextVar("user_id", default=None)
"""Who asks."""

device_id: ContextVar[int | None] = ContextVar("device_id", default=None)
"""Which device it is about."""
