"""Jobs about publications: publish one, ask again about an unknown one."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from uploadm8.domain.platforms.clients.base import (
    CommitAgain,
    Live,
    NotPublished,
    Platform,
    Verdict,
)
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.publishing import circuit
from uploadm8.domain.publishing.attempts import limited_since, was_accepted
from uploadm8.domain.publishing.confirmation import VerdictSettledError
from uploadm8.domain.publishing.delivery import Delivery
from uploadm8.domain.publishing.drafts import AskLaterError
from uploadm8.domain.publishing.evidence import NEVER_POSTED, deny, doubt
from uploadm8.domain.publishing.lifecycle import advance
from uploadm8.domain.publishing.record import Record, told
from uploadm8.domain.publishing.tables import PublicationState
from uploadm8.errors import ConflictError, Retry, UploadM8Error
from uploadm8.infra.clock import now
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.catalog import PUBLISH, RECONCILE
from uploadm8.infra.jobs.handlers import Handler, JobContext
from uploadm8.infra.jobs.queue import enqueue

S = PublicationState
RECONCILE_EVERY_S = 600.0
RECONCILE_FOR = timedelta(days=3)
LIMITED_FOR = timedelta(hours=24)
_BEFORE_COMMIT = (S.QUEUED, S.SCHEDULED, S.RETRY_WAIT, S.PREPARING, S.TRANSFERRING)


@dataclass(frozen=True, slots=True)
class PublishingJobs:
    """Handlers of the publication's jobs."""

    delivery: Delivery

    def handlers(self) -> tuple[Handler, ...]:
        """Every handler, with its kind."""
        return (
            Handler(PUBLISH, self.publish, self.dead),
            Handler(RECONCILE, self.reconcile),
        )

    async def publish(self, context: JobContext) -> None:
        """Deliver; a failure is told in the row at once, then retried as its class says."""
        publication_id = context.subject
        try:
            public = await self.delivery.deliver(context, publication_id)
        except AskLaterError:
            raise
        except VerdictSettledError:
            return
        except ConflictError:  # the lease was lost or the job called off: not ours to tell
            raise
        except UploadM8Error as error:
            await self._count(error)
            if await _limited_too_long(publication_id, error):
                raise _limit_lasts(error) from error
            parked = await self._tell(context, publication_id, error)
            if parked is S.NEEDS_RECONNECT:
                return  # reconnecting the account queues the publication again
            raise
        else:
            if public is not None:
                await circuit.note(public, failed=False)

    async def dead(self, context: JobContext, error: UploadM8Error) -> None:
        """No attempt is left. With an intent on record nobody but the platform knows the outcome."""
        publication_id = context.subject
        record = Record(context, publication_id, self.delivery.cipher)
        row = await record.row()
        if row["delivered_by"] not in (None, context.job.id):
            return  # another job has taken the publication over
        if row["commit_intent_at"] is None:
            await record.fail(error)
            return
        await advance(publication_id, (S.COMMITTING,), S.CONFIRMING)
        if await advance(publication_id, (S.CONFIRMING,), S.UNKNOWN, **told(error)):
            await enqueue(
                RECONCILE,
                ref_id=publication_id,
                workspace_id=context.job.workspace_id,
                delay_s=RECONCILE_EVERY_S,
            )

    async def reconcile(self, context: JobContext) -> None:
        """Ask the platform again about a post whose outcome is unknown; for three days.

        That there is none must be said several times over time; else it stays for the user to say.
        """
        publication_id = context.subject
        record = Record(context, publication_id, self.delivery.cipher)
        row = await record.row()
        if row["state"] != S.UNKNOWN or now() - row["commit_intent_at"] > RECONCILE_FOR:
            return
        await record.take_over()
        publisher = self.delivery.publisher(row)
        try:
            draft = await self.delivery.draft_of(row)
            verdict = await publisher.check(draft, record.handle_of(row))
        except UploadM8Error as error:  # whatever keeps us from asking may pass
            raise AskLaterError(error.detail, retry_after=RECONCILE_EVERY_S) from error
        if isinstance(verdict, Live):
            await record.published(verdict.post_id, verdict.url)
            return
        denial = _denial_in(verdict, accepted=await was_accepted(row))
        if denial is None:
            await doubt(context, row, "The platform leaves it open.")
        elif await deny(context, row, denial, NEVER_POSTED):
            await record.settled_as_failed(denial, drop=isinstance(verdict, NotPublished))
            return
        raise AskLaterError(retry_after=RECONCILE_EVERY_S)

    async def _count(self, error: UploadM8Error) -> None:
        """A platform that answers, even with a refusal, is up."""
        if isinstance(error, PlatformError):
            failed = error.retry is Retry.TRANSIENT and not error.fresh_handle
            await circuit.note(Platform(error.platform), failed=failed)

    async def _tell(
        self, context: JobContext, publication_id: UUID, error: UploadM8Error
    ) -> PublicationState | None:
        record = Record(context, publication_id, self.delivery.cipher)
        row = await record.row()
        revoked = error.retry is Retry.AUTH_REVOKED
        if revoked and isinstance(error, PlatformError):
            await self.delivery.accounts.needs_reconnect(row["account"], error)
        if row["commit_intent_at"] is not None or row["state"] not in _BEFORE_COMMIT:
            return None
        if error.retry in (Retry.PERMANENT_MEDIA, Retry.PERMANENT_REQUEST):
            return None  # on_dead tells, in the transaction that ends the job
        target = S.NEEDS_RECONNECT if revoked else S.RETRY_WAIT
        async with transaction():
            await record.park(target, error)
        return target


async def _limited_too_long(publication_id: UUID, error: UploadM8Error) -> bool:
    """Whether a platform has refused a post for its limits for a whole day."""
    if error.retry is not Retry.RATE_LIMITED or not isinstance(error, PlatformError):
        return False
    since = await limited_since(publication_id)
    return since is not None and now() - since >= LIMITED_FOR


def _limit_lasts(error: UploadM8Error) -> UploadM8Error:
    return UploadM8Error(
        f"For 24 hours the platform has not let this post out: {error.detail}",
        code="platform_limit_lasts",
        action="See in the platform's own app what limits the account, then try the post again.",
        retry=Retry.PERMANENT_REQUEST,
    )


def _denial_in(verdict: Verdict, *, accepted: bool) -> UploadM8Error | None:
    """What a verdict says against the post, if anything; what was accepted is not just missing."""
    if isinstance(verdict, NotPublished) and not (accepted and verdict.error.fresh_handle):
        return verdict.error
    return _not_taken() if isinstance(verdict, CommitAgain) and not accepted else None


def _not_taken() -> UploadM8Error:
    return UploadM8Error(
        "The platform did not act on the post; it is not public.",
        code="commit_not_acted_on",
        action="Try it again.",
        retry=Retry.TRANSIENT,
    )
