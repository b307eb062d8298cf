"""The publish protocol sends nothing out that an approver has not seen."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from publishing_desk import Desk
from uploadm8.api.principal import Principal
from uploadm8.domain.billing.plans import Feature
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.publishing.approval_content import content_hash, open_approval, subject_of
from uploadm8.domain.publishing.approvals import Approvals
from uploadm8.domain.publishing.delivery import Delivery
from uploadm8.domain.publishing.schemas import Decision
from uploadm8.domain.publishing.tables import Publication
from uploadm8.infra.ids import new_id

pytestmark = pytest.mark.anyio


class _Agency:
    async def require(self, workspace_id: UUID, feature: Feature) -> None:
        """Every feature is there."""

    async def has(self, workspace_id: UUID, feature: Feature) -> bool:
        return True


async def posts(desk: Desk, platform: Platform) -> int:
    return len(await asyncio.to_thread(desk.sandbox.posts, platform))


async def waiting(desk: Desk) -> UUID:
    """A publication that needs an approval and has none."""
    publication = await desk.publication(Platform.YOUTUBE)
    await Publication.raw("UPDATE publications SET approval_needed=true")
    return publication


async def approve(desk: Desk, publication: UUID) -> None:
    row = await desk.row(publication)
    await Publication.raw(
        "INSERT INTO users (id, email, password_hash, display_name)"
        " VALUES ({}, 'approver@example.com', '-', '')",
        approver := new_id(),
    )
    told = content_hash(await subject_of(publication))
    by = Principal(approver, row["workspace"], "admin", session_id=new_id())
    await Approvals(_Agency()).approve(by, publication, Decision(content_hash=told))


async def test_nothing_reaches_the_platform_before_the_approval(desk: Desk) -> None:
    publication = await waiting(desk)
    await desk.run_due(kinds="publishing.publish")
    row = await desk.row(publication)
    assert (row["state"], row["held_reason"], row["handle_enc"]) == ("held", "approval", None)
    assert await posts(desk, Platform.YOUTUBE) == 0
    await approve(desk, publication)
    await desk.run_due(kinds="publishing.publish")
    assert (await desk.row(publication))["state"] == "published"
    assert await posts(desk, Platform.YOUTUBE) == 1


@pytest.mark.parametrize(
    "change",
    [
        "caption='Something else'",
        "options=options || jsonb_build_object('title', 'Another')",
        "publish_at=now() - interval '1 minute'",
        "schedule_mode='at'",
    ],
)
async def test_a_change_after_the_approval_voids_it(desk: Desk, change: str) -> None:
    publication = await waiting(desk)
    await desk.run_due(kinds="publishing.publish")
    await approve(desk, publication)
    await Publication.raw(f"UPDATE publications SET {change}")
    await desk.run_due(kinds="publishing.publish")
    row = await desk.row(publication)
    assert (row["state"], row["held_reason"]) == ("held", "approval")
    found = await open_approval(publication)
    assert found is not None
    assert found["state"] == "pending"
    assert await posts(desk, Platform.YOUTUBE) == 0


async def test_a_file_made_anew_after_the_approval_voids_it(desk: Desk) -> None:
    publication = await waiting(desk)
    await desk.run_due(kinds="publishing.publish")
    await approve(desk, publication)
    await Publication.raw("UPDATE renditions SET etag='another'")
    await desk.run_due(kinds="publishing.publish")
    assert (await desk.row(publication))["held_reason"] == "approval"


async def test_a_change_between_the_bytes_and_the_commit_stops_the_commit(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication = await waiting(desk)
    await desk.run_due(kinds="publishing.publish")
    await approve(desk, publication)
    commit = Delivery._commit

    async def changed_first(self: Delivery, *args: Any) -> None:
        await Publication.raw("UPDATE publications SET caption='Something else'")
        await commit(self, *args)

    monkeypatch.setattr(Delivery, "_commit", changed_first)
    await desk.run_due(kinds="publishing.publish")
    row = await desk.row(publication)
    assert (row["state"], row["commit_intent_at"], row["handle_enc"]) == ("held", None, None)
    assert await posts(desk, Platform.YOUTUBE) == 0
