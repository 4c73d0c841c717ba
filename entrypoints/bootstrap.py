"""The one place that knows every concrete class."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
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
from application.accounts.registration import (
    DeleteUser,
    FindUser,
    ListUsers,
    RegisterUser,
    SetPassword,
)
from application.accounts.signing_in import Identify, SignIn
from application.conversations.lease_keeper import LEASE
from application.conversations.opening import Conversations
from application.conversations.places import Places
from application.conversations.resources import Patience
from application.devices.fleet_overview import ShowFleet
from application.devices.registration import (
    AddDevice,
    ChangeDevice,
    ClearRefusals,
    ListDevices,
    RemoveDevice,
    ShowDevice,
)
from application.devices.status import ShowStatus
from application.health import CheckReadiness
from application.ports.cipher import Cipher
from application.ports.clock import Clock
from application.ports.password_hasher import PasswordHasher
from application.ports.scales import Scales
from application.ports.storage import Storage
from application.ports.tokens import Tokens
from application.ports.waiting_jobs import WaitingJobs
from application.products.bulk_editing import EditOnDevices
from application.products.file_history import (
    CompareFiles,
    KeptFiles,
    ListFormerFiles,
    RestoreFile,
    ShowFormerFile,
)
from application.products.label_check import CheckForgottenLabels, CheckLabels
from application.products.large_files import LargeFiles
from application.products.pending_edits import DiscardEdits, ListEdits
from application.products.reading import EditProduct, ReadProducts, ShowCachedProducts
from application.products.uploading import UploadProducts, UploadSettings
from application.renewal.exceptions import ListRenewalExceptions, SetRenewalExceptions
from application.renewal.renew_dates import RenewDates
from application.renewal.schedules import (
    ChangeAutoUpdate,
    FollowServiceZone,
    ShowAutoUpdate,
)
from application.runs.batches import RetryBatch, ShowBatch, StartBatch
from application.runs.do_job import DoJob
from application.runs.due_devices import DeferDueDevices
from application.runs.history import ListRuns, PruneRuns
from application.takeover.take_over import MoveIn
from domain.devices.networks import DeviceNetworks
from domain.renewal.schedule import ScheduleDefaults
from domain.renewal.time_zones import TimeZones
from domain.runs.job import Job
from entrypoints.scheduler.job_threads import Claim, eighth_of, kept_of
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from adapters.procrastinate.worker import Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the use cases are told of an installation."""

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
    """Everything the outside world may ask for."""

    register_user: RegisterUser
    sign_in: SignIn
    identify: Identify
    list_users: ListUsers
    find_user: FindUser
    set_password: SetPassword
    delete_user: DeleteUser
    list_devices: ListDevices
    show_device: ShowDevice
    add_device: AddDevice
    change_device: ChangeDevice
    remove_device: RemoveDevice
    clear_refusals: ClearRefusals
    read_products: ReadProducts
    show_cached_products: ShowCachedProducts
    edit_product: EditProduct
    edit_on_devices: EditOnDevices
    show_status: ShowStatus
    list_edits: ListEdits
    discard_edits: DiscardEdits
    upload_products: UploadProducts
    list_former_files: ListFormerFiles
    show_former_file: ShowFormerFile
    compare_files: CompareFiles
    restore_file: RestoreFile
    show_fleet: ShowFleet
    list_runs: ListRuns
    prune_runs: PruneRuns
    show_auto_update: ShowAutoUpdate
    change_auto_update: ChangeAutoUpdate
    check_labels: CheckLabels
    check_forgotten_labels: CheckForgottenLabels
    list_renewal_exceptions: ListRenewalExceptions
    set_renewal_exceptions: SetRenewalExceptions
    renew_dates: RenewDates
    start_batch: StartBatch
    show_batch: ShowBatch
    retry_batch: RetryBatch
    defer_due_devices: DeferDueDevices
    do_job: DoJob
    claim_jobs: Claim | None
    follow_service_zone: FollowServiceZone
    check_readiness: CheckReadiness
    move_in: MoveIn


