"""Closing an account: locked at once, seven days to change one's mind, then erased; and exports."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from uploadm8.domain.accounts.administrators import lock_user
from uploadm8.domain.accounts.letters import LetterKind
from uploadm8.domain.accounts.links import MailedLinks
from uploadm8.domain.accounts.post import Post
from uploadm8.domain.accounts.sessions import Sessions
from uploadm8.domain.accounts.tables import LinkPurpose, User
from uploadm8.domain.workspaces.schemas import ExportView
from uploadm8.domain.workspaces.tables import DataExport, Erasure
from uploadm8.errors import ConflictError, NotFoundError, TooManyRequestsError
from uploadm8.infra.audit import origin
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record, record_of_user
from uploadm8.infra.db.locks import lock_row
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.failpoints import failpoint
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.cancel import request_cancel
from uploadm8.infra.jobs.catalog import ERASE_ACCOUNT, EXPORT_DATA, LOCK_ACCOUNT
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import enqueue
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.security.tokens import token_hash
from uploadm8.infra.storage.keys import export_key, export_prefix
from uploadm8.infra.storage.s3 import Storage

UNDO_DAYS = 7
_EXPORT_HOURS = 24
EXPORT_LIFE_S = _EXPORT_HOURS * 3600

OfWorkspace = Callable[[UUID], Awaitable[None]]
Archive = Callable[[UUID, list[UUID]], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Closing:
    """Deletion of accounts, and the copy of one's data.

    Attributes:
        lock: stops what a workspace has not published yet; the deletion may still be undone.
        erase: in order and by name, what makes a workspace's things elsewhere and its rows
            disappear; each may run again after a crash.
        archive: the ZIP of a user's data.
    """

    sessions: Sessions
    links: MailedLinks
    post: Post
    storage: Storage
    lock: OfWorkspace
    erase: Mapping[str, OfWorkspace]
    archive: Archive

    async def request(self, user_id: UUID) -> datetime:
        """Lock the account and have it erased in seven days; returns when.

        Raises:
            ConflictError: codes ``last_admin``, ``deletion_requested`` and
                ``owns_shared_workspace``: others would lose the workspace with the only owner.
        """
        await _refuse_shared(user_id)
        async with transaction():
            await lock_user(user_id, leaves=True)
            rows = await User.raw(
                "UPDATE users SET deletion_due_at=now() + make_interval(days => {}),"
                " auth_epoch=auth_epoch+1 WHERE id={} AND deletion_due_at IS NULL"
                " RETURNING deletion_due_at, email",
                UNDO_DAYS,
                user_id,
            )
            if not rows:
                raise ConflictError(
                    "This account is being deleted already.",
                    code="deletion_requested",
                    action="The mailed link undoes it.",
                )
            await record_of_user(Action.DELETION_REQUESTED, user_id)
            await self.post.send_link(user_id, LetterKind.DELETION_SCHEDULED, rows[0]["email"])
            await self.sessions.revoke_all(user_id, "deletion")
            await enqueue(LOCK_ACCOUNT, ref_id=user_id)
            await enqueue(ERASE_ACCOUNT, ref_id=user_id, run_at=rows[0]["deletion_due_at"])
        due: datetime = rows[0]["deletion_due_at"]
        return due

    async def undo(self, token: str) -> None:
        """Keep the account, by the mailed link."""
        async with transaction():
            user_id = await self.links.user_of(LinkPurpose.CANCEL_DELETION, token)
            await request_cancel([user_id], LOCK_ACCOUNT, ERASE_ACCOUNT)
            await self.links.use(LinkPurpose.CANCEL_DELETION, token)
            await User.raw("UPDATE users SET deletion_due_at=NULL WHERE id={}", user_id)
            await record_of_user(Action.DELETION_UNDONE, user_id, actor=origin.user(user_id))

    async def run_lock(self, context: JobContext) -> None:
        """The job: stop what the workspaces of a locked user have not published yet."""
        user_id = context.subject
        if await User.exists().where(User.id == user_id, User.deletion_due_at.is_not_null()):
            for workspace_id in await sole_workspaces(user_id):
                await self.lock(workspace_id)

    async def run_erase(self, context: JobContext) -> None:
        """The job: erase a user whose time is up, and the workspaces nobody else is in."""
        user_id = context.subject
        due = await User.raw(
            "SELECT email FROM users WHERE id={} AND deletion_due_at <= now()", user_id
        )
        if not due:
            return
        for workspace_id in await sole_workspaces(user_id):
            for name, step in self.erase.items():
                failpoint("before_erase", name)
                await step(workspace_id)
        failpoint("before_erase", "exports")
        await self.storage.delete_prefix(export_prefix(user_id))
        failpoint("before_erase", "user")
        async with transaction():
            await _forget_jobs(user_id, due[0]["email"])
            await context.fence()
            await User.raw(
                "INSERT INTO erasures (id, subject_hash) VALUES ({}, {})",
                new_id(),
                token_hash(str(user_id)),
            )
            await record(Action.ERASED, workspace_id=None, subject=("user", user_id))
            await User.raw("DELETE FROM users WHERE id={}", user_id)
            await User.raw(
                "UPDATE audit_log SET address=NULL WHERE actor_id={} AND address IS NOT NULL",
                user_id,
            )

    async def ask_export(self, user_id: UUID) -> ExportView:
        """Have a copy of the user's data made; once a day.

        Raises:
            TooManyRequestsError: there is one of the last 24 hours.
        """
        async with transaction():
            await lock_row(User, user_id)
            if await self._latest(user_id) is not None:
                raise TooManyRequestsError(
                    "One copy a day.", code="export_exists", retry_after=3600
                )
            export_id = new_id()
            await DataExport.raw(
                'INSERT INTO data_exports (id, "user") VALUES ({}, {})', export_id, user_id
            )
            await enqueue(EXPORT_DATA, ref_id=export_id)
            await record_of_user(Action.DATA_COPY_REQUESTED, user_id)
        return await self.export(user_id)

    async def export(self, user_id: UUID) -> ExportView:
        """The copy of the last 24 hours, with a link once it is ready.

        Raises:
            NotFoundError: there is none.
        """
        row = await self._latest(user_id)
        if row is None:
            raise NotFoundError("No copy was asked for in the last 24 hours.")
        key = row["key"]
        url = await self.storage.presign_get(key, "uploadm8-data.zip") if key else None
        return ExportView(
            id=row["id"],
            state="ready" if key else "preparing",
            download_url=url,
            created_at=row["created_at"],
        )

    async def run_export(self, context: JobContext) -> None:
        """The job: make the ZIP, keep it for a day, tell the user."""
        rows = await DataExport.raw(
            'SELECT id, "user" FROM data_exports WHERE id={}', context.job.ref_id
        )
        if not rows:
            return
        user_id = rows[0]["user"]
        workspaces = await sole_workspaces(user_id)
        data = await self.archive(user_id, workspaces)
        key = export_key(user_id, rows[0]["id"])
        await self.storage.put_bytes(key, data, "application/zip")
        async with transaction():
            await context.fence()
            await DataExport.raw("UPDATE data_exports SET key={} WHERE id={}", key, rows[0]["id"])
            await self.post.notify(user_id, LetterKind.EXPORT_READY)

    async def forget_exports(self) -> None:
        """Delete copies older than a day, with their objects."""
        rows = await DataExport.raw(
            "SELECT id, key FROM data_exports WHERE created_at < now() - make_interval(hours => {})",
            _EXPORT_HOURS,
        )
        for row in rows:
            if row["key"]:
                await self.storage.delete(row["key"])
            await DataExport.raw("DELETE FROM data_exports WHERE id={}", row["id"])

    async def _latest(self, user_id: UUID) -> dict[str, Any] | None:
        rows: list[dict[str, Any]] = await DataExport.raw(
            "SELECT id, key, created_at FROM data_exports"
            ' WHERE "user"={} AND created_at > now() - make_interval(hours => {})'
            " ORDER BY id DESC LIMIT 1",
            user_id,
            _EXPORT_HOURS,
        )
        return rows[0] if rows else None


async def _forget_jobs(user_id: UUID, email: str) -> None:
    """Jobs that name the person or the address that letters went to."""
    await JobRow.raw(
        "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE args->>'user'={}"
        " OR args->>'email'={} OR args->>'to'={} ORDER BY id FOR UPDATE)",
        str(user_id),
        email,
        email,
    )


async def _refuse_shared(user_id: UUID) -> None:
    rows = await Erasure.raw(
        "SELECT w.id, w.name FROM workspaces w WHERE w.id=ANY({}::uuid[])"
        ' AND EXISTS (SELECT 1 FROM memberships WHERE workspace=w.id AND "user"<>{})',
        await sole_workspaces(user_id),
        user_id,
    )
    if rows:
        names = ", ".join(row["name"] for row in rows)
        raise ConflictError(
            f"Others work in {names}, which you alone own.",
            code="owns_shared_workspace",
            action="Hand it over to another member, or remove the members, first.",
            extra={"workspace_ids": [str(row["id"]) for row in rows]},
        )


async def sole_workspaces(user_id: UUID) -> list[UUID]:
    """The workspaces that the user owns and nobody else owns."""
    rows = await Erasure.raw(
        "SELECT m.workspace FROM memberships m WHERE m.\"user\"={} AND m.role='owner'"
        " AND NOT EXISTS (SELECT 1 FROM memberships o WHERE o.workspace=m.workspace"
        ' AND o.role=\'owner\' AND o."user"<>m."user")',
        user_id,
    )
    return [row["workspace"] for row in rows]
