"""What any cipher must do; run against the fake and Fernet."""

from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from adapters.security.cipher import FernetCipher
from application.ports.cipher import Cipher, UnreadableSecretError
from tests.fakes.security import FakeCipher

MakeCipher = Callable[[], Cipher]
KEY = Fernet.generate_key().decode()


@pytest.fixture(params=["fake", "Fernet"])
def with_other_key(request: pytest.FixtureRequest) -> MakeCipher:
    if request.param == "fake":
        return lambda: FakeCipher("another")
    return lambda: FernetCipher(Fernet.generate_key().decode())


@pytest.fixture
def cipher(request: pytest.FixtureRequest, with_other_key: MakeCipher) -> Cipher:
    return FakeCipher() if isinstance(with_other_key(), FakeCipher) else FernetCipher(KEY)


def test_another_key_does_not_read_it(cipher: Cipher, with_other_key: MakeCipher) -> None:
    with pytest.raises(UnreadableSecretError):
        with_other_key().decrypt(cipher.encrypt("1234"))


@pytest.mark.parametrize("text", ["", "1234", "gAAAAA", "ключ", "\ud800", "\0", "a:b:c", "=" * 99])
def test_what_was_never_encrypted_cannot_be_read(cipher: Cipher, text: str) -> None:
    with pytest.raises(UnreadableSecretError):
        cipher.decrypt(text)


@pytest.mark.parametrize("secret", ["1234", "", "~!: ", "пароль", "漢\0\n"])
def test_reads_what_it_encrypted(cipher: Cipher, secret: str) -> None:
    encrypted = cipher.encrypt(secret)
    assert secret == "" or secret not in encrypted
    assert cipher.decrypt(encrypted) == secret


def test_encrypts_to_another_text_each_time(cipher: Cipher) -> None:
    assert cipher.encrypt("1234") != cipher.encrypt("1234")


@given(st.text())
def test_no_text_makes_the_real_one_fail_in_another_way(text: str) -> None:
    with pytest.raises(UnreadableSecretError):
        FernetCipher(KEY).decrypt(text)


def test_a_changed_letter_is_noticed() -> None:
    encrypted = FernetCipher(KEY).encrypt("1234")
    changed = encrypted[:40] + ("A" if encrypted[40] != "A" else "B") + encrypted[41:]
    with pytest.raises(UnreadableSecretError):
        FernetCipher(KEY).decrypt(changed)


@pytest.mark.parametrize("key", ["", "short", "ключ", KEY[:-1]], ids=["", "short", "ключ", "cut"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        FernetCipher(key)
