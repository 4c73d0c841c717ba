"""Product files as they will stand in the tables, worked out before they are written."""

from hashlib import sha256
from typing import NamedTuple

from adapters.database.packing import packed
from adapters.database.recent_files import WhileInUse
from adapters.json_text import dumps
from domain.products.product_file import ProductFile


class PreparedFile(NamedTuple):
    """A file as clients see it, and as it stands in the tables."""

    text: bytes
    body: bytes
    digest: str
    """Tells one product file from another. That of the body, which is quickly computed."""

    @classmethod
    def of(cls, file: ProductFile) -> "PreparedFile":
        """Renders the file: the costly part of saving it."""
        text = dumps({"products": file.document})
        body = packed(text)
        return cls(text, body, sha256(body).hexdigest()[:32])


class PreparedFiles(WhileInUse[PreparedFile]):
    """Kept for as long as the product files are in use."""

    def prepare(self, file: ProductFile) -> None:
        """Render it now."""
        if self.get(file) is None:
            self.keep(file, PreparedFile.of(file))

    def rendered(self, file: ProductFile) -> PreparedFile:
        """As it was prepared, or rendered now."""
        return self.get(file) or PreparedFile.of(file)
