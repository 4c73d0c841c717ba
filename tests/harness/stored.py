"""Things to put into a storage."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from application.ports.repositories.leases import Lease
from application.ports.repositories.runs import RunFilter
from application.ports.storage import Storage, Transaction
from domain.accounts.user import UserId
from domain.devices.device import Address, Device, DeviceDetails, DeviceId
from domain.json_value import Json, MaybeJson
from domain.products.catalogue import Catalogue
from domain.products.edit import Edit, EditVersion
from domain.products.product import ProductKey
from domain.products.product_file import ProductFile
from domain.renewal.schedule import AutoUpdate
from domain.runs.run import Run

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
CIPHERTEXT = "gAAAAA–шифр"
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
BREAD: dict[str, Json] = {"code": 7, "pluNumber": 70, "name": "Хлеб\nржаной", "price": 24.5}
MILK: dict[str, Json] = {"code": 8, "pluNumber": 80, "name": "Молоко", "price": 31}
FILE = ProductFile.of({"version": 2, "products": [BREAD, MILK], "плюс": {"x": [None, True]}})


def details(name: str = "Bakery") -> DeviceDetails:
    return DeviceDetails(
        name=name,
        description="By the door – слева",
        address=Address("fe80::1", 65535),
        protocol="TCP",
        encrypted_password=CIPHERTEXT,
    )


def user(tx: Transaction, email: str = "anna@example.com") -> UserId:
    return tx.users.add(email, "a hash").id


def device(tx: Transaction, owner_id: UserId | None = None, name: str = "Bakery") -> Device:
    """A device, by default of a new user who is named after it."""
    return tx.devices.add(owner_id or user(tx, f"{name}@example.com"), details(name))


def stored_device(storage: Storage, name: str = "Bakery") -> Device:
    with storage.transaction() as tx:
        return device(tx, name=name)


def stored_devices(storage: Storage, *names: str) -> Sequence[DeviceId]:
    return [stored_device(storage, name).id for name in names]


def catalogue(device_id: DeviceId, file: ProductFile = FILE) -> Catalogue:
    return Catalogue(device_id=device_id, file=file, read_at=NOON, moves=0)


def edit(
    version: int,
    *,
    before: MaybeJson = 24.5,
    after: Json = 25,
    product: ProductKey | None = None,
    field: str | None = "price",
    by: int = 1,
) -> Edit:
    return Edit(
        version=EditVersion(version),
        product=product or ProductKey("code", 7),
        field=field,
        before=before,
        after=after,
        by=UserId(by),
        at=NOON + version * SECOND,
    )


def runs_of(tx: Transaction, device: Device) -> list[Run]:
    return list(tx.runs.page(device.owner_id, RunFilter(device_id=device.id)))


def schedule(device_id: DeviceId, due_at: datetime | None = NOON) -> AutoUpdate:
    return AutoUpdate(
        device_id=device_id, enabled=due_at is not None, interval=12 * HOUR, due_at=due_at
    )


def taken(storage: Storage, device_id: DeviceId, lasts: timedelta = 15 * SECOND) -> Lease:
    """A lease that was free."""
    with storage.transaction() as tx:
        lease = tx.leases.take(device_id, lasts)
    assert lease is not None
    return lease
