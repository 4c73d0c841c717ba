"""Storage that forgets when the test ends, and is as strict as the real one until then."""

import gzip
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from adapters.file_text import file_document
from adapters.json_text import dumps, loads
from application.ports.clock import Clock
from application.ports.repositories.catalogues import Catalogues
from application.ports.repositories.devices import (
    DeviceNameTakenError,
    Devices,
    DeviceSummary,
    UnknownDeviceError,
)
from application.ports.repositories.former_files import FormerFile, FormerFiles, UnknownFileError
from application.ports.repositories.rendered_files import RenderedFile, RenderedFiles
from application.ports.repositories.schedules import Due, Schedules
from application.ports.repositories.users import EmailTakenError, UnknownUserError, Users
from application.ports.storage import Storage, StorageNotReadyError, Transaction
from application.ports.waiting_jobs import ClaimedJob, WaitingJobs
from domain.accounts.rules import email_key
from domain.accounts.user import User, UserId
from domain.devices.device import Device, DeviceDetails, DeviceId
from domain.devices.state import DeviceFacts, DeviceState, states_of
from domain.products.catalogue import Catalogue
from domain.products.label_checks.report import device_checks
from domain.products.product_file import ProductFile
from domain.renewal.schedule import CLOCKS_DIFFER, AutoUpdate
from tests.fakes.fleet import InMemoryFleet
from tests.fakes.jobs import InMemoryBatches, InMemoryJobs
from tests.fakes.labels import InMemoryLabelChecks, InMemoryRenewalExceptions, policy_of
from tests.fakes.leases import InMemoryLeases, InMemoryRefusals
from tests.fakes.remembered import Held, InMemoryRepository, Kept, State
from tests.fakes.runs import InMemoryRuns

PATIENCE = 15.0
"""Seconds for which a writer waits for the others."""


class InMemoryUsers(InMemoryRepository, Users):
    """Everyone who may sign in."""

    def add(self, email: str, password_hash: str) -> User:
        state = self._changing
        if self.by_email(email) is not None:
            raise EmailTakenError
        state.users_ever += 1
        user = User(id=UserId(state.users_ever), email=email, password_hash=password_hash)
        state.users[user.id] = user
        return user

    def adopt(self, user: User) -> None:
        state = self._changing
        if self.by_email(user.email) is not None:
            raise EmailTakenError
        state.users_ever = max(state.users_ever, user.id)
        state.users[user.id] = user

    def get(self, user_id: UserId) -> User:
        if user_id not in self._seen.users:
            raise UnknownUserError
        return self._seen.users[user_id]

    def exists(self, user_id: UserId) -> bool:
        return user_id in self._seen.users

    def by_email(self, email: str) -> User | None:
        key = email_key(email)
        return next((user for user in self.all() if email_key(user.email) == key), None)

    def all(self) -> Sequence[User]:
        return sorted(self._seen.users.values(), key=lambda user: user.id)

    def set_password_hash(self, user_id: UserId, password_hash: str) -> None:
        users = self._changing.users
        if user_id not in users:
            raise UnknownUserError
        users[user_id] = replace(users[user_id], password_hash=password_hash)

    def replace_password_hash(self, user_id: UserId, former: str, password_hash: str) -> bool:
        users = self._changing.users
        if user_id not in users or users[user_id].password_hash != former:
            return False
        users[user_id] = replace(users[user_id], password_hash=password_hash)
        return True

    def delete(self, user_id: UserId) -> None:
        state = self._changing
        if state.users.pop(user_id, None) is None:
            raise UnknownUserError
        for device in list(state.devices.values()):
            if device.owner_id == user_id:
                state.forget_device(device.id)
        state.owner_exceptions.pop(user_id, None)
        for batch in list(state.batches.values()):
            if batch.owner_id == user_id:
                state.forget_batch(batch.id)
        for run in list(state.runs.values()):
            if run.asked_by == user_id:
                state.runs[run.id] = replace(run, asked_by=None)


