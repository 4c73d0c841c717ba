"""The one place that knows every concrete class."""

from dataclasses import dataclass

from adapters.database.engine import make_engine
from adapters.database.storage import SqlStorage
from adapters.mertech.scales import MertechScales
from adapters.security.cipher import FernetCipher
from adapters.security.passwords import BcryptHasher
from adapters.security.tokens import JwtTokens
from adapters.system.clock import SystemClock
from application.accounts import (
    DeleteUser,
    Identify,
    ListUsers,
    RegisterUser,
    SetPassword,
    SignIn,
)
from application.auto_update import (
    ChangeAutoUpdate,
    ClaimDueDevices,
    FollowServiceZone,
    RenewDates,
    ShowAutoUpdate,
    TimeZones,
)
from application.conversations import Conversations, Patience
from application.devices import (
    AddDevice,
    ChangeDevice,
    ListDevices,
    RemoveDevice,
    ScheduleDefaults,
    ShowDevice,
)
from application.health import CheckReadiness
from application.ports.clock import Clock
from application.ports.scales import Scales
from application.ports.security import Cipher, PasswordHasher, Tokens
from application.ports.storage import Storage
from application.products import EditProduct, ReadProducts, ShowCachedProducts, UploadProducts
from entrypoints.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """Everything the outside world may ask for."""

    register_user: RegisterUser
    sign_in: SignIn
    identify: Identify
    list_users: ListUsers
    set_password: SetPassword
    delete_user: DeleteUser
    list_devices: ListDevices
    show_device: ShowDevice
    add_device: AddDevice
    change_device: ChangeDevice
    remove_device: RemoveDevice
    read_products: ReadProducts
    show_cached_products: ShowCachedProducts
    edit_product: EditProduct
    upload_products: UploadProducts
    show_auto_update: ShowAutoUpdate
    change_auto_update: ChangeAutoUpdate
    claim_due_devices: ClaimDueDevices
    renew_dates: RenewDates
    follow_service_zone: FollowServiceZone
    check_readiness: CheckReadiness


def bootstrap(settings: Settings) -> UseCases:
    """The use cases, wired to the real world. Nothing is opened yet."""
    clock = SystemClock()
    return wire(
        storage=SqlStorage(make_engine(settings.database_url)),
        scales=MertechScales(
            clock,
            connect_timeout=settings.connect_timeout,
            reply_timeout=settings.default_timeout,
        ),
        clock=clock,
        hasher=BcryptHasher(),
        cipher=FernetCipher(settings.fernet_key),
        tokens=JwtTokens(settings.jwt_secret_key, settings.jwt_algorithm, settings.token_lifetime),
        patience=Patience(
            conversation=settings.conversation_timeout,
            busy_wait=settings.device_busy_wait,
            retries=settings.retries,
            retry_delay=settings.retry_delay,
        ),
        schedule=ScheduleDefaults(
            enabled=settings.scheduler_enabled, interval=settings.new_devices_interval
        ),
        zones=TimeZones(settings.scheduler_timezone),
        clear_database=settings.clear_database_while_updating_products,
    )


def wire(
    *,
    storage: Storage,
    scales: Scales,
    clock: Clock,
    hasher: PasswordHasher,
    cipher: Cipher,
    tokens: Tokens,
    patience: Patience,
    schedule: ScheduleDefaults,
    zones: TimeZones,
    clear_database: bool,
) -> UseCases:
    """The use cases, wired to whatever implements the ports."""
    conversations = Conversations(
        storage=storage, scales=scales, clock=clock, cipher=cipher, patience=patience
    )
    return UseCases(
        register_user=RegisterUser(storage, hasher),
        sign_in=SignIn(storage, hasher, tokens),
        identify=Identify(storage, tokens),
        list_users=ListUsers(storage),
        set_password=SetPassword(storage, hasher),
        delete_user=DeleteUser(storage),
        list_devices=ListDevices(storage),
        show_device=ShowDevice(storage),
        add_device=AddDevice(storage, cipher, clock, schedule),
        change_device=ChangeDevice(storage, cipher),
        remove_device=RemoveDevice(storage),
        read_products=ReadProducts(storage, conversations, clock),
        show_cached_products=ShowCachedProducts(storage),
        edit_product=EditProduct(storage, clock),
        upload_products=UploadProducts(storage, conversations, clock, clear_database),
        show_auto_update=ShowAutoUpdate(storage, clock, schedule),
        change_auto_update=ChangeAutoUpdate(storage, clock, zones, schedule),
        claim_due_devices=ClaimDueDevices(storage, clock),
        renew_dates=RenewDates(storage, conversations, clock, zones),
        follow_service_zone=FollowServiceZone(storage, zones),
        check_readiness=CheckReadiness(storage),
    )
