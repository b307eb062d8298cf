"""What an approval is about: a hash over everything that decides how the post will look and when."""

import hashlib
from typing import Any
from uuid import UUID

import msgspec

from uploadm8.domain.publishing.tables import Approval, ApprovalState, Publication
from uploadm8.infra.db.json_columns import json_of

_SQL = (
    "SELECT p.*, u.title, u.filename, r.etag AS rendition_etag FROM publications p"
    " JOIN uploads u ON u.id=p.upload LEFT JOIN renditions r ON r.id=p.rendition WHERE p.id={}"
)
_COVERED = (
    *("id", "account", "platform", "caption", "title", "filename"),
    *("rendition", "rendition_etag", "schedule_mode", "publish_at"),
)


async def subject_of(publication_id: UUID, *, lock: bool = False) -> dict[str, Any]:
    """The publication's row, with what else the hash covers."""
    rows: list[dict[str, Any]] = await Publication.raw(
        f"{_SQL}{' FOR NO KEY UPDATE OF p' if lock else ''}", publication_id
    )
    return rows[0]


def content_hash(subject: dict[str, Any]) -> str:
    """Rendition, caption, title, target, options and time: any change of them is another hash."""
    told = {name: subject[name] for name in _COVERED}
    told["options"] = json_of(subject["options"])
    return hashlib.sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()


async def open_approval(publication_id: UUID) -> dict[str, Any] | None:
    """The question that is pending or was answered last with yes."""
    rows: list[dict[str, Any]] = await Approval.raw(
        "SELECT * FROM approvals WHERE publication={} AND state IN ('pending', 'approved')",
        publication_id,
    )
    return rows[0] if rows else None


async def is_approved(subject: dict[str, Any]) -> bool:
    """Whether the publication may go out exactly as it is now."""
    if not subject["approval_needed"]:
        return True
    found = await open_approval(subject["id"])
    return (
        found is not None
        and found["state"] == ApprovalState.APPROVED
        and found["content_hash"] == content_hash(subject)
    )
