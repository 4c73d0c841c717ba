"""Many devices of two owners, with the storage in memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from application.products.bulk_editing import DeviceEdit, ProductEdit
from domain.accounts.user import UserId
from domain.devices.device import DeviceDetails, DeviceId
from domain.json_value import Json
from domain.products.catalogue import Catalogue
from domain.products.product import NumberKind, Product
from domain.products.product_file import ProductFile
from tests.fakes.clock import FakeClock
from tests.fakes.scales import FakeScales
from tests.fakes.storage import InMemoryStorage, InMemoryTransaction
from tests.harness.installation import HERE, Installation
from tests.harness.products import NOON, file_of

GONE = DeviceId(999)


class CountingStorage(InMemoryStorage):
    """Counts the writings, and acts before each as a test wants it."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.before_writing: Callable[[], object] = lambda: None
        self.writings = 0

    @contextmanager
    def transaction(self) -> Iterator[InMemoryTransaction]:
        self.writings += 1
        self.before_writing()
        with super().transaction() as tx:
            yield tx


class ManyDevices(Installation[CountingStorage, FakeScales, FakeClock]):
    """Devices of two owners."""

    def __init__(self) -> None:
        clock = FakeClock()
        super().__init__(CountingStorage(clock), FakeScales(clock), clock)
        self.anna, self.boris = self.register(), self.register("boris@example.org")

    def add(self, *products: Product, owner: UserId | None = None) -> DeviceId:
        """A device that was read."""
        device_id = self.add_unread(owner=owner)
        self.put(device_id, file_of(*products))
        return device_id

    def add_unread(self, *, owner: UserId | None = None) -> DeviceId:
        with self.storage.transaction() as tx:
            added = tx.devices.add(
                owner or self.anna,
                DeviceDetails(
                    name=f"Counter {self.storage.writings}",
                    description="",
                    address=HERE,
                    protocol="TCP",
                    encrypted_password="x",  # noqa: S106  # nobody's
                ),
            )
        return added.id

    def put(self, device_id: DeviceId, file: ProductFile) -> None:
        with self.storage.transaction() as tx:
            tx.catalogues.save(Catalogue(device_id=device_id, file=file, read_at=NOON, moves=0))

    def shown(self, device_id: DeviceId) -> list[Product]:
        catalogue = self.catalogue_of(device_id)
        assert catalogue is not None
        return catalogue.shown.products

    def edit(
        self,
        kind: NumberKind,
        number: int,
        fields: Mapping[str, Json],
        device_ids: Sequence[DeviceId] | None = None,
    ) -> Sequence[DeviceEdit]:
        """As Anna, on these devices, or on all of hers."""
        edit = ProductEdit(owner_id=self.anna, kind=kind, number=number, fields=fields)
        return self.cases.products.edit_on_devices(edit, device_ids)
