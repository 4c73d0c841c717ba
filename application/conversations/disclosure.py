"""What owners learn of a device that was not reached: nobody may use the service to look around in
the network."""

import logging

from application.ports.scales import (
    ScalesError,
    ScalesNonsenseError,
    ScalesTimedOutError,
    ScalesUnreachableError,
    WebServerError,
)
from application.ports.storage import Storage, StorageNotReadyError
from domain.devices.device import Device
from domain.devices.networks import literal

log = logging.getLogger(__name__)


def for_owner(error: ScalesError, device: Device, storage: Storage) -> ScalesError:
    """Returns the failure as the owner may see it.

    The owner learns why something was not reached only of a device that has answered as one: in
    this conversation, or when its products were read at its present address. A host name may lead
    elsewhere by now, so it proves nothing. The log has the reason in any case.
    """
    vague = _vague(error)
    if vague is None or error.heard or _was_read(device, storage):
        return error
    log.info("the owner does not see this reason: %s", error)
    return vague


def _vague(error: ScalesError) -> ScalesError | None:
    """Returns an error without the reason; None where there is nothing to hide."""
    match error:
        case ScalesUnreachableError() | ScalesTimedOutError():
            return ScalesUnreachableError()
        case WebServerError():
            return None
        case ScalesNonsenseError():
            return ScalesNonsenseError()
    return None


def _was_read(device: Device, storage: Storage) -> bool:
    if literal(device.address.host) is None:
        return False
    try:
        with storage.snapshot() as tx:
            return tx.catalogues.moves(device.id) == device.moves
    except StorageNotReadyError:
        return False
