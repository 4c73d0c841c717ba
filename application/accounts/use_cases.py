"""What may be asked about accounts."""

from dataclasses import dataclass
from typing import Self

from application.accounts.registration import (
    DeleteUser,
    FindUser,
    ListUsers,
    RegisterUser,
    SetPassword,
)
from application.accounts.signing_in import Identify, SignIn
from application.ports.password_hasher import PasswordHasher
from application.ports.storage import Storage
from application.ports.tokens import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCases:
    """The use cases of accounts."""

    register: RegisterUser
    sign_in: SignIn
    identify: Identify
    list: ListUsers
    find: FindUser
    set_password: SetPassword
    delete: DeleteUser

    @classmethod
    def wired(cls, *, storage: Storage, hasher: PasswordHasher, tokens: Tokens) -> Self:
        """With these ports behind them."""
        return cls(
            register=RegisterUser(storage, hasher),
            sign_in=SignIn(storage, hasher, tokens),
            identify=Identify(storage, tokens),
            list=ListUsers(storage),
            find=FindUser(storage),
            set_password=SetPassword(storage, hasher),
            delete=DeleteUser(storage),
        )
