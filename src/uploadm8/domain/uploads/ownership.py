"""An upload by its id, for the workspace that owns it and nobody else."""

from typing import Any
from uuid import UUID

from uploadm8.domain.uploads.tables import Upload
from uploadm8.errors import NotFoundError


async def own_upload(workspace_id: UUID, upload_id: UUID, *, lock: bool = False) -> dict[str, Any]:
    """The row of a workspace's upload.

    Args:
        workspace_id: who asks.
        upload_id: which one.
        lock: hold the row until the end of the caller's transaction.

    Raises:
        NotFoundError: ``upload_not_found``; another tenant's upload is not there either.
    """
    query = Upload.select().where(Upload.id == upload_id, Upload.workspace == workspace_id).first()
    row = await (query.lock_rows("NO KEY UPDATE") if lock else query)
    if row is None:
        raise upload_not_found()
    return row


def upload_not_found() -> NotFoundError:
    """The error about an upload that the workspace does not have."""
    return NotFoundError("There is no such upload in this workspace.", code="upload_not_found")
