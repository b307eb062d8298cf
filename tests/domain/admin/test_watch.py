"""Operators are told what is wrong once, and again when it is over; by the sandbox's Discord."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox_flows import Sandbox
from uploadm8.domain.admin.conditions import Problem, Thresholds, problems
from uploadm8.domain.admin.readings import Readings, read
from uploadm8.domain.admin.tables import AlertRow
from uploadm8.domain.admin.watch import Watch, note
from uploadm8.domain.notifications.tables import WebhookEndpoint
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.infra.discord import Discord
from uploadm8.infra.http import open_http
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import CLEAN_UPLOAD
from uploadm8.infra.jobs.queue import enqueue
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.processes import Heartbeat

pytestmark = pytest.mark.anyio

WEBHOOKS = {"active": 8, "failing": 0, "late": 0}
QUIET = Readings([], [], {}, {"worker": 1, "web": 1}, {}, 0, 0.0, WEBHOOKS, {})
LATE = Problem("queue_late", "3 jobs are due.", "light")


@pytest.fixture
async def watch(sandbox: Sandbox, db: None) -> AsyncIterator[Watch]:
    base = sandbox.env["DISCORD_BASE_URL"]
    async with open_http([base]) as http:
        yield Watch(Discord(http, base), f"{base}/api/webhooks/42/token", Thresholds())


def told(sandbox: Sandbox) -> list[str]:
    """Titles of the messages that arrived, oldest first."""
    answer = sandbox.http.get(f"{sandbox.env['DISCORD_BASE_URL']}/alerts")
    return [one["embeds"][0]["title"] for one in answer.json()["items"]]


async def calm() -> None:
    """Let a minute pass for everything that is over."""
    await AlertRow.raw("UPDATE operator_alerts SET resolved_at=resolved_at - interval '61 s'")


async def test_a_problem_is_told_once_and_its_end_once(watch: Watch, sandbox: Sandbox) -> None:
    for found in ([LATE], [LATE], [], []):
        await note(found)
        await calm()
        await watch.tell()
    assert told(sandbox) == ["⚠ queue late", "✓ queue late: recovered"]


async def test_many_processes_tell_it_once(watch: Watch, sandbox: Sandbox) -> None:
    await note([LATE, replace(LATE, subject="jobs")])
    await asyncio.gather(*(watch.tell() for _ in range(6)))
    assert told(sandbox) == ["⚠ queue late", "⚠ queue late"]


async def test_what_comes_and_goes_is_one_problem(watch: Watch, sandbox: Sandbox) -> None:
    short = replace(LATE, for_s=60)
    await note([LATE])
    since = await AlertRow.raw("SELECT since FROM operator_alerts")
    for found in ([LATE], [], [short], [], [short]):
        await note(found)
        await watch.tell()
    assert told(sandbox) == ["⚠ queue late"]
    assert await AlertRow.raw("SELECT since FROM operator_alerts WHERE state='firing'") == since


async def test_what_comes_back_later_is_told_again(watch: Watch, sandbox: Sandbox) -> None:
    for found in ([LATE], [], [LATE]):
        await note(found)
        await calm()
        await watch.tell()
    assert told(sandbox)[-1] == "⚠ queue late"
    assert len(told(sandbox)) == 3


async def test_a_short_problem_wakes_nobody(watch: Watch, sandbox: Sandbox) -> None:
    short = Problem("no_worker", "No worker.", for_s=60)
    await note([short])
    await watch.tell()
    await note([])
    await watch.tell()
    assert told(sandbox) == []
    assert await AlertRow.raw("SELECT 1 FROM operator_alerts") == []
    await note([short])
    await AlertRow.raw("UPDATE operator_alerts SET since=now() - interval '61 s'")
    await note([short])
    await watch.tell()
    assert told(sandbox) == ["⚠ no worker"]


async def test_discord_being_away_only_delays_it(watch: Watch, sandbox: Sandbox) -> None:
    sandbox.fault("discord", "execute", "5xx", times=1)
    await note([LATE])
    await watch.tell()
    assert told(sandbox) == []
    await AlertRow.raw("UPDATE operator_alerts SET telling_until=now() - interval '1 s'")
    await watch.tell()
    assert told(sandbox) == ["⚠ queue late"]


async def test_without_a_webhook_the_log_tells(
    db: None, caplog: pytest.LogCaptureFixture, watch: Watch, sandbox: Sandbox
) -> None:
    await note([LATE])
    await replace(watch, webhook_url="").tell()
    rows = await AlertRow.raw("SELECT told FROM operator_alerts")
    assert [row["told"] for row in rows] == ["firing"]
    assert told(sandbox) == []


async def test_real_trouble_is_seen_and_told(
    watch: Watch, sandbox: Sandbox, tmp_path: Path
) -> None:
    await Heartbeat("worker", tmp_path).beat()
    dead = await enqueue(CLEAN_UPLOAD, delay_s=60)
    await JobRow.raw("UPDATE jobs SET state='dead', error_class='internal_bug' WHERE id={}", dead)
    await enqueue(CLEAN_UPLOAD, delay_s=-500)
    await replace(watch, limits=Thresholds(disk_free_bytes=1 << 60)).look()
    assert sorted(told(sandbox)) == ["⚠ dead jobs", "⚠ disk low", "⚠ queue late"]
    await JobRow.raw("DELETE FROM jobs")
    quiet = replace(watch, limits=Thresholds(disk_free_bytes=0))
    await quiet.look()
    await calm()
    await quiet.tell()
    assert sum("recovered" in title for title in told(sandbox)) == 3


async def test_failing_endpoints_of_customers_are_told_and_their_recovery(
    watch: Watch, sandbox: Sandbox
) -> None:
    await Heartbeat("worker").beat()
    workspace = new_id()
    await Workspace.insert(Workspace(id=workspace, name="Laps"))
    for _ in range(3):
        await WebhookEndpoint.insert(
            WebhookEndpoint(workspace=workspace, url="https://x.example", secrets_enc="")
        )
    await WebhookEndpoint.raw("UPDATE webhook_endpoints SET failing_since=now() - interval '1 h'")
    await watch.look()
    await watch.look()
    assert told(sandbox) == ["⚠ endpoints failing"]
    await WebhookEndpoint.raw("UPDATE webhook_endpoints SET failing_since=NULL")
    await watch.look()
    await calm()
    await watch.tell()
    assert told(sandbox)[1:] == ["✓ endpoints failing: recovered"]


async def test_a_refused_video_wakes_nobody(db: None) -> None:
    job = await enqueue(CLEAN_UPLOAD)
    await JobRow.raw("UPDATE jobs SET state='dead', error_class='permanent_media' WHERE id={}", job)
    await Heartbeat("worker").beat()
    assert problems(await read(), Thresholds()) == []


def post(**more: Any) -> dict[str, Any]:
    return {"platform": "tiktok", "state": "queued", "n": 1, "late_s": 0, "long_unknown": 0, **more}


def job(**more: Any) -> dict[str, Any]:
    row = {"queue": "light", "state": "due", "n": 1, "oldest_s": 0.0, "ours": 0, "lost": 0}
    return {**row, **more}


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"processes": {"web": 1}}, "no_worker"),
        ({"jobs": [job(oldest_s=121.0)]}, "queue_late:light"),
        ({"jobs": [job(queue="telemetry", oldest_s=1801.0)]}, "queue_late:telemetry"),
        ({"jobs": [job(state="running", lost=1)]}, "jobs_lost"),
        ({"jobs": [job(state="dead", ours=1)]}, "dead_jobs"),
        ({"publications": [post(late_s=301)]}, "posts_late:tiktok"),
        ({"publications": [post(state="unknown", long_unknown=2)]}, "posts_unknown:tiktok"),
        ({"circuits": {"tiktok": 30}}, "platform_paused:tiktok"),
        ({"events_waiting": 2, "events_oldest_s": 601.0}, "webhooks_failing"),
        ({"webhooks": {**WEBHOOKS, "failing": 3}}, "endpoints_failing"),
        ({"webhooks": {**WEBHOOKS, "late": 10}}, "deliveries_late"),
        ({"disks": {"worker:a:1": 1 << 30}}, "disk_low:worker:a:1"),
    ],
)
def test_each_condition_is_a_problem_of_its_own(change: dict[str, Any], key: str) -> None:
    assert [one.key for one in problems(replace(QUIET, **change), Thresholds())] == [key]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"jobs": [job(oldest_s=119.0), job(queue="telemetry", oldest_s=1799.0)]},
        {"circuits": {"tiktok": 0}},
        {"disks": {"worker:a:1": 5 << 30}},
        {"webhooks": {"active": 2, "failing": 2, "late": 9}},
        {"webhooks": {"active": 100, "failing": 24, "late": 0}},
        {"publications": [post(late_s=299), post(state="unknown")]},
    ],
)
def test_what_is_usual_is_no_problem(change: dict[str, Any]) -> None:
    assert problems(replace(QUIET, **change), Thresholds()) == []
