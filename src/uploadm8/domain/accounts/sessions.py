"""Sessions: one row per signed-in device, a counter instead of stored refresh tokens."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from uploadm8.domain.accounts.letters import LetterKind
from uploadm8.domain.accounts.post import Post
from uploadm8.domain.accounts.schemas import SupportView
from uploadm8.domain.accounts.tables import Session
from uploadm8.errors import UnauthenticatedError
from uploadm8.infra.audit import origin
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record_of_user
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.security.tokens import AccessTokens, InvalidTokenError, RefreshTokens

log = structlog.get_logger(__name__)

MAX_LIVE = 20
_ABSOLUTE_DAYS = 90
_BEYOND = (
    'SELECT id FROM sessions WHERE "user"={} AND revoked_at IS NULL AND idle_expires_at > now()'
    " AND expires_at > now() ORDER BY last_seen_at DESC, id DESC OFFSET {}"
)


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from, as told to the user in the list of sessions.

    Attributes:
        network: what throttles count: the address, or the /64 of an IPv6 one.
    """

    address: str
    network: str
    user_agent: str

    @property
    def device(self) -> str:
        """The device in a few words."""
        return self.user_agent[:120] or "unknown"


@dataclass(frozen=True, slots=True)
class Pair:
    """A new access token with the refresh token that replaces the old one."""

    access: str
    refresh: str
    expires_in: int
    session_id: UUID
    user_id: UUID


class RefreshReusedError(UnauthenticatedError):
    """This refresh token was used before; the session has been ended for safety."""

    code = "refresh_reused"


