"""Changing what a user signs in with: verification, reset, new password, new address, step-up."""

from dataclasses import dataclass
from uuid import UUID

from uploadm8.domain.accounts.attempts import Attempts
from uploadm8.domain.accounts.letters import LetterKind
from uploadm8.domain.accounts.links import MailedLinks
from uploadm8.domain.accounts.post import Post
from uploadm8.domain.accounts.service import InvalidCredentialsError, normalize_email
from uploadm8.domain.accounts.sessions import Client, Pair, Sessions
from uploadm8.domain.accounts.tables import LinkPurpose, User, UserRole
from uploadm8.domain.accounts.totp import SecondFactor
from uploadm8.errors import ConflictError
from uploadm8.infra.audit import origin
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record, record_of_user
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.catalog import RESET_REQUESTED, VERIFY_REQUESTED
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import enqueue
from uploadm8.infra.security.passwords import Passwords


@dataclass(frozen=True, slots=True)
class CredentialChanges:
    """Everything that changes how a user signs in; each change is told by mail.

    Attributes:
        bootstrap_admin: the address that becomes the first admin once it is verified.
    """

    passwords: Passwords
    sessions: Sessions
    attempts: Attempts
    second_factor: SecondFactor
    post: Post
    links: MailedLinks
    bootstrap_admin: str

    async def verify_email(self, token: str) -> None:
        """Mark the address of a link as verified.

        The bootstrap address becomes admin here, if there is none: never at registration, where
        anyone could claim it, and never twice.
        """
        async with transaction():
            user_id, email = await self.links.use(LinkPurpose.VERIFY, token)
            await User.raw(
                "UPDATE users SET email_verified_at=COALESCE(email_verified_at, now())"
                " WHERE id={} AND email={}",
                user_id,
                email,
            )
            await record_of_user(Action.EMAIL_VERIFIED, user_id, actor=origin.user(user_id))
            if self.bootstrap_admin and email == self.bootstrap_admin.strip().lower():
                # Two verifications at once would each see no admin yet.
                await User.raw("SELECT pg_advisory_xact_lock(hashtextextended('bootstrap', 0))")
                made = await User.raw(
                    "UPDATE users SET role={} WHERE id={} AND email={}"
                    " AND email_verified_at IS NOT NULL"
                    " AND NOT EXISTS (SELECT 1 FROM users WHERE role={}) RETURNING id",
                    UserRole.ADMIN.value,
                    user_id,
                    email,
                    UserRole.ADMIN.value,
                )
                if made:
                    await record(
                        Action.ADMIN_ROLE_CHANGED,
                        workspace_id=None,
                        subject=("user", user_id),
                        reason="BOOTSTRAP_ADMIN_EMAIL was verified",
                        details={"role": UserRole.ADMIN.value},
                    )

    async def request(self, kind: str, email: str, client: Client) -> None:
        """Ask for a mail with a new link; alike for known and unknown addresses.

        The worker finds out whether there is such a user, so the time of the answer tells nothing.

        Args:
            kind: "reset" or "verify".
            email: as given.
            client: throttled by its network.
        """
        address = normalize_email(email)
        if await self.attempts.hourly("reset", address, client.network):
            job = RESET_REQUESTED if kind == "reset" else VERIFY_REQUESTED
            await enqueue(job, args={"email": address})

    async def answer_reset(self, context: JobContext) -> None:
        """The job: mail a reset link, if there is such a user."""
        await self._answer(context, LetterKind.RESET, "")

    async def answer_verify(self, context: JobContext) -> None:
        """The job: mail a new verification link, if there is such a user and it is needed."""
        await self._answer(context, LetterKind.VERIFY, " AND email_verified_at IS NULL")

    async def _answer(self, context: JobContext, kind: LetterKind, condition: str) -> None:
        async with transaction():
            await context.fence()
            email = context.job.args["email"]
            rows = await User.raw(
                f"SELECT id FROM users WHERE email={{}} AND disabled_at IS NULL{condition}",  # noqa: S608
                email,
            )
            if rows:
                await self.post.send_link(rows[0]["id"], kind, email)

    async def reset_password(self, token: str, password: str) -> None:
        """Set a new password by a mailed link; ends all sessions, keeps two-step sign-in."""
        await self.passwords.check_strength(password, ())
        password_hash = await self.passwords.hash(password)
        async with transaction():
            user_id, email = await self.links.use(LinkPurpose.RESET, token)
            await self._set_password(user_id, password_hash)
            await User.raw(
                "UPDATE users SET email_verified_at=COALESCE(email_verified_at, now())"
                " WHERE id={} AND email={}",
                user_id,
                email,
            )
            await record_of_user(Action.PASSWORD_RESET, user_id, actor=origin.user(user_id))
            await self.sessions.revoke_all(user_id, "password_reset")
            await self.attempts.succeed(self.attempts.account_key(email))

    async def change_password(
        self, user_id: UUID, session_id: UUID, current: str, new: str, client: Client
    ) -> Pair:
        """Set a new password; other sessions end, this one gets new tokens.

        Raises:
            InvalidCredentialsError: the current password is wrong.
        """
        email = await self._confirm(user_id, current, client)
        await self.passwords.check_strength(new, (email,))
        password_hash = await self.passwords.hash(new)
        async with transaction():
            await self._set_password(user_id, password_hash)
            await record_of_user(Action.PASSWORD_CHANGED, user_id)
            await self.sessions.revoke_all(user_id, "password_changed", keep=session_id)
            return await self.sessions.rotate(session_id)

    async def _set_password(self, user_id: UUID, password_hash: str) -> None:
        await User.raw(
            "UPDATE users SET password_hash={}, auth_epoch=auth_epoch+1 WHERE id={}",
            password_hash,
            user_id,
        )
        await self.links.revoke(user_id, LinkPurpose.RESET)
        await self.post.notify(user_id, LetterKind.PASSWORD_CHANGED)

    async def step_up(
        self, user_id: UUID, session_id: UUID, password: str, code: str | None, client: Client
    ) -> Pair:
        """Prove again who you are, for a dangerous act within the next minutes.

        Raises:
            InvalidCredentialsError: the password is wrong.
            SecondFactorRequiredError: a code is needed as well.
        """
        await self._confirm(user_id, password, client)
        rows = await User.raw("SELECT totp_enabled_at FROM users WHERE id={}", user_id)
        if rows[0]["totp_enabled_at"] is not None:
            if code is None:
                raise self.second_factor.required(user_id)
            if not await self.second_factor.accept(user_id, code):
                raise InvalidCredentialsError("The code is wrong.", code="invalid_code")
        return await self.sessions.rotate(session_id, authenticated=True)

    async def _confirm(self, user_id: UUID, password: str, client: Client) -> str:
        rows = await User.raw("SELECT email, password_hash FROM users WHERE id={}", user_id)
        email: str = rows[0]["email"]
        attempt = await self.attempts.begin(email, client.network)
        if not await self.passwords.verify(rows[0]["password_hash"], password):
            raise InvalidCredentialsError("The password is wrong.")
        await self.attempts.succeed(attempt)
        return email

    async def ask_new_email(self, user_id: UUID, email: str) -> None:
        """Mail a confirmation to the new address; nothing changes until it is followed."""
        address = normalize_email(email, "new_email")
        async with transaction():
            taken = await User.raw("SELECT 1 FROM users WHERE email={}", address)
            if taken:
                return  # silently: the caller must not learn who has an account
            await self.post.send_link(user_id, LetterKind.CHANGE_EMAIL, address)

    async def confirm_new_email(self, token: str) -> None:
        """Change the address; the old one gets a link that undoes it for 72 hours.

        Raises:
            ConflictError: someone else has taken the address meanwhile.
        """
        async with transaction():
            user_id, new = await self.links.use(LinkPurpose.CHANGE_EMAIL, token)
            rows = await User.raw("SELECT email FROM users WHERE id={}", user_id)
            await self._set_email(user_id, new)
            await record_of_user(Action.EMAIL_CHANGED, user_id, actor=origin.user(user_id))
            await self.links.revoke(user_id, LinkPurpose.RESET, LinkPurpose.VERIFY)
            await self.post.send_link(user_id, LetterKind.EMAIL_CHANGED, rows[0]["email"])

    async def undo_new_email(self, token: str) -> None:
        """Take a change of address back, and end every session: someone else may have made it."""
        async with transaction():
            user_id, old = await self.links.use(LinkPurpose.UNDO_EMAIL, token)
            await self._set_email(user_id, old)
            await record_of_user(Action.EMAIL_CHANGE_UNDONE, user_id, actor=origin.user(user_id))
            await self.links.revoke(user_id, LinkPurpose.RESET, LinkPurpose.CHANGE_EMAIL)
            await User.raw("UPDATE users SET auth_epoch=auth_epoch+1 WHERE id={}", user_id)
            await self.sessions.revoke_all(user_id, "email_undone")
            await self.post.send_link(user_id, LetterKind.RESET, old)

    async def _set_email(self, user_id: UUID, email: str) -> None:
        rows = await User.raw(
            "UPDATE users SET email={}, email_verified_at=now() WHERE id={}"
            " AND NOT EXISTS (SELECT 1 FROM users WHERE email={} AND id<>{}) RETURNING id",
            email,
            user_id,
            email,
            user_id,
        )
        if not rows:
            raise ConflictError("Another account uses this address.", code="email_taken")
