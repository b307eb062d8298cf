"""The lock that makes changes to one workspace's limits follow each other."""

from uuid import UUID

from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.errors import NotFoundError
from uploadm8.infra.db.engine import DB


async def lock_workspace(workspace_id: UUID) -> None:
    """Hold the workspace's row until the end of the caller's transaction.

    Raises:
        NotFoundError: there is no such workspace.
    """
    if not DB.transaction_exists():
        raise RuntimeError("a limit can only be checked inside the transaction that uses it")
    rows = await Workspace.raw(
        "SELECT 1 FROM workspaces WHERE id={} FOR NO KEY UPDATE", workspace_id
    )
    if not rows:
        raise NotFoundError("There is no such workspace.")
