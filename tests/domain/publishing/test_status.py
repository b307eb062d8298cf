"""The status says how things are, also when that is not well."""

from typing import Any
from uuid import UUID

import pytest

from api_client import Api
from routes import Owner, their_publication
from team_world import Team, set_tier, team
from uploadm8.domain.billing.plans import Tier
from uploadm8.domain.publishing.tables import Publication
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio


async def status(made: Team) -> dict[str, Any]:
    answer = await made.call("GET", "status")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def posts(made: Team, *changes: str) -> None:
    owner = Owner(UUID(await made.user_id(made.owner)), made.workspace_id)
    for change in changes:
        publication = await their_publication(owner)
        await Publication.raw(f"UPDATE publications SET {change} WHERE id={{}}", publication)


def at(told: dict[str, Any], platform: str) -> dict[str, Any]:
    (found,) = [one for one in told["platforms"] if one["platform"] == platform]
    return dict(found)


async def test_lateness_and_outcomes_are_what_the_rows_say(api: Api) -> None:
    made = await team(api)
    on_time = "publish_at=now() - interval '1 hour', state='published', published_at=now(),"
    await posts(
        made,
        f"{on_time} first_commit_at=now() - interval '1 hour' + interval '2 s'",
        f"{on_time} first_commit_at=now() - interval '1 hour' + interval '4 s'",
        f"{on_time} first_commit_at=now() - interval '2 hours'",
        "state='failed', error_class='transient'",
        "state='failed', error_class='permanent_media'",
    )
    told = await status(made)
    youtube = at(told, "youtube")
    assert (youtube["published"], youtube["failed"], youtube["overdue"]) == (3, 1, 0)
    assert youtube["lateness"] == {"number": 3, "p50_s": 2.0, "p99_s": 3.96}
    assert youtube["status"] == "degraded"
    measured = {one["name"]: (one["measured"], one["met"]) for one in told["levels"]}
    assert measured["publishing_on_time"] == (3.96, True)
    assert measured["posts_that_arrive"] == (0.75, False)


async def test_posts_and_jobs_that_still_wait_are_told(api: Api) -> None:
    made = await team(api)
    await JobRow.raw("DELETE FROM jobs")
    await posts(
        made,
        "state='retry_wait', publish_at=now() - interval '10 minutes'",
        "state='retry_wait', publish_at=now() - interval '1 day', error_class='rate_limited'",
    )
    await JobRow.raw(
        "INSERT INTO jobs (kind, queue, run_at) VALUES ('publishing.publish', 'jobs',"
        " now() - interval '300 s')"
    )
    told = await status(made)
    youtube = at(told, "youtube")
    assert (youtube["overdue"], youtube["status"]) == (1, "degraded")
    assert 599 < youtube["oldest_overdue_s"] < 700
    (jobs,) = [one for one in told["queues"] if one["queue"] == "jobs"]
    assert jobs["due"] == 1
    assert 299 < jobs["oldest_due_s"] < 400
    assert told["status"] == "degraded"
    assert at(told, "tiktok")["status"] == "operational"


async def test_a_platform_that_is_left_alone_is_told_with_its_time(api: Api) -> None:
    made = await team(api)
    await Publication.raw(
        "INSERT INTO platform_circuits (platform, pause_s, opens_at)"
        " VALUES ('tiktok', 30, now() + interval '30 s')"
    )
    tiktok = at(await status(made), "tiktok")
    assert tiktok["status"] == "paused"
    assert tiktok["paused_until"] is not None


async def test_nothing_to_measure_is_no_broken_promise(api: Api) -> None:
    made = await team(api)
    await JobRow.raw("DELETE FROM jobs")
    told = await status(made)
    assert told["status"] == "operational"
    assert [one["met"] for one in told["levels"]] == [None, None, True]


async def test_levels_are_for_everyone_and_the_status_for_agencies(api: Api) -> None:
    made = await team(api, Tier.STUDIO)
    assert len((await api.http.get("/api/status/levels")).json()["items"]) == 3
    refused = await made.call("GET", "status")
    assert (refused.status_code, refused.json()["required_tier"]) == (402, "agency")
    await set_tier(made.workspace_id, Tier.AGENCY)
    assert (await made.call("GET", "status")).status_code == 200
