"""An editor's post waits for someone who may say yes."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from api_client import Api, Someone
from routes import insert
from team_world import Team, set_tier, team
from uploadm8.domain.billing.plans import Tier
from uploadm8.domain.platforms.tables import AccountState, ConnectedAccount
from uploadm8.domain.publishing.approval_content import subject_of
from uploadm8.domain.publishing.approval_hold import ask
from uploadm8.domain.publishing.approval_mail import ApprovalMail
from uploadm8.domain.publishing.release import Releases
from uploadm8.domain.publishing.tables import Publication
from uploadm8.domain.renditions.tables import Rendition, RenditionState
from uploadm8.domain.uploads.tables import Upload
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.catalog import RELEASE_PUBLICATIONS
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import claim, enqueue, finish
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.mail.letter import Mail

pytestmark = pytest.mark.anyio


@dataclass
class Room:
    """A team with an editor whose upload is to be posted."""

    made: Team
    editor: Someone
    account: UUID

    async def plan(self, by: Someone, **schedule: Any) -> str:
        """Plan an upload and let it become ready; the publication's id."""
        body = {
            "filename": "lap.mp4",
            "content_type": "video/mp4",
            "size_bytes": 1000,
            "caption": "Lap one",
            "targets": [
                {
                    "account_id": str(self.account),
                    "options": {"privacy": "private", "made_for_kids": False},
                }
            ],
            "schedule": {"mode": "now", **schedule},
        }
        answer = await self.made.call("POST", "uploads/presign", by, **body)
        assert answer.status_code == 201, answer.text
        upload = answer.json()
        await Upload.raw("UPDATE uploads SET state='ready' WHERE id={}", UUID(upload["id"]))
        await insert(
            Rendition,
            id=uuid4(),
            workspace=self.made.workspace_id,
            upload=UUID(upload["id"]),
            spec='{"platforms": ["youtube"]}',
            state=RenditionState.SUCCEEDED.value,
            etag="e1",
        )
        job_id = await enqueue(RELEASE_PUBLICATIONS, ref_id=UUID(upload["id"]))
        assert job_id is not None
        job = await claim(job_id, "test", 60)
        assert job is not None
        await Releases().release(JobContext(job, "test"))
        await finish(job, "succeeded")
        return str(upload["publications"][0]["id"])

    async def show(self, publication: str) -> tuple[str, str | None]:
        told = (await self.made.call("GET", f"publications/{publication}")).json()
        return told["state"], told["held_reason"]

    async def question(self) -> dict[str, Any]:
        (found,) = (await self.made.call("GET", "approvals")).json()["items"]
        return dict(found)

    async def approve(self, publication: str, who: Someone | None = None) -> tuple[int, str]:
        told = await self.question()
        answer = await self.made.call(
            "POST",
            f"publications/{publication}/approve",
            who,
            content_hash=told["content_hash"],
            comment="Nice",
        )
        return answer.status_code, answer.json().get("code", "")


@pytest.fixture
async def room(api: Api) -> Room:
    made = await team(api, Tier.STUDIO)
    account = uuid4()
    await insert(
        ConnectedAccount,
        id=account,
        workspace=made.workspace_id,
        platform="youtube",
        state=AccountState.ACTIVE.value,
        scopes='["https://www.googleapis.com/auth/youtube.upload"]',
    )
    return Room(made, await made.join("editor"), account)


async def test_an_editors_post_waits_and_goes_on_when_it_is_approved(room: Room) -> None:
    publication = await room.plan(room.editor)
    assert await room.show(publication) == ("held", "approval")
    asked = await room.question()
    assert (asked["requested_by"], asked["caption"]) == (room.editor.email, "Lap one")
    released = await room.made.call("POST", f"publications/{publication}/release", room.editor)
    assert released.json()["code"] == "approval_pending"
    assert await room.approve(publication, room.editor) == (403, "role_required")
    assert await room.approve(publication) == (200, "")
    assert (await room.show(publication))[0] == "queued"
    (answered,) = (await room.made.call("GET", "approvals?state=approved")).json()["items"]
    assert (answered["decided_by"], answered["comment"]) == (room.made.owner.email, "Nice")


async def test_an_owners_post_waits_for_nobody(room: Room) -> None:
    publication = await room.plan(room.made.owner)
    assert (await room.show(publication))[0] == "queued"


