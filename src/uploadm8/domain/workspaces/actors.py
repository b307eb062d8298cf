"""The background work of leaving: erasing accounts and making copies of data."""

from dataclasses import dataclass

from uploadm8.domain.workspaces.closing import Closing
from uploadm8.infra.jobs.catalog import ERASE_ACCOUNT, EXPORT_DATA, FORGET_EXPORTS, LOCK_ACCOUNT
from uploadm8.infra.jobs.handlers import Handler, JobContext


@dataclass(frozen=True, slots=True)
class ClosingJobs:
    """Handlers of the job kinds."""

    closing: Closing

    def handlers(self) -> tuple[Handler, ...]:
        """What the worker registers."""
        return (
            Handler(LOCK_ACCOUNT, self.closing.run_lock),
            Handler(ERASE_ACCOUNT, self.closing.run_erase),
            Handler(EXPORT_DATA, self.closing.run_export),
            Handler(FORGET_EXPORTS, self._forget),
        )

    async def _forget(self, context: JobContext) -> None:
        del context
        await self.closing.forget_exports()
