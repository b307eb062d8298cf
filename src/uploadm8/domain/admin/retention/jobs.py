"""The handlers of forgetting; every part can be repeated and does a bounded amount."""

from dataclasses import dataclass

from uploadm8.domain.admin.counts import recount
from uploadm8.domain.admin.retention.media import MediaRetention
from uploadm8.domain.admin.retention.orphans import Orphans
from uploadm8.domain.admin.retention.rows import forget_rows
from uploadm8.infra.audit.seal import seal
from uploadm8.infra.jobs.catalog import FORGET, REMOVE_MEDIA, SEAL_AUDIT, SWEEP_OBJECTS
from uploadm8.infra.jobs.handlers import Handler, JobContext


@dataclass(frozen=True, slots=True)
class RetentionJobs:
    """Handlers of the job kinds."""

    media: MediaRetention
    orphans: Orphans

    def handlers(self) -> tuple[Handler, ...]:
        """What the worker registers."""
        return (
            Handler(FORGET, self.forget),
            Handler(REMOVE_MEDIA, self.remove_media),
            Handler(SWEEP_OBJECTS, self.sweep),
            Handler(SEAL_AUDIT, self.seal),
        )

    async def forget(self, context: JobContext) -> None:
        """Rows past their time; what is left is counted."""
        del context
        await forget_rows()
        await recount()

    async def seal(self, context: JobContext) -> None:
        """The days of the audit log that have ended."""
        del context
        await seal()

    async def remove_media(self, context: JobContext) -> None:
        """Renditions, then originals past their time."""
        del context
        await self.media.renditions()
        await self.media.originals()

    async def sweep(self, context: JobContext) -> None:
        """Objects, rows and parts that have lost each other."""
        del context
        await self.orphans.parts()
        await self.orphans.objects()
        await self.orphans.rows()
