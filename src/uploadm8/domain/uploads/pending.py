"""Uploads that were announced and wait for their bytes."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from uploadm8.domain.uploads import limits
from uploadm8.domain.uploads.schemas import NewUpload
from uploadm8.errors import TooManyRequestsError
from uploadm8.infra.clock import now
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.json_columns import to_json
from uploadm8.infra.storage.keys import source_key


async def check_pending(workspace_id: UUID) -> None:
    """Refuse one more upload when too many of a workspace have no bytes yet.

    Raises:
        TooManyRequestsError: code ``too_many_pending_uploads``.
    """
    rows = await DB.rows(
        "SELECT count(*) AS waiting FROM uploads WHERE workspace=$1 AND state='pending'",
        workspace_id,
    )
    count = rows[0]["waiting"]
    if count >= limits.MAX_PENDING:
        raise TooManyRequestsError(
            f"{count} uploads are waiting for their bytes; {limits.MAX_PENDING} may.",
            code="too_many_pending_uploads",
            action="Complete or cancel some of them.",
            retry_after=60,
        )


async def record_upload(
    upload_id: UUID, workspace_id: UUID, user_id: UUID, new: NewUpload, hud: Mapping[str, Any]
) -> None:
    """Record an upload in the current transaction; it expires unless its bytes arrive."""
    # By hand, like all that presign asks for: building these queries from columns took longer than
    # running them.
    await DB.rows(
        "INSERT INTO uploads (id, workspace, created_by, filename, content_type, size_bytes,"
        " object_key, title, caption, hashtags, hud, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        upload_id,
        workspace_id,
        user_id,
        limits.clean_text("filename", new.filename),
        new.content_type,
        new.size_bytes,
        source_key(workspace_id, upload_id),
        limits.clean_text("title", new.title),
        limits.clean_text("caption", new.caption),
        to_json([tag.lstrip("#") for tag in new.hashtags]),
        to_json(hud),
        now() + timedelta(seconds=limits.PENDING_S),
    )
