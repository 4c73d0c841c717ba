"""What any storage promises of users."""

import threading

import pytest

from application.ports.repositories.devices import UnknownDeviceError
from application.ports.repositories.users import EmailTakenError, UnknownUserError
from application.ports.storage import Storage
from domain.accounts.user import User, UserId
from domain.runs.run import RunKind
from tests.harness import stored
from tests.harness.stored import NOON

HASH = "$2b$12$hash"


def test_gives_back_every_field(storage: Storage) -> None:
    with storage.transaction() as tx:
        added = tx.users.add("Анна+1@Example.com", HASH)
    assert added == User(id=added.id, email="Анна+1@Example.com", password_hash=HASH)
    with storage.snapshot() as tx:
        assert tx.users.by_email("Анна+1@Example.com") == added
        assert list(tx.users.all()) == [added]
        assert tx.users.exists(added.id)
        assert tx.users.get(added.id) == added


@pytest.mark.parametrize("same", ["anna@example.com", "ANNA@EXAMPLE.COM", " Anna@example.com "])
def test_an_address_is_the_same_in_any_case(storage: Storage, same: str) -> None:
    with storage.transaction() as tx:
        anna = tx.users.add("Anna@Example.com", "a hash")
        with pytest.raises(EmailTakenError):
            tx.users.add(same, "another hash")
        assert tx.users.by_email(same) == anna


def test_an_address_is_the_same_in_any_case_of_any_script(storage: Storage) -> None:
    with storage.transaction() as tx:
        anna = tx.users.add("Straße@ПРИМЕР.рф", "a hash")
        with pytest.raises(EmailTakenError):
            tx.users.add("STRASSE@пример.РФ", "another hash")
        assert tx.users.by_email("strasse@Пример.рф") == anna


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("ａｎｎａ@example.com", "anna@example.com"),
        ("ﬁona@example.com", "FIONA@example.com"),
        ("jose\u0301@example.com", "josé@example.com"),
        ("x²@example.com", "x2@EXAMPLE.com"),
    ],
)
def test_an_address_is_the_same_however_unicode_writes_its_letters(
    storage: Storage, written: str, same: str
) -> None:
    for first, second in ((written, same), (same, written)):
        with storage.transaction() as tx:
            user = tx.users.add(first, "a hash")
            with pytest.raises(EmailTakenError):
                tx.users.add(second, "another hash")
            assert tx.users.by_email(first) == tx.users.by_email(second) == user
            tx.users.delete(user.id)


def test_knows_nobody_it_was_not_told_of(storage: Storage) -> None:
    with storage.transaction() as tx:
        anna = stored.user(tx)
        assert tx.users.by_email("nobody@example.com") is None
        assert not tx.users.exists(UserId(anna + 1))
        with pytest.raises(UnknownUserError):
            tx.users.get(UserId(anna + 1))
        with pytest.raises(UnknownUserError):
            tx.users.set_password_hash(UserId(anna + 1), "a hash")
        with pytest.raises(UnknownUserError):
            tx.users.delete(UserId(anna + 1))


def test_lists_by_id(storage: Storage) -> None:
    with storage.transaction() as tx:
        ids = [stored.user(tx, f"{name}@example.com") for name in "cab"]
        assert ids == sorted(ids)
        assert [user.id for user in tx.users.all()] == ids


def test_sets_the_password_of_one(storage: Storage) -> None:
    with storage.transaction() as tx:
        anna, boris = stored.user(tx, "anna@example.com"), stored.user(tx, "boris@example.com")
        tx.users.set_password_hash(anna, "new")
    with storage.snapshot() as tx:
        hashes = {user.id: user.password_hash for user in tx.users.all()}
    assert hashes == {anna: "new", boris: "a hash"}


def test_replaces_a_hash_only_where_it_is_still_the_former_one(storage: Storage) -> None:
    with storage.transaction() as tx:
        anna, boris = stored.user(tx, "anna@example.com"), stored.user(tx, "boris@example.com")
        assert tx.users.replace_password_hash(anna, "a hash", "new")
        assert not tx.users.replace_password_hash(anna, "a hash", "newer")
        assert not tx.users.replace_password_hash(UserId(boris + 1), "a hash", "newer")
    with storage.snapshot() as tx:
        hashes = {user.id: user.password_hash for user in tx.users.all()}
    assert hashes == {anna: "new", boris: "a hash"}


def test_adopts_a_user_with_the_id_they_have(storage: Storage) -> None:
    anna = User(id=UserId(41), email="Anna@example.com", password_hash=HASH)
    earlier = User(id=UserId(7), email="boris@example.com", password_hash=HASH)
    with storage.transaction() as tx:
        tx.users.adopt(anna)
        tx.users.adopt(earlier)
        with pytest.raises(EmailTakenError):
            tx.users.adopt(User(id=UserId(42), email="ANNA@example.com", password_hash=HASH))
    with storage.transaction() as tx:
        assert list(tx.users.all()) == [earlier, anna]
        assert stored.user(tx, "new@example.com") > anna.id


def test_an_id_is_never_given_again(storage: Storage) -> None:
    with storage.transaction() as tx:
        anna = stored.user(tx)
    with storage.transaction() as tx:
        tx.users.delete(anna)
    with storage.transaction() as tx:
        assert stored.user(tx) > anna


def test_takes_all_that_is_theirs_along(storage: Storage) -> None:
    with storage.transaction() as tx:
        mine, others = stored.device(tx, name="mine"), stored.device(tx, name="others")
        tx.catalogues.save(stored.catalogue(mine.id))
        tx.schedules.save(stored.schedule(mine.id))
    stored.taken(storage, mine.id)
    with storage.transaction() as tx:
        tx.users.delete(mine.owner_id)
    with storage.snapshot() as tx:
        assert [user.id for user in tx.users.all()] == [others.owner_id]
        with pytest.raises(UnknownDeviceError):
            tx.devices.get(mine.id)
        assert tx.catalogues.find(mine.id) is None
        assert tx.schedules.find(mine.id) is None
        assert tx.devices.get(others.id) == others


def test_leaves_the_runs_they_asked_for_on_devices_of_others(storage: Storage) -> None:
    device = stored.stored_device(storage)
    lease = stored.taken(storage, device.id)
    with storage.transaction() as tx:
        helper = stored.user(tx, "helper@example.com")
        run_id = tx.runs.start(lease, kind=RunKind.READ, asked_by=helper, at=NOON)
        tx.users.delete(helper)
    with storage.snapshot() as tx:
        assert [(run.id, run.asked_by) for run in stored.runs_of(tx, device)] == [(run_id, None)]


def test_of_eight_who_register_one_address_at_once_one_gets_it(storage: Storage) -> None:
    together, outcomes = threading.Barrier(8), []

    def register(number: int) -> None:
        together.wait(10)
        try:
            with storage.transaction() as tx:
                tx.users.add("anna@example.com", f"hash {number}")
            outcomes.append("added")
        except EmailTakenError:
            outcomes.append("taken")

    threads = [threading.Thread(target=register, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["added"] + 7 * ["taken"]
