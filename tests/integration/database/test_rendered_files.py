"""How seldom the database renders a file."""

from pathlib import Path

import pytest

from adapters.database import prepared_files
from adapters.database.repositories import rendered_files
from adapters.database.storage import SqlStorage
from adapters.json_text import dumps
from application.products.editing import EditProduct
from domain.json_value import Json
from tests.fakes.clock import FakeClock
from tests.harness import stored
from tests.harness.sqlite import up_to_date


def test_an_edit_renders_the_file_once_and_unpacks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with up_to_date(tmp_path / "shop.db") as engine:
        storage = SqlStorage(engine)
        device = stored.stored_device(storage)
        with storage.transaction() as tx:
            tx.catalogues.save(stored.catalogue(device.id))
        rendered: list[Json] = []

        def counted(value: Json) -> bytes:
            rendered.append(value)
            return dumps(value)

        def unpacked(body: bytes) -> bytes:
            raise AssertionError(body)

        monkeypatch.setattr(prepared_files, "dumps", counted)
        monkeypatch.setattr(rendered_files, "unpacked", unpacked)
        edited = EditProduct(storage, FakeClock())(device.owner_id, device.id, 70, {"price": 2})
        assert len(rendered) == 1
        assert edited.file.body == dumps(rendered[0])