class InMemoryDevices(InMemoryRepository, Devices):
    """Every registered device."""

    def add(self, owner_id: UserId, details: DeviceDetails) -> Device:
        state = self._changing
        if owner_id not in state.users:
            raise UnknownUserError
        self._refuse_taken_name(owner_id, details.name)
        state.devices_ever += 1
        device = Device(
            id=DeviceId(state.devices_ever),
            owner_id=owner_id,
            name=details.name,
            description=details.description,
            address=details.address,
            protocol=details.protocol,
            encrypted_password=details.encrypted_password,
            time_zone=details.time_zone,
        )
        state.devices[device.id] = device
        state.leases[device.id] = Held(0, None)
        return device

    def adopt(self, device: Device) -> None:
        state = self._changing
        if device.owner_id not in state.users:
            raise UnknownUserError
        self._refuse_taken_name(device.owner_id, device.name)
        state.devices_ever = max(state.devices_ever, device.id)
        state.devices[device.id] = device
        state.leases[device.id] = Held(0, None)

    def get(self, device_id: DeviceId) -> Device:
        return self._seen.require_device(device_id)

    def doubtful(self, owner_id: UserId) -> Collection[DeviceId]:
        devices = self._seen.devices.values()
        return {each.id for each in devices if each.owner_id == owner_id and each.doubtful}

    def owned(self, owner_id: UserId, device_id: DeviceId) -> Device:
        device = self._seen.require_device(device_id)
        if device.owner_id != owner_id:
            raise UnknownDeviceError
        return device

    def summary(self, owner_id: UserId, device_id: DeviceId) -> DeviceSummary:
        device = self.owned(owner_id, device_id)
        kept = self._seen.catalogues.get(device_id)
        summary = DeviceSummary(
            device=device,
            cached_dirty=kept is not None and kept.catalogue.waiting,
            unverified=kept is not None
            and kept.catalogue.unverified
            and not self._leased(device_id),
            replaced=kept is not None and kept.catalogue.replaced,
            shared_address=device.endpoint is not None
            and any(
                other.owner_id == owner_id
                for other_id in self.at(device.endpoint)
                if (other := self._seen.devices[other_id]).id != device_id
            ),
        )
        schedule = self._seen.schedules.get(device_id)
        if schedule is None:
            return summary
        return replace(
            summary,
            auto_update=schedule.enabled,
            due_at=schedule.due_at,
            last_run_at=schedule.last_run_at,
            last_status=schedule.last_status,
            last_error=schedule.last_error,
            consecutive_failures=schedule.consecutive_failures,
        )

    def summaries(self, owner_id: UserId) -> Sequence[DeviceSummary]:
        owned = [each.id for each in self._seen.devices.values() if each.owner_id == owner_id]
        return [self.summary(owner_id, device_id) for device_id in sorted(owned)]

    def at(self, endpoint: str) -> Sequence[DeviceId]:
        devices = self._seen.devices.values()
        return sorted(each.id for each in devices if each.endpoint == endpoint)

    def in_state(
        self, owner_id: UserId, state: DeviceState, now: datetime
    ) -> Sequence[DeviceSummary]:
        return [
            each
            for each in self.summaries(owner_id)
            if state in states_of(self.facts(each.device.id, now), now)
        ]

    def facts(self, device_id: DeviceId, now: datetime) -> DeviceFacts:
        """What the device's states depend on."""
        device = self._seen.devices[device_id]
        facts = DeviceFacts(
            refusals=device.refusals,
            clock_ahead=device.clock_ahead,
            in_conversation=self._leased(device_id),
        )
        if schedule := self._seen.schedules.get(device_id):
            facts = replace(
                facts,
                auto_update=schedule.enabled,
                due_at=schedule.due_at,
                clock_was_ahead=schedule.clock_was_ahead(now),
                consecutive_failures=schedule.consecutive_failures,
            )
        if kept := self._seen.catalogues.get(device_id):
            facts = replace(
                facts,
                unverified=kept.catalogue.unverified,
                replaced=kept.catalogue.replaced,
                edited=kept.catalogue.waiting,
            )
        return facts

    def save(self, device: Device) -> None:
        owner_id = self._changing.require_device(device.id).owner_id
        self._refuse_taken_name(owner_id, device.name, but=device.id)
        self._seen.devices[device.id] = replace(device, owner_id=owner_id)

    def delete(self, device_id: DeviceId) -> None:
        state = self._changing
        state.require_device(device_id)
        state.forget_device(device_id)

    def _refuse_taken_name(self, owner_id: UserId, name: str, but: DeviceId | None = None) -> None:
        for other in self._seen.devices.values():
            if (other.owner_id, other.name) == (owner_id, name) and other.id != but:
                raise DeviceNameTakenError(name)


