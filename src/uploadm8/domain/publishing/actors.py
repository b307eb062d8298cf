"""Jobs about publications: publish one, ask again about an unknown one."""

from dataclasses import dataclass
from uuid import UUID

from uploadm8.domain.platforms.clients.base import Live, NotPublished, Platform
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.publishing.delivery import AskLaterError, Delivery, VerdictSettledError
from uploadm8.domain.publishing.lifecycle import advance
from uploadm8.domain.publishing.record import Record, told
from uploadm8.domain.publishing.tables import PublicationState
from uploadm8.errors import Retry, UploadM8Error
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.catalog import PUBLISH, RECONCILE
from uploadm8.infra.jobs.handlers import Handler, JobContext
from uploadm8.infra.jobs.queue import enqueue

S = PublicationState
RECONCILE_EVERY_S = 600.0


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
        publication_id = _ref(context)
        try:
            await self.delivery.deliver(context, publication_id)
        except AskLaterError:
            raise
        except VerdictSettledError:
            return
        except UploadM8Error as error:
            parked = await self._tell(context, publication_id, error)
            if parked is S.NEEDS_RECONNECT:
                return  # reconnecting the account queues the publication again
            raise

    async def dead(self, context: JobContext, error: UploadM8Error) -> None:
        """No attempt is left. With an intent on record nobody but the platform knows the outcome."""
        publication_id = _ref(context)
        record = Record(context, publication_id, self.delivery.cipher)
        row = await record.row()
        if row["commit_intent_at"] is None:
            await record.fail(error)
            return
        await advance(publication_id, (S.COMMITTING,), S.CONFIRMING)
        await advance(publication_id, (S.CONFIRMING,), S.UNKNOWN, **told(error))
        await enqueue(
            RECONCILE,
            ref_id=publication_id,
            workspace_id=context.job.workspace_id,
            delay_s=RECONCILE_EVERY_S,
        )

    async def reconcile(self, context: JobContext) -> None:
        """Ask the platform again about a post whose outcome is unknown; for three days."""
        publication_id = _ref(context)
        record = Record(context, publication_id, self.delivery.cipher)
        row = await record.row()
        if row["state"] != S.UNKNOWN:
            return
        publisher = self.delivery.publishers[Platform(row["platform"])]
        handle = record.handle_of(row)
        verdict = await publisher.check(await self.delivery.draft_of(row), handle)
        if isinstance(verdict, Live):
            await record.published(verdict.post_id, verdict.url)
        elif isinstance(verdict, NotPublished):
            async with transaction():
                await context.fence()
                await record.fail(verdict.error)
        else:
            raise AskLaterError(retry_after=RECONCILE_EVERY_S)

    async def _tell(
        self, context: JobContext, publication_id: UUID, error: UploadM8Error
    ) -> PublicationState | None:
        record = Record(context, publication_id, self.delivery.cipher)
        row = await record.row()
        before_commit = row["commit_intent_at"] is None
        if not before_commit or row["state"] not in (
            S.QUEUED,
            S.SCHEDULED,
            S.PREPARING,
            S.TRANSFERRING,
        ):
            return None
        if error.retry in (Retry.PERMANENT_MEDIA, Retry.PERMANENT_REQUEST):
            return None  # on_dead tells, in the transaction that ends the job
        target = S.NEEDS_RECONNECT if error.retry is Retry.AUTH_REVOKED else S.RETRY_WAIT
        if target is S.NEEDS_RECONNECT and isinstance(error, PlatformError):
            await self.delivery.accounts.needs_reconnect(row["account"], error)
        await record.park(target, error)
        return target


def _ref(context: JobContext) -> UUID:
    if context.job.ref_id is None:
        raise UploadM8Error("The job names no publication.", code="job_without_subject")
    return context.job.ref_id
