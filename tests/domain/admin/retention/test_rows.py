"""What is over is forgotten, what is not is kept, and no run does more than its share."""

from datetime import timedelta

import pytest

from uploadm8.domain.admin.retention import rows as retention
from uploadm8.domain.admin.retention.rows import RULES, Rule, forget_rows
from uploadm8.infra.clock import now
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import CLEAN_UPLOAD, FORGET
from uploadm8.infra.jobs.queue import enqueue
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio


async def ended_job(days: int, state: str = "succeeded", unique_key: str | None = None) -> None:
    kind = FORGET if unique_key and unique_key.startswith(FORGET.name) else CLEAN_UPLOAD
    job = await enqueue(kind, delay_s=600, unique_key=unique_key)
    await JobRow.raw(
        "UPDATE jobs SET state={}, finished_at=now() - make_interval(days => {}) WHERE id={}",
        state,
        days,
        job,
    )


async def test_ended_jobs_go_after_their_time_and_unique_ones_later(db: None) -> None:
    await ended_job(13)
    await ended_job(15)
    await ended_job(15, "dead")
    await ended_job(15, unique_key=f"{FORGET.name}:123")
    await ended_job(15, unique_key="after:1")
    await ended_job(91, unique_key="after:2")
    await ended_job(91, "dead")
    assert (await forget_rows())["jobs"] == 4
    left = await JobRow.raw("SELECT state, unique_key FROM jobs ORDER BY id")
    assert [tuple(row.values()) for row in left] == [
        ("succeeded", None),
        ("dead", None),
        ("succeeded", "after:1"),
    ]


async def test_unfinished_jobs_stay_however_old(db: None) -> None:
    await enqueue(CLEAN_UPLOAD, run_at=now() - timedelta(days=300))
    assert (await forget_rows())["jobs"] == 0


async def test_payloads_of_stripe_go_and_their_ids_stay(db: None) -> None:
    for days in (29, 31):
        await JobRow.raw(
            "INSERT INTO stripe_events (id, event_id, type, livemode, payload, stripe_created_at,"
            " handled_at) VALUES ({}, {}, 't', false, {}, now(), now() - make_interval(days => {}))",
            new_id(),
            f"evt_{days}",
            '{"customer": "cus_1"}',
            days,
        )
    assert (await forget_rows())["stripe_payloads"] == 1
    kept = await JobRow.raw("SELECT event_id, payload::text AS p FROM stripe_events ORDER BY 1")
    assert [tuple(row.values()) for row in kept] == [
        ("evt_29", '{"customer": "cus_1"}'),
        ("evt_31", "{}"),
    ]


async def test_throttle_counters_go_after_thirty_days(db: None) -> None:
    for days in (29, 31):
        await JobRow.raw(
            "INSERT INTO sign_in_attempts (id, kind, account_key, address, at)"
            " VALUES ({}, 'login', 'x', 'y', now() - make_interval(days => {}))",
            new_id(),
            days,
        )
    assert (await forget_rows())["sign_in_attempts"] == 1


# The planner chooses by its statistics, so each way of joining has to keep the bound.
@pytest.mark.parametrize(
    "unused", ["nestloop", "hashjoin,mergejoin,material,hashagg,sort,indexscan,bitmapscan"]
)
async def test_a_run_is_bounded_and_the_next_goes_on(
    db: None, monkeypatch: pytest.MonkeyPatch, unused: str
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention, "MOST", 2)
    for _ in range(5):
        await ended_job(15)
    rule = (Rule("jobs", "jobs", "finished_at < now() - interval '14 days'"),)
    async with transaction():
        for way in unused.split(","):
            await JobRow.raw(f"SET LOCAL enable_{way} = off")
        assert [(await forget_rows(rule))["jobs"] for _ in range(3)] == [4, 1, 0]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.what}-{rule.table}")
async def test_every_rule_is_sql_that_runs(db: None, rule: Rule) -> None:
    assert await forget_rows((rule,)) == {rule.what: 0}
