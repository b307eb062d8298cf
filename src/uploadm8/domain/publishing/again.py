"""A publication that came to an end: try it again, post it once more, or settle what became of it."""

from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString

from uploadm8.domain.publishing.lifecycle import advance
from uploadm8.domain.publishing.release import enqueue_publish
from uploadm8.domain.publishing.schemas import Verdict
from uploadm8.domain.publishing.tables import Publication, PublicationState
from uploadm8.errors import ConflictError
from uploadm8.infra.clock import now
from uploadm8.infra.db.json_columns import to_json
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id

S = PublicationState


async def retry(row: dict[str, Any]) -> None:
    """Try a failed publication again with the handle it has; it can never post twice.

    Raises:
        ConflictError: ``not_failed``.
    """
    asked = row["commit_intent_at"] is not None
    due = row["publish_at"] is not None and row["publish_at"] <= now()
    async with transaction():
        moved = await advance(
            row["id"],
            (S.FAILED,),
            S.CONFIRMING if asked else S.QUEUED,
            cancel_requested=False,
            publish_at=None if due else row["publish_at"],
            # The platform gets all its time to answer once more.
            commit_intent_at=QueryString("now()") if asked else None,
            error_class=None,
            error_code=None,
            error_detail=None,
            error_action=None,
        )
        if not moved:
            raise ConflictError(
                "Only a failed publication can be tried again.",
                code="not_failed",
                action="To make another post of the same video, use post-again.",
            )
        await enqueue_publish(row["id"], row["workspace"], None)


async def post_again(row: dict[str, Any], user_id: UUID) -> UUID:
    """Make another post of the same video on the same account: a new slot, on purpose.

    Raises:
        ConflictError: ``still_open`` while the last one has not come to an end.
    """
    if row["state"] not in (S.PUBLISHED, S.FAILED, S.CANCELED, S.UNKNOWN):
        raise ConflictError("The last post is still on its way.", code="still_open")
    copy_id = new_id()
    async with transaction():
        last = await (
            Publication.select(Publication.slot)
            .where(Publication.upload == row["upload"], Publication.account == row["account"])
            .order_by(Publication.slot, ascending=False)
            .first()
            .lock_rows("NO KEY UPDATE")
        )
        kept = ("workspace", "upload", "account", "rendition", "platform", "caption", "options")
        await Publication.insert(
            Publication(
                id=copy_id,
                **{name: row[name] for name in kept},
                bytes_total=row["bytes_total"],
                time_zone=row["time_zone"],
                created_by=user_id,
                slot=(last["slot"] if last else 0) + 1,
                state=S.QUEUED.value,
                consent=to_json(
                    {"by": str(user_id), "at": now().isoformat(), "again": str(row["id"])}
                ),
            )
        )
        await enqueue_publish(copy_id, row["workspace"], None)
    return copy_id


async def settle(row: dict[str, Any], verdict: Verdict) -> None:
    """Take a person's word for an outcome that the platform does not tell.

    Raises:
        ConflictError: ``not_unknown``.
    """
    if verdict.outcome == "published":
        moved = await advance(
            row["id"], (S.UNKNOWN,), S.PUBLISHED, published_at=now(), public_url=verdict.public_url
        )
    else:
        moved = await advance(row["id"], (S.UNKNOWN,), S.FAILED)
    if not moved:
        raise ConflictError("The outcome of this publication is known.", code="not_unknown")
