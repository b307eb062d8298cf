"""The lock that makes changes to one workspace's limits follow each other."""

from uuid import UUID

from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.errors import NotFoundError
from uploadm8.infra.db.locks import lock_row


async def lock_workspace(workspace_id: UUID) -> None:
    """Hold the workspace's row until the end of the caller's transaction.

    Raises:
        NotFoundError: there is no such workspace.
    """
    if not await lock_row(Workspace, workspace_id):
        raise NotFoundError("There is no such workspace.")
