"""The one place that knows every concrete class."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from adapters.database.backends.engine import backend_of, make_engine
from adapters.database.backends.shared_clock import SharedClock
from adapters.database.repositories.waiting_jobs import SqlWaitingJobs
from adapters.database.storage import SqlStorage
from adapters.mertech.driver.scales import MertechScales
from adapters.security.cipher import FernetCipher
from adapters.security.passwords import BcryptHasher
from adapters.security.tokens import JwtTokens
from adapters.system.addresses import own_addresses
from adapters.system.clock import SystemClock
from application.accounts.hashing import AT_ONCE, HashingInTurns
from application.accounts.use_cases import AccountCases
from application.conversations.opening import Conversations
from application.conversations.places import Places
from application.conversations.resources import Patience
from application.devices.use_cases import DeviceCases
from application.health import CheckReadiness
from application.ports.cipher import Cipher
from application.ports.clock import Clock
from application.ports.password_hasher import PasswordHasher
from application.ports.scales import Scales
from application.ports.storage import Storage
from application.ports.tokens import Tokens
from application.ports.waiting_jobs import WaitingJobs
from application.products.file_history import (
    KeptFiles,
)
from application.products.uploading import UploadSettings
from application.products.use_cases import ProductCases
from application.renewal.use_cases import RenewalCases
from application.runs.use_cases import RunCases
from application.takeover.take_over import TakeOver
from domain.devices.networks import DeviceNetworks
from domain.renewal.schedule import ScheduleDefaults
from domain.renewal.time_zones import TimeZones
from domain.runs.job import Job
from entrypoints.scheduler.job_threads import eighth_of, kept_of
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from adapters.procrastinate.worker import Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The settings of the use cases."""

    zones: TimeZones
    patience: Patience = field(default_factory=Patience)
    schedule: ScheduleDefaults = field(default_factory=ScheduleDefaults)
    upload: UploadSettings = field(default_factory=UploadSettings)
    networks: DeviceNetworks = field(default_factory=DeviceNetworks.of)
    live_conversations: int = 8
    second_tries: int = 4
    hashing_waiting: int = 4
    files_kept: int = 10
    runs_kept: timedelta = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """Everything the outside world may ask for, by capability."""

    accounts: AccountCases
    devices: DeviceCases
    products: ProductCases
    renewal: RenewalCases
    runs: RunCases
    check_readiness: CheckReadiness
    take_over: TakeOver


def bootstrap(settings: Settings) -> UseCases:
    """Returns the use cases with the real adapters. It opens nothing yet."""
    storage, waiting_jobs, clock = _stored(settings)
    networks = replace(settings.device_networks, own=own_addresses)
    return wire(
        storage=storage,
        waiting_jobs=waiting_jobs,
        scales=MertechScales(
            clock,
            connect_timeout=settings.connect_timeout,
            reply_timeout=settings.default_timeout,
            networks=networks,
        ),
        clock=clock,
        hasher=BcryptHasher(),
        cipher=FernetCipher(settings.fernet_key),
        tokens=JwtTokens(settings.jwt_secret_key, settings.jwt_algorithm, settings.token_lifetime),
        options=Options(
            zones=TimeZones(settings.scheduler_timezone, settings.spread),
            patience=Patience(
                conversation=settings.conversation_timeout,
                busy_wait=settings.device_busy_wait,
                retries=settings.retries,
                retry_delay=settings.retry_delay,
            ),
            schedule=ScheduleDefaults(
                enabled=settings.scheduler_enabled, interval=settings.new_devices_interval
            ),
            upload=UploadSettings(
                clear_database=settings.clear_database_while_updating_products,
                find_faults=settings.products_fix_mode,
            ),
            networks=networks,
            live_conversations=settings.live_conversations,
            hashing_waiting=_left_for_waiting(settings),
            second_tries=eighth_of(
                settings.worker_concurrency
                if waiting_jobs is None
                else settings.scheduler_concurrency
            ),
            files_kept=settings.files_kept,
            runs_kept=settings.runs_kept,
        ),
    )


def _left_for_waiting(settings: Settings) -> int:
    """Returns how many passwords may wait to be hashed. Some threads always stay free for requests
    that need neither a device nor a hash."""
    return max(1, settings.threads - settings.live_conversations - AT_ONCE - 2)


def _stored(settings: Settings) -> tuple[Storage, WaitingJobs | None, Clock]:
    """Where machines share the database, jobs wait in Procrastinate's queues, where workers find
    them, and all go by the database's clock. Else they wait in a table of ours, where the scheduler
    process finds them."""
    engine = make_engine(settings.database_url)
    if backend_of(engine).shared:
        # Imported only here, to save the memory elsewhere.
        from adapters.procrastinate.jobs import ProcrastinateJobs

        return SqlStorage(engine, jobs=ProcrastinateJobs), None, SharedClock(engine, SystemClock())
    storage = SqlStorage(engine)
    return storage, SqlWaitingJobs(storage), SystemClock()


def worker_of(
    settings: Settings,
    do: Callable[[Job], None],
    *,
    patience: float,
    on_overdue: Callable[[], object],
) -> "Worker":
    """Returns a worker on the database of these settings, which has to be one that machines can
    share."""
    from adapters.procrastinate.worker import Worker

    engine = make_engine(settings.database_url)
    places = settings.worker_concurrency
    return Worker(
        backend_of(engine).driver_address(engine),
        do,
        places=places,
        kept=kept_of(places),
        patience=patience,
        on_overdue=on_overdue,
    )


def wire(
    *,
    storage: Storage,
    waiting_jobs: WaitingJobs | None = None,
    scales: Scales,
    clock: Clock,
    hasher: PasswordHasher,
    cipher: Cipher,
    tokens: Tokens,
    options: Options,
) -> UseCases:
    """The use cases, wired to whatever implements the ports.

    `waiting_jobs` are those of the storage; None where other processes get them by themselves.
    """
    hasher = HashingInTurns(hasher, waiting=options.hashing_waiting)
    zones, schedule, networks = options.zones, options.schedule, options.networks
    conversations = Conversations(
        storage=storage,
        scales=scales,
        clock=clock,
        cipher=cipher,
        patience=options.patience,
        places=Places(options.live_conversations),
        second_tries=BoundedSemaphore(options.second_tries),
    )
    files = KeptFiles(clock, options.files_kept)
    products = ProductCases.wired(
        storage=storage,
        conversations=conversations,
        files=files,
        clock=clock,
        zones=zones,
        upload=options.upload,
    )
    renewal = RenewalCases.wired(
        storage=storage,
        conversations=conversations,
        files=files,
        clock=clock,
        zones=zones,
        schedule=schedule,
        find_faults=options.upload.find_faults,
    )
    return UseCases(
        accounts=AccountCases.wired(storage=storage, hasher=hasher, tokens=tokens),
        devices=DeviceCases.wired(
            storage=storage,
            scales=scales,
            conversations=conversations,
            cipher=cipher,
            clock=clock,
            zones=zones,
            schedule=schedule,
            networks=networks,
        ),
        products=products,
        renewal=renewal,
        runs=RunCases.wired(
            storage=storage,
            waiting_jobs=waiting_jobs,
            conversations=conversations,
            clock=clock,
            products=products,
            renewal=renewal,
            runs_kept=options.runs_kept,
        ),
        check_readiness=CheckReadiness(storage, clock),
        take_over=TakeOver(
            storage=storage,
            hasher=hasher,
            cipher=cipher,
            clock=clock,
            schedule=schedule,
            networks=networks,
        ),
    )