class InMemoryCatalogues(InMemoryRepository, Catalogues):
    """The product file of each device, kept as text, so that nobody changes it in place."""

    def find(self, device_id: DeviceId) -> Catalogue | None:
        kept = self._seen.catalogues.get(device_id)
        return kept and replace(kept.catalogue, file=ProductFile.of(loads(kept.body)))

    def is_still(self, catalogue: Catalogue) -> bool:
        return self.find(catalogue.device_id) == catalogue

    def save(self, catalogue: Catalogue) -> None:
        state = self._changing
        state.require_device(catalogue.device_id)
        body = dumps({"products": catalogue.shown.document})
        rendered = RenderedFile(body, sha256(body).hexdigest()[:32])
        held, before = dumps(catalogue.file.document), state.catalogues.get(catalogue.device_id)
        kept = Kept(catalogue, held, rendered)
        if before and before.body == held and before.catalogue.edits != catalogue.edits:
            kept = kept._replace(labels=before.labels, labels_checked=False)
        else:
            policy = policy_of(state, catalogue.device_id)
            kept = kept._replace(labels=device_checks(catalogue.shown, policy.renews))
        state.catalogues[catalogue.device_id] = kept

    def moves(self, device_id: DeviceId) -> int | None:
        kept = self._seen.catalogues.get(device_id)
        return kept and kept.catalogue.moves


class InMemoryRenderedFiles(InMemoryRepository, RenderedFiles):
    """What clients get, as `InMemoryCatalogues.save` rendered it."""

    def size(self, device_id: DeviceId) -> int:
        kept = self._seen.catalogues.get(device_id)
        return len(dumps({"products": loads(kept.body)})) if kept else 0

    def find(self, device_id: DeviceId, *, as_gzip: bool = False) -> RenderedFile | None:
        kept = self._seen.catalogues.get(device_id)
        if kept is None or not as_gzip:
            return kept and kept.rendered
        return kept.rendered._replace(body=gzip.compress(kept.rendered.body))

    def owned_etag(self, owner_id: UserId, device_id: DeviceId) -> str | None:
        if self._seen.require_device(device_id).owner_id != owner_id:
            raise UnknownDeviceError
        kept = self._seen.catalogues.get(device_id)
        return kept and kept.rendered.etag


class InMemorySchedules(InMemoryRepository, Schedules):
    """The schedule of each device."""

    def find(self, device_id: DeviceId) -> AutoUpdate | None:
        return self._seen.schedules.get(device_id)

    def save(self, auto_update: AutoUpdate) -> None:
        state = self._changing
        state.require_device(auto_update.device_id)
        state.schedules[auto_update.device_id] = auto_update
        state.look_at[auto_update.device_id] = auto_update.due_at

    def any_due(self, now: datetime) -> bool:
        return bool(self._due(now))

    def claim_due(self, now: datetime, *, until: datetime, limit: int) -> Sequence[Due]:
        claimed = self._due(now)[:limit]
        schedules = self._changing.schedules
        for each in claimed:
            self._changing.look_at[each] = until
            due_at = schedules[each].due_at
            schedules[each] = replace(
                schedules[each], due_at=due_at and min(due_at, now), looked_at=now
            )
        claimed.sort(key=lambda each: (schedules[each].due_at or now, each))
        devices = self._seen.devices
        return [Due(each, devices[each].owner_id, devices[each].doubtful) for each in claimed]

    def hasten(self, owner_id: UserId, now: datetime, *, spacing: timedelta) -> None:
        for device_id, schedule in list(self._changing.schedules.items()):
            device = self._seen.devices[device_id]
            if device.owner_id != owner_id or not device.doubtful:
                continue
            tried = schedule.last_run_at
            at = now if tried is None or tried <= now - spacing else now + spacing
            if schedule.due_at is not None and schedule.due_at > at:
                self.save(replace(schedule, due_at=at))

    def _due(self, now: datetime) -> list[DeviceId]:
        latest = now + CLOCKS_DIFFER
        have_turns = {
            device_id: at
            for device_id, at in self._seen.look_at.items()
            if at is not None and not self._seen.devices[device_id].refusals
        }
        due = sorted((at, device_id) for device_id, at in have_turns.items() if at <= now)
        ahead = sorted(
            (looked_at, device_id)
            for device_id, at in have_turns.items()
            for looked_at in [self._seen.schedules[device_id].looked_at]
            if at > now and looked_at is not None and looked_at > latest
        )
        return [device_id for _, device_id in [*due, *ahead]]

    def enabled(self) -> Sequence[tuple[AutoUpdate, str | None]]:
        return [
            (schedule, self._seen.devices[device_id].time_zone)
            for device_id, schedule in sorted(self._seen.schedules.items())
            if schedule.enabled
        ]


