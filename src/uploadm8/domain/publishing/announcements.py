"""What a workspace is told about its posts."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from uploadm8.domain.publishing.tables import Publication, PublicationState
from uploadm8.domain.workspaces.events import EventKind, announce

S = PublicationState

_KIND: Mapping[PublicationState, EventKind] = {
    S.PUBLISHED: EventKind.PUBLICATION_PUBLISHED,
    S.FAILED: EventKind.PUBLICATION_FAILED,
    S.UNKNOWN: EventKind.PUBLICATION_UNKNOWN,
    S.HELD: EventKind.PUBLICATION_HELD,
}
_FACTS = (
    "SELECT p.workspace, p.id AS publication_id, p.upload AS upload_id, p.account AS account_id,"
    " p.platform, p.state, p.public_url, p.platform_post_id, p.publish_at, p.published_at,"
    " p.error_code, p.error_detail, p.error_action, p.updated_at,"
    " a.display_name AS account_name, COALESCE(NULLIF(u.title, ''), u.filename) AS title"
    " FROM publications p JOIN connected_accounts a ON a.id = p.account"
    " JOIN uploads u ON u.id = p.upload WHERE p.id = {}"
)


async def announce_state(publication_id: UUID) -> None:
    """Tell of the state a publication has just come into, in the caller's transaction.

    A post is announced once; a failure each time it happens.
    """
    rows: list[dict[str, Any]] = await Publication.raw(_FACTS, publication_id)
    if not rows:
        return
    facts = dict(rows[0])
    workspace_id, at = facts.pop("workspace"), facts.pop("updated_at")
    state = PublicationState(facts["state"])
    error = {name: facts.pop(f"error_{name}") for name in ("code", "detail", "action")}
    once = str(publication_id) if state is S.PUBLISHED else f"{publication_id}:{at.isoformat()}"
    await announce(
        workspace_id,
        _KIND[state],
        once,
        subject=publication_id,
        facts={**facts, "error": error if error["code"] else None},
    )


def is_told_at_once(target: PublicationState, changes: Mapping[str, Any]) -> bool:
    """Whether a move is news by itself.

    A post is told of by its aftermath, which knows the address; the manual queue is no news.
    """
    if target is S.HELD:
        return changes.get("held_reason") == "missed"
    return target in (S.FAILED, S.UNKNOWN)
