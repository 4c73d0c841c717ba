"""Editing one product of a device."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from application.ports.clock import Clock
from application.ports.storage import Storage, Transaction
from application.products.large_files import LargeFiles
from application.products.showing import ShownProducts
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.errors import CatalogueChangedError, NothingReadError
from domain.json_value import Json
from domain.products import editing


@dataclass(frozen=True, slots=True)
class EditProduct:
    """Change fields of one product. Nothing is sent to the device."""

    storage: Storage
    clock: Clock
    large_files: LargeFiles = field(default_factory=LargeFiles)

    def __call__(
        self,
        owner_id: UserId,
        device_id: DeviceId,
        plu: int,
        fields: Mapping[str, Json],
        *,
        only_if: Container[str] | None = None,
    ) -> ShownProducts:
        """With `only_if`, edits only products that still have one of these tags.

        Raises UnknownDeviceError, NothingReadError, CatalogueChangedError, UnknownProductError,
        AmbiguousProductError, InvalidFieldsError, TooManyEditsError, FileTooLargeError and
        TooManyFilesError.
        """

        def check(tx: Transaction) -> None:
            etag = tx.rendered_files.owned_etag(owner_id, device_id)
            if etag is None:
                raise NothingReadError
            if only_if is not None and etag not in only_if:
                raise CatalogueChangedError

        changed = self.large_files.change(
            self.storage,
            device_id,
            check,
            lambda catalogue: editing.edited(
                catalogue, plu, fields, by=owner_id, at=self.clock.now()
            ),
        )
        return ShownProducts(changed.shown, changed.after.shown.warnings())
