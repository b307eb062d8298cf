"""Accounts: register, sign in, and what a user sees of the account."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from email_validator import EmailNotValidError, validate_email

from uploadm8.domain.accounts.attempts import Attempts
from uploadm8.domain.accounts.letters import LetterKind
from uploadm8.domain.accounts.post import Post
from uploadm8.domain.accounts.schemas import Credentials, Registration, UserView
from uploadm8.domain.accounts.sessions import Client, Pair, Sessions
from uploadm8.domain.accounts.tables import User
from uploadm8.domain.accounts.totp import SecondFactor
from uploadm8.errors import (
    ConflictError,
    FieldError,
    ForbiddenError,
    InvalidRequestError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from uploadm8.infra.audit import origin
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record_of_user
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import ACCOUNT_MAIL
from uploadm8.infra.jobs.queue import enqueue
from uploadm8.infra.security.passwords import Passwords

# Called in the transaction that makes the user, with its id and name: gives it a workspace.
OnRegistered = Callable[[UUID, str], Awaitable[object]]

# Called in the transaction that makes an invited user, with its id: takes the invitation up.
OnInvited = Callable[[UUID], Awaitable[None]]

_VIEW = (
    "id, email, display_name, role, email_verified_at IS NOT NULL AS email_verified,"
    " totp_enabled_at IS NOT NULL AS two_step, deletion_due_at, created_at"
)
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


class _TakenError(Exception):
    """Rolls a decoy registration back."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """People who can sign in.

    Attributes:
        on_registered: makes what every new user owns.
        must_verify: no session before the address is verified.
    """

    passwords: Passwords
    sessions: Sessions
    attempts: Attempts
    second_factor: SecondFactor
    post: Post
    on_registered: OnRegistered
    must_verify: bool

    async def register(self, new: Registration, client: Client) -> tuple[UserView, Pair] | None:
        """Make a user with a workspace and sign in; None when the address must be verified first.

        With `must_verify` the answer is None for taken addresses too, after the same work: what
        would have been written is written for a decoy and rolled back.

        Raises:
            InvalidRequestError: no address, or a password that is easy to guess.
            EmailTakenError: only without `must_verify`.
        """
        email = normalize_email(new.email)
        if not await self.attempts.hourly("register", email, client.network):
            raise TooManyRequestsError(retry_after=600, action="Try again later.")
        name = new.display_name.strip()
        await self.passwords.check_strength(new.password, (email, name))
        password_hash = await self.passwords.hash(new.password)
        try:
            async with transaction():
                return await self._register(email, password_hash, name, client)
        except _TakenError:
            await enqueue(
                ACCOUNT_MAIL,
                args={"kind": LetterKind.ALREADY_REGISTERED, "user": "", "to": email},
            )
            return None

    async def _register(
        self, email: str, password_hash: str, name: str, client: Client
    ) -> tuple[UserView, Pair] | None:
        user = await self._insert(email, password_hash, name)
        if user is None and not self.must_verify:
            raise EmailTakenError(action="Sign in, or reset the password.")
        user_id = new_id() if user is None else user.id
        if user is None:
            await self._insert(f"{user_id}@decoy.invalid", password_hash, name, user_id)
        await self.on_registered(user_id, name or email.partition("@")[0])
        await record_of_user(Action.REGISTERED, user_id, actor=origin.user(user_id))
        await self.post.send_link(user_id, LetterKind.VERIFY, email)
        if user is None:
            raise _TakenError
        if self.must_verify:
            return None
        return user, await self.sessions.open(user.id, client)

    async def register_invited(
        self, email: str, password: str, name: str, client: Client, joins: OnInvited
    ) -> tuple[UserView, Pair]:
        """Make a user whose address a mailed link has proved, and sign in.

        Args:
            email: the invited address.
            password: the new user's.
            name: how the user is called; may be empty.
            client: where the request comes from.
            joins: called first in the transaction, so that the inviting workspace is the default.

        Raises:
            InvalidRequestError: a password that is easy to guess.
            EmailTakenError: there is an account with the address.
        """
        if not await self.attempts.hourly("register", email, client.network):
            raise TooManyRequestsError(retry_after=600, action="Try again later.")
        await self.passwords.check_strength(password, (email, name))
        password_hash = await self.passwords.hash(password)
        async with transaction():
            user = await self._insert(email, password_hash, name.strip())
            if user is None:
                raise EmailTakenError(action="Sign in, and accept the invitation.")
            await self.confirm_address(user.id)
            await joins(user.id)
            await self.on_registered(user.id, name.strip() or email.partition("@")[0])
            await record_of_user(Action.REGISTERED, user.id, actor=origin.user(user.id))
            pair = await self.sessions.open(user.id, client)
        return await self.view(user.id), pair

    async def confirm_address(self, user_id: UUID) -> None:
        """Note that a mail reached the user's address."""
        await User.raw(
            "UPDATE users SET email_verified_at=COALESCE(email_verified_at, now()) WHERE id={}",
            user_id,
        )

    async def _insert(
        self, email: str, password_hash: str, name: str, user_id: UUID | None = None
    ) -> UserView | None:
        rows = await User.raw(_INSERT, user_id or new_id(), email, password_hash, name)
        return UserView(**rows[0]) if rows else None

    async def log_in(self, given: Credentials, client: Client) -> tuple[UserView, Pair]:
        """Sign in with address and password.

        Raises:
            TooManyRequestsError: too many failures for the account or from the address.
            InvalidCredentialsError: alike, and as late, for unknown addresses and wrong passwords.
            ForbiddenError: the password is right, but the user may not sign in.
            SecondFactorRequiredError: the password is right; a code is needed as well.
        """
        row = await self._by_email(given.email)
        attempt = await self.attempts.begin(given.email, client.network)
        stored = None if row is None else row["password_hash"]
        if not await self.passwords.verify(stored, given.password) or row is None:
            raise InvalidCredentialsError(action="Check both, or reset the password.")
        await self.attempts.succeed(attempt)
        self.check_open(row)
        if self.passwords.outdated(row["password_hash"]):
            await self._rehash(row["id"], given.password)
        if row["totp_enabled_at"] is not None:
            raise self.second_factor.required(row["id"])
        return await self._enter(row["id"], client)

    async def log_in_with_code(
        self, challenge: str, code: str, client: Client
    ) -> tuple[UserView, Pair]:
        """Finish signing in with a code of the authenticator, or a recovery code.

        Raises:
            InvalidCredentialsError: the code is wrong or was used before.
            BadTicketError: the challenge is not ours, or older than 5 minutes.
        """
        user_id = self.second_factor.challenged(challenge)
        user = await self.view(user_id)
        attempt = await self.attempts.begin(user.email, client.network)
        if not await self.second_factor.accept(user_id, code):
            raise InvalidCredentialsError(
                "The code is wrong or was used before.", code="invalid_code"
            )
        await self.attempts.succeed(attempt)
        row = await self._by_email(user.email)
        if row is None:
            raise UnauthenticatedError
        self.check_open(row)
        return await self._enter(user_id, client)

    async def _enter(self, user_id: UUID, client: Client) -> tuple[UserView, Pair]:
        async with transaction():
            if await self.sessions.is_new_place(user_id, client):
                facts = {"Device": client.device, "Address": client.address}
                await self.post.notify(user_id, LetterKind.NEW_SIGN_IN, facts)
            await User.raw("UPDATE users SET last_login_at=now() WHERE id={}", user_id)
            pair = await self.sessions.open(user_id, client)
            await record_of_user(Action.SIGNED_IN, user_id, actor=origin.user(user_id))
        return await self.view(user_id), pair

    def check_open(self, row: dict[str, Any]) -> None:
        """Refuse users who proved who they are, but may not come in.

        Raises:
            ForbiddenError: disabled, to be deleted, or not verified.
        """
        if row["disabled_at"] is not None:
            raise ForbiddenError(
                "This account is disabled.", code="user_disabled", action="Write to support."
            )
        if row["deletion_due_at"] is not None:
            raise ForbiddenError(
                "This account is about to be deleted.",
                code="account_deleted",
                action="To keep it, follow the link that was mailed to you.",
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
            "SELECT id, password_hash, disabled_at, deletion_due_at, email_verified_at,"
            " totp_enabled_at FROM users WHERE email={}",
            email.strip().lower(),
        )
        return rows[0] if rows else None


def normalize_email(email: str, field: str = "email") -> str:
    """The address as it is stored: checked, lower case.

    Raises:
        InvalidRequestError: it is not an address.
    """
    try:
        return validate_email(email.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise InvalidRequestError(fields=[FieldError(field, "is not an e-mail address")]) from None
