"""Accounts: register, sign in, and what a user sees of the account."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from email_validator import EmailNotValidError, validate_email

from uploadm8.domain.accounts.schemas import Credentials, Registration, UserView
from uploadm8.domain.accounts.sessions import Client, Pair, Sessions
from uploadm8.domain.accounts.tables import User
from uploadm8.errors import (
    ConflictError,
    FieldError,
    ForbiddenError,
    InvalidRequestError,
    UnauthenticatedError,
)
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.security.passwords import Passwords

# Called in the transaction that makes the user, with its id and name: gives it a workspace.
OnRegistered = Callable[[UUID, str], Awaitable[object]]

_VIEW = "id, email, display_name, role, email_verified_at IS NOT NULL AS email_verified, created_at"


_INSERT = (
    "INSERT INTO users (id, email, password_hash, display_name) VALUES ({}, {}, {}, {})"  # noqa: S608
    f" ON CONFLICT (email) DO NOTHING RETURNING {_VIEW}"
)
_SELECT = f"SELECT {_VIEW} FROM users WHERE id={{}}"  # noqa: S608  a constant


class InvalidCredentialsError(UnauthenticatedError):
    """E-mail address or password is wrong."""

    code = "invalid_credentials"


class EmailTakenError(ConflictError):
    """There is an account with this address already."""

    code = "email_taken"


@dataclass(frozen=True, slots=True)
class Accounts:
    """People who can sign in.

    Attributes:
        on_registered: makes what every new user owns.
        must_verify: no session before the address is verified.
        origins: browser origins that may send the refresh cookie.
    """

    passwords: Passwords
    sessions: Sessions
    on_registered: OnRegistered
    must_verify: bool
    origins: tuple[str, ...]

    async def register(self, new: Registration, client: Client) -> tuple[UserView, Pair] | None:
        """Make a user with a workspace and sign in; None when the address must be verified first.

        With `must_verify` the answer is None for taken addresses too, after the same work.

        Raises:
            EmailTakenError: only without `must_verify`.
        """
        email = normalize_email(new.email)
        password_hash = await self.passwords.hash(new.password)
        async with transaction():
            user = await self._insert(email, password_hash, new.display_name.strip())
            if user is None:
                if self.must_verify:
                    return None
                raise EmailTakenError(action="Sign in, or reset the password.")
            await self.on_registered(user.id, user.display_name or email.partition("@")[0])
            if self.must_verify:
                return None
            return user, await self.sessions.open(user.id, client)

    async def _insert(self, email: str, password_hash: str, name: str) -> UserView | None:
        rows = await User.raw(
            _INSERT,
            new_id(),
            email,
            password_hash,
            name,
        )
        return UserView(**rows[0]) if rows else None

    async def log_in(self, given: Credentials, client: Client) -> tuple[UserView, Pair]:
        """Sign in with address and password.

        Raises:
            InvalidCredentialsError: alike, and as late, for unknown addresses and wrong passwords.
            ForbiddenError: the password is right, but the user is disabled or unverified.
        """
        row = await self._by_email(given.email)
        stored = None if row is None else row["password_hash"]
        if not await self.passwords.verify(stored, given.password) or row is None:
            raise InvalidCredentialsError(action="Check both, or reset the password.")
        self._check_open(row)
        if self.passwords.outdated(row["password_hash"]):
            await self._rehash(row["id"], given.password)
        async with transaction():
            await User.raw("UPDATE users SET last_login_at=now() WHERE id={}", row["id"])
            pair = await self.sessions.open(row["id"], client)
        return await self.view(row["id"]), pair

    def _check_open(self, row: dict[str, Any]) -> None:
        if row["disabled_at"] is not None:
            raise ForbiddenError(
                "This account is disabled.", code="user_disabled", action="Write to support."
            )
        if self.must_verify and row["email_verified_at"] is None:
            raise ForbiddenError(
                "The address has not been verified yet.",
                code="email_unverified",
                action="Follow the link that was mailed to you.",
            )

    async def _rehash(self, user_id: UUID, password: str) -> None:
        stronger = await self.passwords.hash(password)
        await User.raw("UPDATE users SET password_hash={} WHERE id={}", stronger, user_id)

    async def view(self, user_id: UUID) -> UserView:
        """The user as that user sees it.

        Raises:
            UnauthenticatedError: there is no such user any more.
        """
        rows = await User.raw(_SELECT, user_id)
        if not rows:
            raise UnauthenticatedError
        return UserView(**rows[0])

    async def _by_email(self, email: str) -> dict[str, Any] | None:
        rows: list[dict[str, Any]] = await User.raw(
            "SELECT id, password_hash, disabled_at, email_verified_at FROM users WHERE email={}",
            email.strip().lower(),
        )
        return rows[0] if rows else None


def normalize_email(email: str) -> str:
    """The address as it is stored: checked, lower case.

    Raises:
        InvalidRequestError: it is not an address.
    """
    try:
        return validate_email(email.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise InvalidRequestError(
            fields=[FieldError("email", "is not an e-mail address")]
        ) from None