async def test_a_change_after_the_look_makes_the_answer_stale(room: Room) -> None:
    publication = await room.plan(room.editor)
    told = await room.question()
    await Publication.raw("UPDATE publications SET caption='Something else'")
    stale = await room.made.call(
        "POST", f"publications/{publication}/approve", content_hash=told["content_hash"]
    )
    assert (stale.status_code, stale.json()["code"]) == (409, "approval_stale")


async def test_an_approval_that_comes_too_late_holds_the_post_as_missed(room: Room) -> None:
    publication = await room.plan(room.editor)
    await Publication.raw(
        "UPDATE publications SET publish_at=now() - interval '1 minute', schedule_mode='at'"
    )
    async with transaction():
        await ask(await subject_of(UUID(publication)), None)
    assert await room.approve(publication) == (200, "")
    assert await room.show(publication) == ("held", "missed")
    assert await JobRow.count().where(JobRow.kind == "publishing.publish") == 0


async def test_an_editors_change_asks_again_and_an_approvers_change_is_an_approval(
    room: Room,
) -> None:
    publication = await room.plan(room.editor)
    assert await room.approve(publication) == (200, "")
    path = f"publications/{publication}/reschedule"
    at = {"mode": "at", "at": "2027-03-01T12:00:00Z"}
    await room.made.call("POST", path, room.editor, schedule=at)
    assert await room.show(publication) == ("held", "approval")
    at = {"mode": "at", "at": "2027-03-02T12:00:00Z"}
    await room.made.call("POST", path, schedule=at)
    assert (await room.show(publication))[0] == "scheduled"
    voided = (await room.made.call("GET", "approvals?state=voided")).json()["items"]
    assert len(voided) == 2


async def test_an_editors_change_of_an_owners_post_needs_an_approval(room: Room) -> None:
    publication = await room.plan(room.made.owner, mode="at", at="2027-03-01T12:00:00Z")
    await room.made.call(
        "POST",
        f"publications/{publication}/reschedule",
        room.editor,
        schedule={"mode": "now"},
    )
    assert await room.show(publication) == ("held", "approval")


async def test_a_rejection_says_why_and_can_be_asked_about_again(room: Room) -> None:
    publication = await room.plan(room.editor)
    silent = await room.made.call("POST", f"publications/{publication}/reject", comment="")
    assert silent.status_code == 400
    said = await room.made.call("POST", f"publications/{publication}/reject", comment="Too loud")
    assert (said.status_code, said.json()["held_reason"]) == (200, "rejected")
    released = await room.made.call("POST", f"publications/{publication}/release", room.editor)
    assert released.json()["code"] == "approval_rejected"
    again = await room.made.call(
        "POST", f"publications/{publication}/request-approval", room.editor
    )
    assert again.status_code == 202
    assert await room.approve(publication) == (200, "")
    assert (await room.show(publication))[0] == "queued"


async def test_with_everybody_asked_nobody_approves_an_own_post_unless_that_is_allowed(
    room: Room,
) -> None:
    await room.made.call("PUT", "approvals/policy", required_of="everybody")
    publication = await room.plan(room.made.owner)
    assert await room.approve(publication) == (403, "self_approval")
    await room.made.call("PUT", "approvals/policy", required_of="everybody", self_approval=True)
    assert await room.approve(publication) == (200, "")


async def test_approvers_and_editor_are_told_by_mail(room: Room) -> None:
    publication = await room.plan(room.editor)
    await room.approve(publication)
    publication = await room.plan(room.editor)
    sent: list[Mail] = []

    class _Keep:
        async def send(self, mail: Mail) -> None:
            sent.append(mail)

    desk = ApprovalMail(_Keep(), "https://app.example.com")
    rows = await JobRow.raw("SELECT id FROM jobs WHERE kind='publishing.approval_mail' ORDER BY id")
    for row in rows:
        job = await claim(row["id"], "test", 60)
        assert job is not None
        await desk.send(JobContext(job, "test"))
    # The first question was answered before its mail went out.
    assert [(mail.to, mail.tag) for mail in sent] == [
        (room.editor.email, "approval-approved"),
        (room.made.owner.email, "approval-requested"),
    ]


async def test_a_tier_without_approvals_keeps_what_waits_and_asks_for_no_more(room: Room) -> None:
    waiting = await room.plan(room.editor)
    await set_tier(room.made.workspace_id, Tier.GROWTH)
    refused = await room.made.call("PUT", "approvals/policy", required_of="nobody")
    assert (refused.status_code, refused.json()["required_tier"]) == (402, "studio")
    assert await room.approve(waiting) == (200, "")
    assert (await room.made.call("GET", "approvals/policy")).json()["in_force"] is False
