"""The background work around workspaces: erasing accounts, copies of data, the team's mail."""

from dataclasses import dataclass

from uploadm8.domain.workspaces.closing import Closing
from uploadm8.domain.workspaces.team_mail import TeamMail
from uploadm8.infra.jobs.catalog import (
    ERASE_ACCOUNT,
    EXPORT_DATA,
    FORGET_EXPORTS,
    LOCK_ACCOUNT,
    TEAM_MAIL,
)
from uploadm8.infra.jobs.handlers import Handler, JobContext


@dataclass(frozen=True, slots=True)
class WorkspaceJobs:
    """Handlers of the job kinds."""

    closing: Closing
    team_mail: TeamMail

    def handlers(self) -> tuple[Handler, ...]:
        """What the worker registers."""
        return (
            Handler(LOCK_ACCOUNT, self.closing.run_lock),
            Handler(ERASE_ACCOUNT, self.closing.run_erase),
            Handler(EXPORT_DATA, self.closing.run_export),
            Handler(FORGET_EXPORTS, self._forget),
            Handler(TEAM_MAIL, self.team_mail.deliver),
        )

    async def _forget(self, context: JobContext) -> None:
        del context
        await self.closing.forget_exports()