@dataclass(frozen=True, slots=True)
class Sessions:
    """Opens, rotates and ends sessions.

    Attributes:
        idle_days: a session unused for this long is over.
        grace_s: how long the token before the current one is answered with the current one, for
            clients that refresh twice at once or lose an answer.
    """

    access: AccessTokens
    refresh_tokens: RefreshTokens
    post: Post
    idle_days: int
    grace_s: int

    async def open(self, user_id: UUID, client: Client) -> Pair:
        """Start a session; the user's oldest-seen ones beyond the limit are ended.

        Raises:
            UnauthenticatedError: the user is disabled or gone.
        """
        session_id = new_id()
        rows = await Session.raw(
            'INSERT INTO sessions (id, "user", idle_expires_at, expires_at, user_agent, ip)'
            " SELECT {}, u.id, now() + make_interval(days => {}), now() + make_interval(days => {}),"
            " {}, {} FROM users u WHERE u.id={} AND u.disabled_at IS NULL"
            ' RETURNING "user", authenticated_at,'
            ' (SELECT auth_epoch FROM users WHERE id=sessions."user") AS auth_epoch',
            session_id,
            self.idle_days,
            _ABSOLUTE_DAYS,
            client.user_agent[:400],
            client.address,
            user_id,
        )
        if not rows:
            raise UnauthenticatedError
        await _end("too_many", f"id IN ({_BEYOND})", user_id, MAX_LIVE)
        return self._pair(rows[0], session_id, 0)

    async def refresh(self, token: str, client: Client) -> Pair:
        """Exchange a refresh token for the next pair.

        Raises:
            InvalidTokenError: not ours, or the session is over.
            RefreshReusedError: it was replaced earlier; the whole session is revoked.
        """
        session_id, counter = self.refresh_tokens.read(token)
        rows = await Session.raw(
            "UPDATE sessions s SET counter=counter+1, rotated_at=now(), last_seen_at=now(), ip={},"
            " idle_expires_at=now() + make_interval(days => {}) FROM users u"
            ' WHERE s.id={} AND s.counter={} AND u.id=s."user" AND u.disabled_at IS NULL'
            " AND s.revoked_at IS NULL AND s.idle_expires_at > now() AND s.expires_at > now()"
            ' RETURNING s."user", s.authenticated_at, u.auth_epoch',
            client.address,
            self.idle_days,
            session_id,
            counter,
        )
        if rows:
            return self._pair(rows[0], session_id, counter + 1)
        return await self._repeated(session_id, counter)

    async def _repeated(self, session_id: UUID, presented: int) -> Pair:
        """The rotation missed: the same token came twice, or an old one came back."""
        async with transaction():
            rows = await Session.raw(
                'SELECT s."user", s.counter, s.authenticated_at, u.auth_epoch,'
                " s.rotated_at > now() - make_interval(secs => {}::float8) AS in_grace"
                ' FROM sessions s JOIN users u ON u.id=s."user" WHERE s.id={}'
                " AND u.disabled_at IS NULL AND s.revoked_at IS NULL"
                " AND s.idle_expires_at > now() AND s.expires_at > now() FOR NO KEY UPDATE OF s",
                float(self.grace_s),
                session_id,
            )
            if not rows or presented > rows[0]["counter"]:
                raise InvalidTokenError(
                    "The session is over.", code="session_over", action="Sign in again."
                )
            row = rows[0]
            # Between our miss and the lock another process may have rotated to what we present.
            if presented == row["counter"] or (presented == row["counter"] - 1 and row["in_grace"]):
                return self._pair(row, session_id, row["counter"])
            await self.revoke(row["user"], session_id, "refresh_reused")
            await self.post.notify(row["user"], LetterKind.REFRESH_REUSED)
        log.warning("refresh_reused", user=str(row["user"]), session=str(session_id))
        raise RefreshReusedError(action="Sign in again and change your password.")

    async def rotate(self, session_id: UUID, *, authenticated: bool = False) -> Pair:
        """New tokens for a live session; `authenticated` notes that the user proved who it is.

        Raises:
            InvalidTokenError: the session is over.
        """
        rows = await Session.raw(
            "UPDATE sessions s SET counter=counter+1, rotated_at=now(), last_seen_at=now(),"
            " authenticated_at=CASE WHEN {}::bool THEN now() ELSE authenticated_at END"
            ' FROM users u WHERE s.id={} AND u.id=s."user" AND s.revoked_at IS NULL'
            ' RETURNING s."user", s.counter, s.authenticated_at, u.auth_epoch',
            authenticated,
            session_id,
        )
        if not rows:
            raise InvalidTokenError("The session is over.", code="session_over")
        return self._pair(rows[0], session_id, rows[0]["counter"])

    async def is_new_place(self, user_id: UUID, client: Client) -> bool:
        """Whether the user has signed in before, but never from this device or this address."""
        rows = await Session.raw(
            "SELECT count(*) AS ever, count(*) FILTER (WHERE user_agent={} OR ip={}) AS here"
            ' FROM sessions WHERE "user"={}',
            client.user_agent[:400],
            client.address,
            user_id,
        )
        return bool(rows[0]["ever"] and not rows[0]["here"])

    async def live(self, user_id: UUID) -> list[dict[str, Any]]:
        """The user's live sessions, last seen first."""
        rows: list[dict[str, Any]] = await Session.raw(
            "SELECT id, user_agent, ip, created_at, last_seen_at FROM sessions"
            ' WHERE "user"={} AND revoked_at IS NULL AND idle_expires_at > now()'
            " AND expires_at > now() ORDER BY last_seen_at DESC, id DESC",
            user_id,
        )
        return rows

    async def open_support(
        self, user_id: UUID, admin_id: UUID, reason: str, minutes: int, *, writes: bool
    ) -> Pair | None:
        """Start a session in the user's place, for an administrator; None for a disabled user.

        It ends by itself and cannot be refreshed, and the user counts as not having signed in.
        """
        rows = await Session.raw(
            'INSERT INTO sessions (id, "user", idle_expires_at, expires_at, authenticated_at,'
            " user_agent, ip, support_admin, support_reason, support_writes)"
            " SELECT {}, u.id, now() + make_interval(mins => {}), now() + make_interval(mins => {}),"
            " 'epoch', 'UploadM8 support', '', {}, {}, {} FROM users u"
            " WHERE u.id={} AND u.disabled_at IS NULL"
            ' RETURNING id, "user", authenticated_at,'
            ' (SELECT auth_epoch FROM users WHERE id=sessions."user") AS auth_epoch',
            new_id(),
            minutes,
            minutes,
            admin_id,
            reason,
            writes,
            user_id,
        )
        boxed = replace(self, access=replace(self.access, life=timedelta(minutes=minutes)))
        return boxed._pair(rows[0], rows[0]["id"], 0) if rows else None  # noqa: SLF001  a copy of us

    async def support(self, user_id: UUID) -> list[SupportView]:
        """The administrators who are in the user's place now."""
        rows = await Session.raw(
            "SELECT id AS session_id, support_reason AS reason, support_writes AS writes,"
            " created_at AS started_at, expires_at AS until FROM sessions"
            ' WHERE "user"={} AND support_admin IS NOT NULL AND revoked_at IS NULL'
            " AND expires_at > now() ORDER BY id",
            user_id,
        )
        return [SupportView(**row) for row in rows]

    async def end_support_by(self, admin_id: UUID) -> None:
        """End every session that an administrator holds in somebody's place."""
        await _end("admin_left", "support_admin={}", admin_id)

    async def revoke(self, user_id: UUID, session_id: UUID, reason: str) -> bool:
        """End one session of the user; False if there was none alive."""
        async with transaction():
            if rows := await _end(reason, 'id={} AND "user"={}', session_id, user_id):
                told = {"session": str(session_id), "why": reason}
                await record_of_user(Action.SESSION_REVOKED, user_id, details=told)
        return bool(rows)

    async def revoke_token(self, token: str) -> None:
        """End the session a refresh token belongs to, whichever generation it is."""
        session_id, _ = self.refresh_tokens.read(token)
        async with transaction():
            for row in await _end("logout", "id={}", session_id):
                await record_of_user(Action.SIGNED_OUT, row["user"], actor=origin.user(row["user"]))

    async def revoke_all(self, user_id: UUID, reason: str, keep: UUID | None = None) -> int:
        """End every session of the user but `keep`; returns how many."""
        async with transaction():
            others = '"user"={} AND id IS DISTINCT FROM {}::uuid'
            if rows := await _end(reason, others, user_id, keep):
                told = {"sessions": len(rows), "why": reason}
                await record_of_user(Action.SESSIONS_REVOKED, user_id, details=told)
        return len(rows)

    def _pair(self, row: dict[str, Any], session_id: UUID, counter: int) -> Pair:
        user_id: UUID = row["user"]
        authenticated_at: datetime = row["authenticated_at"]
        return Pair(
            access=self.access.issue(user_id, session_id, row["auth_epoch"], authenticated_at),
            refresh=self.refresh_tokens.make(session_id, counter),
            expires_in=int(self.access.life.total_seconds()),
            session_id=session_id,
            user_id=user_id,
        )


async def _end(reason: str, which: str, *values: object) -> list[dict[str, Any]]:
    """End the live ones among some sessions, in the order of their ids; returns id and user."""
    rows: list[dict[str, Any]] = await Session.raw(
        "UPDATE sessions SET revoked_at=now(), revoked_reason={} WHERE id IN (SELECT id FROM"  # noqa: S608
        f" sessions WHERE {which} AND revoked_at IS NULL ORDER BY id FOR NO KEY UPDATE)"
        ' RETURNING id, "user"',
        reason,
        *values,
    )
    return rows
