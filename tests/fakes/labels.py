"""What is remembered of labels in memory."""

from collections.abc import Sequence

from application.ports.repositories.label_checks import LabelChecks
from application.ports.repositories.renewal_exceptions import RenewalExceptions
from application.ports.repositories.users import UnknownUserError
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.products.label_checks.report import DeviceCheck
from domain.renewal.policy import EVERYTHING, RenewalException, RenewalPolicy
from tests.fakes.remembered import InMemoryRepository, State


class InMemoryRenewalExceptions(InMemoryRepository, RenewalExceptions):
    """The lists, as they were set."""

    def of_owner(self, owner_id: UserId) -> Sequence[RenewalException]:
        return list(self._seen.owner_exceptions.get(owner_id, ()))

    def of_device(self, device_id: DeviceId) -> Sequence[RenewalException]:
        return list(self._seen.device_exceptions.get(device_id, ()))

    def set_for_owner(self, owner_id: UserId, exceptions: Sequence[RenewalException]) -> None:
        state = self._changing
        if owner_id not in state.users:
            raise UnknownUserError
        state.owner_exceptions[owner_id] = tuple(exceptions)

    def set_for_device(self, device_id: DeviceId, exceptions: Sequence[RenewalException]) -> None:
        state = self._changing
        state.require_device(device_id)
        state.device_exceptions[device_id] = tuple(exceptions)

    def policy_of(self, device_id: DeviceId) -> RenewalPolicy:
        return policy_of(self._seen, device_id)


class InMemoryLabelChecks(InMemoryRepository, LabelChecks):
    """Kept beside each catalogue."""

    def of_device(self, device_id: DeviceId) -> Sequence[DeviceCheck]:
        kept = self._seen.catalogues.get(device_id)
        return [] if kept is None else list(kept.labels)

    def forget(self, device_id: DeviceId) -> None:
        kept = self._changing.catalogues.get(device_id)
        if kept is not None:
            self._seen.catalogues[device_id] = kept._replace(labels_checked=False)

    def forget_all(self, owner_id: UserId) -> None:
        for device in self._changing.devices.values():
            if device.owner_id == owner_id:
                self.forget(device.id)

    def forgotten(self, limit: int) -> Sequence[DeviceId]:
        return sorted(
            device_id
            for device_id, kept in self._seen.catalogues.items()
            if not kept.labels_checked
        )[:limit]


def policy_of(state: State, device_id: DeviceId) -> RenewalPolicy:
    """What a renewal does to a device."""
    device = state.devices.get(device_id)
    if device is None:
        return EVERYTHING
    schedule = state.schedules.get(device_id)
    return RenewalPolicy(
        dates="all" if schedule is None else schedule.dates,
        exceptions=(
            *state.device_exceptions.get(device_id, ()),
            *state.owner_exceptions.get(device.owner_id, ()),
        ),
    )
