"""A post whose outcome is unknown: what the platform must say, and how often, to be believed."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from model_platform import ModelPlatform
from publishing_desk import CIPHER, a_publication
from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import (
    Access,
    CommitAgain,
    Draft,
    Live,
    NotPublished,
    Pending,
    Platform,
    Unknown,
    Verdict,
)
from uploadm8.domain.platforms.clients.errors import PlatformError, Rule
from uploadm8.domain.platforms.clients.handles import TikTokHandle, encode_handle
from uploadm8.domain.publishing.actors import PublishingJobs
from uploadm8.domain.publishing.delivery import Delivery
from uploadm8.domain.publishing.pace import Pace
from uploadm8.domain.publishing.tables import Publication
from uploadm8.infra.jobs.catalog import RECONCILE, Queue
from uploadm8.infra.jobs.queue import claim, enqueue
from uploadm8.infra.jobs.runner import Runner
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio


def refused(rule: Rule) -> NotPublished:
    return NotPublished(PlatformError(rule, platform=Platform.TIKTOK))


NO = refused(e.POLICY)
GONE = refused(e.SESSION_GONE)
LIVE = Live("p1", "https://example.com/p1")
BUSY = Pending(1.0)


@dataclass
class Scripted(ModelPlatform):
    """A platform that answers questions about a post as it is told."""

    answers: deque[Verdict] = field(default_factory=deque)

    async def check(self, draft: Draft, handle: TikTokHandle) -> Verdict:
        """The next answer."""
        return self.answers.popleft()


class Accounts:
    """Gives out a token to whoever asks."""

    async def access(self, account_id: UUID, *, refused: Access | None = None) -> Access:
        return Access("token", "account")

    async def needs_reconnect(self, account_id: UUID, error: PlatformError) -> None:
        """No platform of this test says so."""


async def unknown_post(*, accepted: bool = False) -> UUID:
    """A post that was committed 31 minutes ago, without a verdict since."""
    row = await a_publication(Platform.TIKTOK)
    publication: UUID = row["id"]
    handle = encode_handle(TikTokHandle(size=1, publish_id="p1", upload_url="-"))
    sealed = CIPHER.encrypt(handle, table="publications", row=publication, field="handle")
    await Publication.raw(
        "UPDATE publications SET state = 'unknown', handle_enc = {},"
        " commit_intent_at = now() - interval '31 minutes' WHERE id = {}",
        *(sealed, publication),
    )
    if accepted:
        await Publication.raw(
            "INSERT INTO publish_attempts (id, publication, phase, worker, lease_epoch, at)"
            " VALUES (gen_random_uuid(), {}, 'commit', 'w', 1, now() - interval '30 minutes')",
            publication,
        )
    await JobRow.raw("DELETE FROM jobs")
    await enqueue(RECONCILE, ref_id=publication, workspace_id=row["workspace"])
    return publication


async def ask(publication: UUID, *answers: Verdict, minutes: int = 10) -> dict[str, Any]:
    """Let the reconciler ask once for each answer, some minutes apart; the row afterwards."""
    platform = Scripted(answers=deque(answers))
    delivery = Delivery(
        Accounts(),
        {Platform.TIKTOK: platform},
        None,  # type: ignore[arg-type]  # bytes stay unread
        CIPHER,
        Pace(0),
    )
    handlers = {one.kind.name: one for one in PublishingJobs(delivery).handlers()}
    runner = Runner(handlers, {Queue.JOBS: 1}, lease_s=60, default_timeout_s=60)
    for _ in answers:
        rows = await JobRow.raw(
            "UPDATE jobs SET run_at = now() WHERE kind = {} AND state = 'queued' RETURNING id",
            RECONCILE.name,
        )
        job = await claim(rows[0]["id"], runner.owner, 60) if rows else None
        if job is not None:
            await runner.run(job)
        by = f"interval '{minutes} minutes'"
        await Publication.raw(f"UPDATE publications SET commit_intent_at = commit_intent_at - {by}")
        await Publication.raw(f"UPDATE publish_attempts SET at = at - {by}")
    return (await Publication.select().where(Publication.id == publication))[0]


async def test_a_post_that_is_there_is_believed_at_once(db: None) -> None:
    row = await ask(await unknown_post(), LIVE)
    assert (row["state"], row["platform_post_id"]) == ("published", "p1")


@pytest.mark.parametrize("answer", [NO, GONE, CommitAgain()])
async def test_one_denial_is_not_believed(db: None, answer: Verdict) -> None:
    publication = await unknown_post()
    assert (await ask(publication, answer))["state"] == "unknown"
    assert (await ask(publication, answer))["state"] == "unknown"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (NO, "platform_policy"),
        (GONE, "upload_session_expired"),
        (CommitAgain(), "commit_not_acted_on"),
    ],
)
async def test_three_denials_over_twenty_minutes_are_believed(
    db: None, answer: Verdict, code: str
) -> None:
    row = await ask(await unknown_post(), answer, answer, answer)
    assert (row["state"], row["error_code"]) == ("failed", code)


async def test_three_denials_in_a_moment_are_not_believed(db: None) -> None:
    assert (await ask(await unknown_post(), NO, NO, NO, minutes=1))["state"] == "unknown"


@pytest.mark.parametrize("between", [BUSY, Unknown("it contradicts itself")])
async def test_an_answer_that_leaves_it_open_takes_denials_back(db: None, between: Verdict) -> None:
    publication = await unknown_post()
    assert (await ask(publication, NO, NO, between, NO, NO))["state"] == "unknown"
    assert (await ask(publication, NO))["state"] == "failed"


async def test_a_post_that_shows_up_after_denials_is_published(db: None) -> None:
    assert (await ask(await unknown_post(), NO, NO, LIVE))["state"] == "published"


@pytest.mark.parametrize("answer", [GONE, CommitAgain()])
async def test_what_the_platform_took_is_never_believed_to_be_missing(
    db: None, answer: Verdict
) -> None:
    publication = await unknown_post(accepted=True)
    row = await ask(publication, *[answer] * 6)
    assert (row["state"], row["handle_enc"] is None) == ("unknown", False)


async def test_after_three_days_it_is_left_to_the_user(db: None) -> None:
    publication = await unknown_post()
    row = await ask(publication, BUSY, BUSY, LIVE, minutes=36 * 60)
    assert row["state"] == "unknown"
    assert not await JobRow.exists().where(JobRow.state == "queued")
