"""Every key figure against a count by hand, on real PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest

from api_client import Api
from numbers_world import MARCH, NOON, Shop, open_shop
from uploadm8.domain.platforms.tables import Platform
from uploadm8.domain.publishing.cohorts import OUTCOME_OF
from uploadm8.domain.publishing.tables import PublicationState
from uploadm8.infra.clock import now

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(api: Api) -> Shop:
    return await open_shop(api)


async def test_every_state_counts_as_exactly_one_outcome(shop: Shop) -> None:
    for state in PublicationState:
        await shop.post(state.value)
    told = (await shop.ask(f"/api/kpi/summary?{MARCH}"))["throughput"]
    by_hand = {"published": 1, "failed": 1, "canceled": 1, "unknown": 1, "waiting": 4, "working": 6}
    assert {name: told[name] for name in by_hand} == by_hand
    assert told["accepted"] == 14 == len(OUTCOME_OF)
    assert told["published_per_day"] == pytest.approx(1 / 31)


async def test_rates_are_fractions_of_the_finished_posts(shop: Shop) -> None:
    for state in ("published", "published", "published", "failed", "canceled", "queued", "unknown"):
        await shop.post(state)
    told = (await shop.ask(f"/api/kpi/summary?{MARCH}"))["reliability"]
    assert told == {"finished": 4, "success_rate": 0.75, "failure_rate": 0.25}


async def test_an_upload_with_both_kinds_of_posts_is_partial(shop: Shop) -> None:
    stories = (
        ("published", "published"),
        ("published", "failed", "canceled"),
        ("failed", "failed"),
        ("published", "queued"),
        ("published", "unknown"),
        ("canceled",),
        ("published", "canceled"),
    )
    for states in stories:
        upload = await shop.upload()
        for state in states:
            await shop.post(state, upload=upload)
    told = await shop.ask(f"/api/kpi/summary?{MARCH}")
    assert told["uploads"] == {
        "published": 2,
        "partial": 1,
        "failed": 1,
        "in_progress": 2,
        "canceled": 1,
    }
    assert told["reliability"]["finished"] == 9


async def test_latency_runs_from_when_a_post_could_go_out(shop: Shop) -> None:
    for took in (10, 20, 30, 40):
        await shop.post("published", took_s=took)
    await shop.post("published", took_s=3650, publish_at=NOON + timedelta(seconds=3600))
    await shop.post("published", took_s=9999, schedule_mode="queue")
    told = (await shop.ask(f"/api/kpi/summary?{MARCH}"))["latency"]
    assert told["posts"] == 5
    assert told["median_s"] == pytest.approx(30)
    assert told["average_s"] == pytest.approx(30)
    assert told["p95_s"] == pytest.approx(48)


async def test_the_backlog_is_of_now_and_knows_what_is_due(shop: Shop) -> None:
    hour = timedelta(hours=1)
    await shop.post("queued", at=now() - 2 * hour)
    await shop.post("scheduled", at=now() - 3 * hour, publish_at=now() - hour)
    await shop.post("scheduled", at=now() - 3 * hour, publish_at=now() + hour)
    await shop.post("held", at=now() - 9 * hour)
    await shop.post("published", at=now() - 9 * hour)
    told = (await shop.ask(f"/api/kpi/summary?{MARCH}"))["backlog"]
    assert (told["waiting"], told["working"], told["unknown"], told["due"]) == (3, 1, 0, 2)
    assert told["oldest_due_s"] >= 7200


async def test_platform_mix_and_concentration(shop: Shop) -> None:
    for platform in (Platform.YOUTUBE, Platform.YOUTUBE, Platform.YOUTUBE, Platform.TIKTOK):
        await shop.post("published", platform=platform)
    told = await shop.ask(f"/api/kpi/summary?{MARCH}")
    assert [(p["platform"], p["share"]) for p in told["platforms"]] == [
        ("youtube", 0.75),
        ("tiktok", 0.25),
    ]
    assert told["concentration"] == pytest.approx(0.75**2 + 0.25**2)


async def test_hours_are_those_of_the_zone(shop: Shop) -> None:
    await shop.post("published", at=datetime(2026, 3, 10, 23, 30, tzinfo=UTC))
    told = await shop.ask(f"/api/kpi/summary?{MARCH}&time_zone=Asia/Kolkata")
    assert len(told["hourly"]) == 24
    assert [hour["hour"] for hour in told["hourly"] if hour["published"]] == [5]


async def test_errors_are_shares_of_the_failed_posts(shop: Shop) -> None:
    for code in ("too_long", "too_long", "too_long", None):
        await shop.post("failed", error_class=code and "permanent_media", error_code=code)
    told = (await shop.ask(f"/api/kpi/summary?{MARCH}"))["errors"]
    assert told == [
        {"error_class": "permanent_media", "error_code": "too_long", "posts": 3, "share": 0.75},
        {"error_class": "unclassified", "error_code": "unclassified", "posts": 1, "share": 0.25},
    ]


async def test_the_range_is_half_open(shop: Shop) -> None:
    await shop.post("published", at=datetime(2026, 3, 1, tzinfo=UTC))
    await shop.post("published", at=datetime(2026, 4, 1, tzinfo=UTC))
    assert (await shop.ask(f"/api/kpi/summary?{MARCH}"))["throughput"]["accepted"] == 1


async def test_filters_by_platform_status_and_account(shop: Shop) -> None:
    account = await shop.account()
    await shop.post("published", account=account)
    await shop.post("failed")
    await shop.post("failed", platform=Platform.TIKTOK)
    for query, accepted in (
        ("platform=youtube&status=", 2),
        ("status=failed&platform=", 2),
        ("platform=tiktok&status=published", 0),
        (f"account_id={account}", 1),
    ):
        told = await shop.ask(f"/api/kpi/summary?{MARCH}&{query}")
        assert told["throughput"]["accepted"] == accepted, query


async def test_nothing_yet_gives_nulls_and_no_division_by_zero(shop: Shop) -> None:
    told = await shop.ask("/api/kpi/summary?days=30&platform=&status=")
    assert told["reliability"] == {"finished": 0, "success_rate": None, "failure_rate": None}
    assert told["concentration"] is None
    assert told["latency"] == {"posts": 0, "median_s": None, "average_s": None, "p95_s": None}


async def test_another_workspaces_posts_do_not_count(shop: Shop, api: Api) -> None:
    await (await open_shop(api)).post("published")
    assert (await shop.ask(f"/api/kpi/summary?{MARCH}"))["throughput"]["accepted"] == 0


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("days=0", "invalid_range", "days"),
        ("days=732", "invalid_range", "days"),
        ("start=2026-03-02T00:00:00Z&end=2026-03-01T00:00:00Z", "invalid_range", "start"),
        ("start=2020-01-01T00:00:00Z&end=2026-03-01T00:00:00Z", "invalid_range", "start"),
        ("start=0001-01-01T00:00:00Z", "invalid_range", "start"),
        (f"{MARCH}&days=3", "invalid_range", "days"),
        ("time_zone=Mars/Olympus", "invalid_time_zone", "time_zone"),
        ("platform=myspace", "invalid_filter", "platform"),
        ("status=great", "invalid_filter", "status"),
    ],
)
async def test_a_wrong_query_says_which_parameter(
    shop: Shop, query: str, code: str, field: str
) -> None:
    answer = await shop.api.http.get(f"/api/kpi/summary?{query}", headers=shop.someone.headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["errors"][0]["field"] == field