def bootstrap(settings: Settings) -> UseCases:
    """The use cases, wired to the real world. Nothing is opened yet."""
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
    """How many passwords may wait to be hashed: some threads are always left for requests that
    neither talk to devices nor hash."""
    return max(1, settings.threads - settings.live_conversations - AT_ONCE - 2)


def _stored(settings: Settings) -> tuple[Storage, WaitingJobs | None, Clock]:
    """Where machines share the database, jobs wait in Procrastinate's queues, where workers find
    them, and all go by the database's clock. Else they wait in a table of ours, where the scheduler
    process finds them."""
    engine = make_engine(settings.database_url)
    if backend_of(engine).shared:
        # Imported only here: it takes memory that nobody else needs.
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
    """A worker on the database of these settings, which machines must be able to share."""
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
    files = KeptFiles(clock, options.files_kept)
    large_files = LargeFiles()
    conversations = Conversations(
        storage=storage,
        scales=scales,
        clock=clock,
        cipher=cipher,
        patience=options.patience,
        places=Places(options.live_conversations),
        second_tries=BoundedSemaphore(options.second_tries),
    )
    read = ReadProducts(storage, conversations, files, clock)
    upload = UploadProducts(storage, conversations, files, clock, options.upload)
    renew = RenewDates(storage, conversations, files, clock, zones, options.upload.find_faults)
    return UseCases(
        register_user=RegisterUser(storage, hasher),
        sign_in=SignIn(storage, hasher, tokens),
        identify=Identify(storage, tokens),
        list_users=ListUsers(storage),
        find_user=FindUser(storage),
        set_password=SetPassword(storage, hasher),
        delete_user=DeleteUser(storage),
        list_devices=ListDevices(storage, clock),
        show_device=ShowDevice(storage),
        add_device=AddDevice(storage, scales, cipher, clock, schedule, networks),
        change_device=ChangeDevice(storage, scales, cipher, clock, zones, networks),
        remove_device=RemoveDevice(storage),
        clear_refusals=ClearRefusals(storage, scales, clock),
        show_status=ShowStatus(storage, conversations, clock, zones),
        read_products=read,
        show_cached_products=ShowCachedProducts(storage),
        edit_product=EditProduct(storage, clock, large_files),
        edit_on_devices=EditOnDevices(storage, clock, large_files),
        list_edits=ListEdits(storage, large_files),
        discard_edits=DiscardEdits(storage, clock, large_files),
        upload_products=upload,
        list_former_files=ListFormerFiles(storage),
        show_former_file=ShowFormerFile(storage, large_files),
        compare_files=CompareFiles(storage, large_files),
        restore_file=RestoreFile(storage, clock, zones, large_files),
        show_fleet=ShowFleet(storage, clock, zones),
        list_runs=ListRuns(storage),
        prune_runs=PruneRuns(storage, clock, options.runs_kept),
        show_auto_update=ShowAutoUpdate(storage, clock, schedule),
        change_auto_update=ChangeAutoUpdate(storage, clock, zones, schedule),
        check_labels=CheckLabels(storage, clock, zones, large_files),
        check_forgotten_labels=CheckForgottenLabels(storage),
        list_renewal_exceptions=ListRenewalExceptions(storage),
        set_renewal_exceptions=SetRenewalExceptions(storage),
        renew_dates=renew,
        start_batch=StartBatch(storage, clock),
        show_batch=ShowBatch(storage),
        retry_batch=RetryBatch(storage),
        defer_due_devices=DeferDueDevices(storage, clock),
        do_job=DoJob(storage, conversations, clock, read, upload, renew),
        claim_jobs=None if waiting_jobs is None else partial(waiting_jobs.claim, lasts=LEASE),
        follow_service_zone=FollowServiceZone(storage, clock, zones),
        check_readiness=CheckReadiness(storage, clock),
        move_in=MoveIn(
            storage=storage,
            hasher=hasher,
            cipher=cipher,
            clock=clock,
            schedule=schedule,
            networks=networks,
        ),
    )
