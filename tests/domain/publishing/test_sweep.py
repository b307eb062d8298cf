"""A publication that lost its job gets another one; nothing gets two."""

from uuid import UUID

import pytest

from publishing_desk import Desk
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.publishing.sweep import PublicationSweep
from uploadm8.domain.publishing.tables import Publication
from uploadm8.infra.jobs.catalog import SWEEP_PUBLICATIONS
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import claim, enqueue
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio


async def sweep() -> None:
    job_id = await enqueue(SWEEP_PUBLICATIONS)
    assert job_id is not None
    job = await claim(job_id, "sweeper", 60)
    assert job is not None
    await PublicationSweep().sweep(JobContext(job, "sweeper"))


async def abandoned(desk: Desk, state: str) -> UUID:
    publication = await desk.publication(Platform.YOUTUBE)
    await JobRow.delete(force=True)
    await Publication.raw(
        "UPDATE publications SET state = {}, updated_at = now() - interval '2 minutes'", state
    )
    return publication


async def jobs_of(publication: UUID) -> list[str]:
    rows = await JobRow.select(JobRow.kind).where(
        JobRow.ref_id == publication, JobRow.state == "queued"
    )
    return [row["kind"] for row in rows]


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("scheduled", "publishing.publish"),
        ("queued", "publishing.publish"),
        ("preparing", "publishing.publish"),
        ("transferring", "publishing.publish"),
        ("committing", "publishing.publish"),
        ("confirming", "publishing.publish"),
        ("retry_wait", "publishing.publish"),
        ("unknown", "publishing.reconcile"),
        ("needs_reconnect", "publishing.publish"),
    ],
)
async def test_what_nobody_works_on_gets_one_job_however_often_it_is_swept(
    desk: Desk, state: str, kind: str
) -> None:
    publication = await abandoned(desk, state)
    await sweep()
    await sweep()
    assert await jobs_of(publication) == [kind]


@pytest.mark.parametrize("state", ["held", "published", "failed", "canceled"])
async def test_what_waits_for_a_person_or_is_over_is_left_alone(desk: Desk, state: str) -> None:
    publication = await abandoned(desk, state)
    await sweep()
    assert await jobs_of(publication) == []


async def test_a_post_whose_account_was_not_connected_again_for_a_week_fails(desk: Desk) -> None:
    publication = await abandoned(desk, "needs_reconnect")
    await Publication.raw("UPDATE publications SET updated_at = now() - interval '8 days'")
    await Publication.raw("UPDATE connected_accounts SET state = 'needs_reconnect'")
    await sweep()
    row = await desk.row(publication)
    assert (row["state"], row["error_code"]) == ("failed", "account_not_reconnected")


async def test_a_draft_whose_upload_is_ready_is_released(desk: Desk) -> None:
    await abandoned(desk, "draft")
    await Publication.raw("UPDATE uploads SET updated_at = now() - interval '1 hour'")
    await sweep()
    assert len(await JobRow.select().where(JobRow.kind == "publishing.release")) == 1
