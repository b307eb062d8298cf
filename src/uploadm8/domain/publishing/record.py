"""What delivery writes down, each in a committed transaction of its own, fenced by the lease."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.handles import AnyHandle, decode_handle, encode_handle
from uploadm8.domain.publishing.approval_hold import hold_unapproved
from uploadm8.domain.publishing.attempts import note_attempt
from uploadm8.domain.publishing.lifecycle import advance, origins_of
from uploadm8.domain.publishing.ownership import is_free, require_ownership, take_over
from uploadm8.domain.publishing.pace import Pace, PaceError, Room
from uploadm8.domain.publishing.tables import (
    AttemptPhase,
    Publication,
    PublicationState,
)
from uploadm8.errors import UploadM8Error
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.catalog import AFTER_PUBLISH, RECONCILE
from uploadm8.infra.jobs.handlers import JobCanceledError, JobContext
from uploadm8.infra.jobs.queue import enqueue
from uploadm8.infra.security.cipher import Cipher

S = PublicationState
_NOW = QueryString("now()")


@dataclass(frozen=True, slots=True)
class Record:
    """One publication's row, as the delivery that holds the lease sees and changes it."""

    context: JobContext
    publication_id: UUID
    cipher: Cipher

    async def take_over(self) -> dict[str, Any]:
        """Become the only job that delivers this publication; returns its row.

        Raises:
            JobCanceledError: another running job does, or this one was called off.
        """
        return await take_over(self.context, self.publication_id)

    async def row(self) -> dict[str, Any]:
        """The row as it is now."""
        rows = await DB.rows("SELECT * FROM publications WHERE id = $1", self.publication_id)
        if not rows:
            raise UploadM8Error("The publication is gone.", code="publication_missing")
        return dict(rows[0])

    async def move(self, target: PublicationState, **changes: Any) -> None:
        """Move to a state; a canceled publication stops the delivery.

        Raises:
            LeaseLostError: another worker owns the publication now.
            JobCanceledError: the row cannot go there any more.
        """
        async with transaction():
            row = await require_ownership(self.context, self.publication_id)
            moved = await advance(self.publication_id, origins_of(target), target, **changes)
            if not moved and row["state"] != target:
                raise JobCanceledError

    def handle_of(self, row: dict[str, Any]) -> AnyHandle | None:
        """The platform's handle of the row, None when there is none yet."""
        if row["handle_enc"] is None:
            return None
        text = self.cipher.decrypt(
            row["handle_enc"], table="publications", row=self.publication_id, field="handle"
        )
        return decode_handle(text)

    async def keep_handle(self, handle: AnyHandle, **changes: Any) -> None:
        """Persist the handle before anything is done with it; it may hold a credential.

        Args:
            handle: what the platform knows the post by.
            changes: further columns of a publication that had no handle so far.
        """
        sealed = self.cipher.encrypt(
            encode_handle(handle), table="publications", row=self.publication_id, field="handle"
        )
        async with transaction():
            await require_ownership(self.context, self.publication_id)
            moved = await advance(
                self.publication_id,
                (S.PREPARING,),
                S.TRANSFERRING,
                handle_enc=sealed,
                handle_at=_NOW,
                **changes,
            )
            if not moved:
                await Publication.update({Publication.handle_enc: sealed}).where(
                    Publication.id == self.publication_id
                )

    async def drop_handle(self) -> None:
        """The handle is dead and certainly published nothing: start over from prepare."""
        async with transaction():
            await require_ownership(self.context, self.publication_id)
            await self._drop()

    async def _drop(self) -> None:
        await advance(
            self.publication_id,
            (S.TRANSFERRING,),
            S.PREPARING,
            handle_enc=None,
            handle_at=None,
            commit_intent_at=None,
            bytes_sent=0,
        )

    async def require_approval(self) -> None:
        """Hand nothing to a platform that its approver has not seen.

        Raises:
            JobCanceledError: it is held, and the approvers are asked.
        """
        async with transaction():
            await require_ownership(self.context, self.publication_id)
            held = await hold_unapproved(self.publication_id)
        if held:
            raise JobCanceledError

    async def intend(self, pace: Pace, room: Room | None = None) -> None:
        """Write down the intent to commit; from here on only the platform's word decides.

        Args:
            pace: how fast the account may post.
            room: how many posts the platform has just said are left.

        Raises:
            JobCanceledError: the user canceled in time, or an approval is missing.
            PaceError: the account's turn has not come.
        """
        stopped: UploadM8Error | None = None
        async with transaction():
            row = await require_ownership(self.context, self.publication_id)
            if row["cancel_requested"]:
                raise JobCanceledError
            if row["approval_needed"] and await hold_unapproved(self.publication_id):
                stopped = JobCanceledError()
            else:
                try:
                    await pace.take_turn(
                        self.publication_id, row["account"], Platform(row["platform"]), room
                    )
                except PaceError as error:
                    stopped = error
                else:
                    await self._intend(S.TRANSFERRING)
        if stopped is not None:
            raise stopped

    async def intend_again(self) -> None:
        """The same commit once more, after the platform said that it did not act on the last one."""
        async with transaction():
            await require_ownership(self.context, self.publication_id)
            await self._intend(S.CONFIRMING)

    async def _intend(self, origin: PublicationState) -> None:
        moved = await advance(
            self.publication_id,
            (origin,),
            S.COMMITTING,
            # The first one that is not taken back counts: patience with a platform ends.
            commit_intent_at=QueryString("COALESCE(commit_intent_at, now())"),
            first_commit_at=QueryString("COALESCE(first_commit_at, now())"),
            late=QueryString("publish_at IS NOT NULL AND now() > publish_at + interval '60 s'"),
        )
        if not moved:
            raise JobCanceledError
        await self._note(AttemptPhase.COMMIT_INTENT, None)

    async def accepted(self, post_id: str | None) -> None:
        """The platform took the commit: it will never be repeated, whatever a stale status says."""
        async with transaction():
            await require_ownership(self.context, self.publication_id)
            free = await is_free(self.publication_id, post_id)
            known = {"platform_post_id": post_id} if free else {}
            await advance(self.publication_id, (S.COMMITTING,), S.CONFIRMING, **known)
            await self._note(AttemptPhase.COMMIT, None)

    async def refused(self, error: UploadM8Error, *, drop: bool) -> None:
        """Nothing was published: take the intent back, and the handle when it is dead."""
        async with transaction():
            await require_ownership(self.context, self.publication_id)
            await advance(
                self.publication_id,
                (S.COMMITTING, S.CONFIRMING),
                S.TRANSFERRING,
                commit_intent_at=None,
            )
            if drop:
                await self._drop()
            await self._note(AttemptPhase.COMMIT, error)

    async def published(self, post_id: str | None, url: str | None) -> None:
        """It is live. What may fail from here on has jobs of its own."""
        async with transaction():
            await require_ownership(self.context, self.publication_id)
            if not await is_free(self.publication_id, post_id):
                post_id = None
            await advance(
                self.publication_id,
                (S.CONFIRMING, S.UNKNOWN),
                S.PUBLISHED,
                platform_post_id=QueryString("COALESCE({}::varchar, platform_post_id)", post_id),
                public_url=url,
                published_at=_NOW,
                error_class=None,
                error_code=None,
                error_detail=None,
                error_action=None,
            )
            await record(
                Action.PUBLISHED,
                workspace_id=self.context.job.workspace_id,
                subject=("publication", self.publication_id),
                details={"post_id": post_id},
            )
            await enqueue(
                AFTER_PUBLISH,
                ref_id=self.publication_id,
                workspace_id=self.context.job.workspace_id,
                unique_key=f"after:{self.publication_id}",
            )

    async def unknown(self, reason: str) -> None:
        """No verdict: ask again for days, and let the user decide."""
        async with transaction():
            await require_ownership(self.context, self.publication_id)
            moved = await advance(
                self.publication_id,
                (S.CONFIRMING,),
                S.UNKNOWN,
                error_class="ambiguous",
                error_code="outcome_unknown",
                error_detail=f"The platform gives no answer about this post: {reason}",
                error_action="Look on the platform. We keep asking; you may mark it as posted or post again.",
            )
            if moved:
                await enqueue(
                    RECONCILE,
                    ref_id=self.publication_id,
                    workspace_id=self.context.job.workspace_id,
                    delay_s=600,
                )

    async def park(self, state: PublicationState, error: UploadM8Error) -> None:
        """Wait for a retry or for a reconnection, telling why."""
        async with transaction():
            await require_ownership(self.context, self.publication_id)
            await advance(self.publication_id, origins_of(state), state, **told(error))
            await self._note(AttemptPhase.TRANSFER, error)

    async def settled_as_failed(self, error: UploadM8Error, *, drop: bool) -> None:
        """An unknown outcome turned out to be no post; a dead handle is not tried again."""
        gone = {"handle_enc": None, "handle_at": None, "commit_intent_at": None} if drop else {}
        async with transaction():
            await require_ownership(self.context, self.publication_id)
            await advance(self.publication_id, (S.UNKNOWN,), S.FAILED, **told(error), **gone)
            await self._note(AttemptPhase.CHECK, error)

    async def fail(self, error: UploadM8Error) -> None:
        """Give up, telling why and what to do."""
        await advance(self.publication_id, origins_of(S.FAILED), S.FAILED, **told(error))
        await self._note(AttemptPhase.CHECK, error)

    async def _note(self, phase: AttemptPhase, error: UploadM8Error | None) -> None:
        await note_attempt(self.publication_id, self.context, phase, error)


def told(error: UploadM8Error) -> dict[str, Any]:
    """The columns that tell a user about an error."""
    return {
        "error_class": error.retry.value,
        "error_code": error.code,
        "error_detail": error.detail,
        "error_action": error.action,
    }
