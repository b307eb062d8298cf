"""A planned post that the account's access will not live to see is told of, by mail and in the API."""

from datetime import timedelta
from uuid import UUID

import pytest

from publishing_desk import Desk
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.letters import Letters
from uploadm8.domain.platforms.tables import ConnectedAccount
from uploadm8.domain.publishing.calendar import entries
from uploadm8.domain.publishing.foresight import Foresight
from uploadm8.domain.publishing.tables import Publication
from uploadm8.infra.clock import now
from uploadm8.infra.jobs.catalog import ACCESS_WARNING, FORESEE_ACCESS
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import claim, enqueue
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.mail.letter import Mail

pytestmark = pytest.mark.anyio


class Recorder:
    """Keeps the mail it is given."""

    def __init__(self) -> None:
        self.mail: list[Mail] = []

    async def send(self, mail: Mail) -> None:
        self.mail.append(mail)


def letters(recorder: Recorder) -> Letters:
    async def wanted(workspace: UUID) -> bool:
        del workspace
        return True

    return Letters(recorder, "https://app.example.com", wanted)


async def planned(desk: Desk, platform: Platform, *, in_days: int, access_days: int) -> UUID:
    publication = await desk.publication(platform)
    await Publication.raw(
        "UPDATE publications SET state = 'scheduled', publish_at = {} WHERE id = {}",
        now() + timedelta(days=in_days),
        publication,
    )
    await ConnectedAccount.update(
        {ConnectedAccount.refresh_expires_at: now() + timedelta(days=access_days)}
    ).where(ConnectedAccount.id == (await desk.row(publication))["account"])
    return publication


async def foresee() -> None:
    job_id = await enqueue(FORESEE_ACCESS)
    assert job_id is not None
    job = await claim(job_id, "test", 60)
    assert job is not None
    await Foresight(letters(Recorder())).foresee(JobContext(job, "test"))


async def mailed() -> list[Mail]:
    recorder = Recorder()
    rows = await JobRow.select().where(JobRow.kind == ACCESS_WARNING.name, JobRow.state == "queued")
    for row in rows:
        job = await claim(row["id"], "test", 60)
        assert job is not None
        await Foresight(letters(recorder)).send(JobContext(job, "test"))
    return recorder.mail


async def test_every_post_at_risk_has_one_letter_and_a_warning(desk: Desk) -> None:
    risky = await planned(desk, Platform.YOUTUBE, in_days=10, access_days=5)
    await planned(desk, Platform.TIKTOK, in_days=3, access_days=5)
    for _ in range(2):
        await foresee()
    letters = await mailed()
    assert [letter.subject for letter in letters] == [
        "A post to Tour Films on YouTube needs you to reconnect the account"
    ]
    row = await desk.row(risky)
    found = (await entries(row["workspace"], 10, None))[0]
    assert [one.code for one in found.warnings] == ["access_ends_before"]
    assert f"reconnect={row['account']}" in found.warnings[0].action
    await foresee()
    assert await mailed() == []


async def test_metas_access_is_extended_daily_and_threatens_nothing(desk: Desk) -> None:
    publication = await planned(desk, Platform.INSTAGRAM, in_days=70, access_days=59)
    await foresee()
    assert await mailed() == []
    assert (await entries((await desk.row(publication))["workspace"], 10, None))[0].warnings == []


async def test_a_letter_whose_reason_is_gone_is_not_sent(desk: Desk) -> None:
    publication = await planned(desk, Platform.YOUTUBE, in_days=10, access_days=5)
    await foresee()
    await Publication.raw(
        "UPDATE connected_accounts SET refresh_expires_at = NULL WHERE id = {}",
        (await desk.row(publication))["account"],
    )
    assert await mailed() == []