class InMemoryFormerFiles(InMemoryRepository, FormerFiles):
    """Product files that were replaced, kept as text."""

    def keep(
        self, device_id: DeviceId, file: ProductFile, *, read_at: datetime, at: datetime, most: int
    ) -> None:
        state = self._changing
        state.require_device(device_id)
        number = state.files_ever.get(device_id, 0) + 1
        state.files_ever[device_id] = number
        body = dumps(file.document)
        former = FormerFile(
            number=number,
            read_at=read_at,
            replaced_at=at,
            products=len(file.products),
            size=len(body),
        )
        kept = [*state.former_files.get(device_id, ()), (former, body)]
        state.former_files[device_id] = tuple(kept[max(0, len(kept) - most) :])

    def of_device(self, device_id: DeviceId) -> Sequence[FormerFile]:
        return [former for former, _ in reversed(self._seen.former_files.get(device_id, ()))]

    def get(self, device_id: DeviceId, number: int) -> ProductFile:
        for former, body in self._seen.former_files.get(device_id, ()):
            if former.number == number:
                return ProductFile.of(file_document(body)).bounded()
        raise UnknownFileError


class InMemoryTransaction:
    """The repositories over one state, as `Transaction` names them."""

    def __init__(self, state: State, now: Callable[[], datetime], *, writable: bool) -> None:
        self.users = InMemoryUsers(state, now, writable=writable)
        self.devices = InMemoryDevices(state, now, writable=writable)
        self.catalogues = InMemoryCatalogues(state, now, writable=writable)
        self.rendered_files = InMemoryRenderedFiles(state, now, writable=writable)
        self.schedules = InMemorySchedules(state, now, writable=writable)
        self.renewal_exceptions = InMemoryRenewalExceptions(state, now, writable=writable)
        self.label_checks = InMemoryLabelChecks(state, now, writable=writable)
        self.runs = InMemoryRuns(state, now, writable=writable)
        self.former_files = InMemoryFormerFiles(state, now, writable=writable)
        self.leases = InMemoryLeases(state, now, writable=writable)
        self.refusals = InMemoryRefusals(state, now, writable=writable)
        self.batches = InMemoryBatches(state, now, writable=writable)
        self.jobs = InMemoryJobs(state, now, writable=writable)
        self.fleet = InMemoryFleet(self.devices, self.devices.facts, self.runs, self.label_checks)


class InMemoryStorage(Storage):
    """A writer changes a copy, which takes the place of the state when its block ends well."""

    def __init__(self, clock: Clock) -> None:
        self.ready = True
        self._clock = clock
        self._state = State()
        self._turn = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[InMemoryTransaction]:
        if not self._turn.acquire(timeout=PATIENCE):
            raise StorageNotReadyError("The database cannot be used: other writers keep it busy.")
        try:
            copy = self._state.copy()
            yield InMemoryTransaction(copy, self._clock.now, writable=True)
            self._state = copy
        finally:
            self._turn.release()

    @contextmanager
    def snapshot(self) -> Iterator[Transaction]:
        yield InMemoryTransaction(self._state, self._clock.now, writable=False)

    def prepare(self, catalogue: Catalogue, replaced: ProductFile | None = None) -> None:
        dumps(catalogue.shown.document)

    def check(self) -> None:
        if not self.ready:
            raise StorageNotReadyError("The database cannot be used: the test says so.")


class InMemoryWaitingJobs(WaitingJobs):
    """A claim is the lease of the device."""

    def __init__(self, storage: InMemoryStorage) -> None:
        self._storage = storage

    def claim(
        self, *, done: Sequence[int], places: int, ordinary_places: int, lasts: timedelta
    ) -> Sequence[ClaimedJob]:
        claimed: list[ClaimedJob] = []
        with self._storage.transaction() as tx:
            tx.jobs.forget(done)
            for number, (job, _, first) in tx.jobs.waiting:
                ordinary = sum(not each.first for each in claimed)
                if len(claimed) == places or not (first or ordinary < ordinary_places):
                    continue
                lease = tx.leases.take(job.device_id, lasts)
                if lease is not None:
                    claimed.append(ClaimedJob(number, job, lease, first))
        return claimed
