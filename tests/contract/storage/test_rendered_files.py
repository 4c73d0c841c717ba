"""What any storage promises of rendered files."""

import zlib
from dataclasses import replace

import pytest

from adapters.json_text import dumps
from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.rendered_files import RenderedFile
from application.ports.storage import Storage
from domain.accounts.user import UserId
from domain.devices.device import DeviceId
from domain.json_value import Json
from domain.products import editing
from domain.products.catalogue import Catalogue
from domain.products.edit import Edit
from domain.products.product_file import ProductFile
from tests.harness import stored
from tests.harness.stored import BREAD, FILE, MILK, NOON


def rendered(storage: Storage, catalogue: Catalogue) -> RenderedFile:
    """What the transaction that saves the catalogue finds then."""
    with storage.transaction() as tx:
        tx.catalogues.save(catalogue)
        file = tx.rendered_files.find(catalogue.device_id)
    assert file is not None
    return file


def test_there_is_none_before_the_first_read(storage: Storage) -> None:
    device = stored.stored_device(storage)
    with storage.snapshot() as tx:
        assert tx.rendered_files.find(device.id) is None
        assert tx.rendered_files.find(device.id, as_gzip=True) is None
        assert tx.rendered_files.owned_etag(device.owner_id, device.id) is None


def test_shows_the_file_with_its_edits_as_text(storage: Storage) -> None:
    device = stored.stored_device(storage)
    catalogue = replace(stored.catalogue(device.id), edits=(stored.edit(1, after=99.9),))
    document: Json = {**FILE.document, "products": [{**BREAD, "price": 99.9}, MILK]}
    expected = dumps({"products": document})
    assert "Хлеб".encode() in expected
    saved = rendered(storage, catalogue)
    assert saved.body == expected
    assert type(saved.body) is bytes
    with storage.snapshot() as tx:
        assert tx.rendered_files.find(device.id) == saved
        assert tx.rendered_files.owned_etag(device.owner_id, device.id) == saved.etag


def test_shows_the_file_as_it_is_where_nothing_waits(storage: Storage) -> None:
    device = stored.stored_device(storage)
    saved = rendered(storage, stored.catalogue(device.id))
    assert saved.body == dumps({"products": FILE.document})
    with storage.snapshot() as tx:
        assert tx.rendered_files.find(device.id) == saved


@pytest.mark.parametrize("edits", [(), (stored.edit(1),)], ids=["as read", "with an edit"])
@pytest.mark.parametrize("products", [0, 2, 20_000])
def test_shows_the_same_by_gzip(storage: Storage, products: int, edits: tuple[Edit, ...]) -> None:
    device = stored.stored_device(storage)
    many: list[Json] = [{**BREAD, "code": 7 + place} for place in range(products)]
    file = ProductFile.of({"products": many})
    saved = rendered(storage, replace(stored.catalogue(device.id, file), edits=edits))
    with storage.snapshot() as tx:
        shown = tx.rendered_files.find(device.id, as_gzip=True)
    assert shown is not None
    assert shown.etag == saved.etag
    # Browsers take one member, with nothing after it.
    member = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    assert member.decompress(shown.body) == saved.body
    assert member.eof
    assert member.unused_data == b""
    if products > 2:
        assert len(shown.body) * 10 < len(saved.body)


@pytest.mark.parametrize("read", [False, True])
def test_the_tag_is_for_the_owner_only(storage: Storage, *, read: bool) -> None:
    device = stored.stored_device(storage)
    if read:
        rendered(storage, stored.catalogue(device.id))
    with storage.transaction() as tx:
        other = stored.user(tx, "other@example.com")
    with storage.snapshot() as tx:
        for user, device_id in ((other, device.id), (device.owner_id, 999), (other, 2**64)):
            with pytest.raises(UnknownDeviceError):
                tx.rendered_files.owned_etag(UserId(user), DeviceId(device_id))


def test_the_tag_changes_with_what_is_shown_and_only_with_that(storage: Storage) -> None:
    device = stored.stored_device(storage)
    catalogue = stored.catalogue(device.id)
    edited = editing.edited(catalogue, 70, {"price": 30}, by=device.owner_id, at=NOON)
    again = editing.edited(edited, 70, {"price": 31}, by=device.owner_id, at=NOON)
    back = editing.edited(again, 70, {"price": 24.5}, by=device.owner_id, at=NOON)
    tags = []
    for each in (catalogue, edited, again, back, back.uploading(())):
        with storage.transaction() as tx:
            tx.catalogues.find(device.id)
            tx.catalogues.save(each)
            saved = tx.rendered_files.find(device.id)
        assert saved is not None
        with storage.snapshot() as tx:
            assert tx.rendered_files.find(device.id) == saved
            assert tx.rendered_files.owned_etag(device.owner_id, device.id) == saved.etag
        tags.append(saved.etag)
    plain, first, second = tags[0], tags[1], tags[2]
    assert len({plain, first, second}) == 3
    assert tags == [plain, first, second, plain, plain]
    assert '"' not in "".join(tags)


def test_tells_the_size_of_a_file(storage: Storage) -> None:
    device = stored.stored_device(storage)
    with storage.snapshot() as tx:
        assert tx.rendered_files.size(device.id) == 0
        assert tx.rendered_files.size(DeviceId(10**6)) == 0
    rendered(storage, Catalogue(device_id=device.id, file=FILE, read_at=NOON, moves=0))
    with storage.snapshot() as tx:
        assert tx.rendered_files.size(device.id) == len(dumps({"products": FILE.document}))


def test_what_was_prepared_is_saved_as_what_was_not(storage: Storage) -> None:
    device = stored.stored_device(storage)
    plain = Catalogue(device_id=device.id, file=FILE, read_at=NOON, moves=0)
    edited = editing.edited(plain, 70, {"odd": 1}, by=device.owner_id, at=NOON)
    for catalogue in (plain, edited, plain):
        with storage.snapshot() as tx:
            before = tx.catalogues.find(device.id)
        storage.prepare(catalogue)
        with storage.transaction() as tx:
            assert before is None or tx.catalogues.is_still(before)
            tx.catalogues.save(catalogue)
            saved = tx.rendered_files.find(device.id)
        assert saved is not None
        assert saved.body == dumps({"products": catalogue.shown.document})
        with storage.snapshot() as tx:
            assert tx.rendered_files.find(device.id) == saved
            assert tx.catalogues.find(device.id) == catalogue


@pytest.mark.parametrize("edits", [(), (stored.edit(1),)], ids=["as read", "with an edit"])
def test_what_was_just_saved_is_found_in_both_forms(
    storage: Storage, edits: tuple[Edit, ...]
) -> None:
    one, two = stored.stored_devices(storage, "one", "two")
    catalogue = replace(stored.catalogue(one), edits=edits)
    other = stored.catalogue(two, ProductFile.of({"products": [MILK]}))
    with storage.transaction() as tx:
        tx.catalogues.save(catalogue)
        tx.catalogues.save(other)
        text, by_gzip = tx.rendered_files.find(one), tx.rendered_files.find(one, as_gzip=True)
        theirs = tx.rendered_files.find(two)
        again = tx.catalogues.find(one)
        assert again == catalogue
        tx.catalogues.save(again)
        assert tx.rendered_files.find(one) == text
    assert text is not None
    assert by_gzip is not None
    assert theirs is not None
    assert text.body == dumps({"products": catalogue.shown.document})
    assert zlib.decompress(by_gzip.body, wbits=16 + zlib.MAX_WBITS) == text.body
    assert by_gzip.etag == text.etag
    assert theirs.body == dumps({"products": {"products": [MILK]}})
