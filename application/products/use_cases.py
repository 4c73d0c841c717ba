"""What may be asked about products."""

from dataclasses import dataclass
from typing import Self

from application.conversations.opening import Conversations
from application.ports.clock import Clock
from application.ports.storage import Storage
from application.products.bulk_editing import EditOnDevices
from application.products.editing import EditProduct
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
from application.products.reading import ReadProducts
from application.products.showing import ShowCachedProducts
from application.products.uploading import UploadProducts, UploadSettings
from domain.renewal.time_zones import TimeZones


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductCases:
    """The use cases of products: reading, editing, uploading, and what devices held before."""

    read: ReadProducts
    show_cached: ShowCachedProducts
    edit: EditProduct
    edit_on_devices: EditOnDevices
    list_edits: ListEdits
    discard_edits: DiscardEdits
    upload: UploadProducts
    list_former_files: ListFormerFiles
    show_former_file: ShowFormerFile
    compare_files: CompareFiles
    restore_file: RestoreFile
    check_labels: CheckLabels
    check_forgotten_labels: CheckForgottenLabels

    @classmethod
    def wired(
        cls,
        *,
        storage: Storage,
        conversations: Conversations,
        files: KeptFiles,
        clock: Clock,
        zones: TimeZones,
        upload: UploadSettings,
    ) -> Self:
        """With these parts behind them. They share one bound on large files."""
        large_files = LargeFiles()
        return cls(
            read=ReadProducts(storage, conversations, files, clock),
            show_cached=ShowCachedProducts(storage),
            edit=EditProduct(storage, clock, large_files),
            edit_on_devices=EditOnDevices(storage, clock, large_files),
            list_edits=ListEdits(storage, large_files),
            discard_edits=DiscardEdits(storage, clock, large_files),
            upload=UploadProducts(storage, conversations, files, clock, upload),
            list_former_files=ListFormerFiles(storage),
            show_former_file=ShowFormerFile(storage, large_files),
            compare_files=CompareFiles(storage, large_files),
            restore_file=RestoreFile(storage, clock, zones, large_files),
            check_labels=CheckLabels(storage, clock, zones, large_files),
            check_forgotten_labels=CheckForgottenLabels(storage),
        )
