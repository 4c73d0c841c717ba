"""What is known of what passed between the service and a device in one conversation."""

from application.ports.scales import ScalesError
from domain.products.refused import ProductsAtFaultError


class Exchange:
    """What the device has answered and may have taken so far, over all connections."""

    def __init__(self) -> None:
        self._answered = False
        self._sending = False
        self._maybe_accepted = False
        self._retries = 0

    @property
    def answered(self) -> bool:
        """Whether something there has answered as a device does."""
        return self._answered

    @property
    def maybe_accepted(self) -> bool:
        """Whether a connection was lost after the device had everything it was to be sent."""
        return self._maybe_accepted

    @property
    def retries(self) -> int:
        """How often the device was connected to anew."""
        return self._retries

    def connecting(self) -> None:
        """Nothing is sent on the new connection yet."""
        self._sending = False

    def connecting_again(self) -> None:
        """The connection was lost."""
        self._retries += 1

    def send_begins(self) -> None:
        """From now on the device may see products on the present connection."""
        self._sending = True

    def succeeded(self) -> None:
        """All that was to be said on the present connection has been."""
        self._answered = True

    def failed(self, error: ScalesError) -> None:
        """The present connection failed."""
        self._maybe_accepted = self._maybe_accepted or error.maybe_accepted
        self._answered = self._answered or error.heard

    def certainly_refused(self, error: Exception) -> bool:
        """Whether the device has taken nothing, or only what the error says, of what was sent.

        Errors of the device know that themselves. Any other that comes while something is sent, or
        before that is remembered, leaves it unknown: a lost lease, a database that is gone, a fault
        of ours.
        """
        if self._maybe_accepted:
            return False
        return not self._sending or isinstance(error, ScalesError | ProductsAtFaultError)
