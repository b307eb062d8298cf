"""A creator's figures against a count by hand, on real PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest

from api_client import Api
from numbers_world import MARCH, NOON, Shop, open_shop
from uploadm8.domain.platforms.tables import Platform
from uploadm8.domain.uploads.tables import UploadState

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)


@pytest.fixture
async def shop(api: Api) -> Shop:
    return await open_shop(api)


async def test_the_overview_counts_uploads_by_state_and_by_outcome(shop: Shop) -> None:
    await shop.upload(state=UploadState.RENDERING)
    await shop.upload(state=UploadState.REJECTED)
    both = await shop.upload()
    await shop.post("published", upload=both)
    await shop.post("failed", upload=both)
    await shop.post("published")
    told = await shop.ask(f"/api/analytics/overview?{MARCH}")
    assert told["uploads"] == 4
    assert told["uploads_by_state"] == {"ready": 2, "rejected": 1, "rendering": 1}
    assert told["uploads_by_outcome"] == {
        "published": 1,
        "partial": 1,
        "failed": 0,
        "in_progress": 0,
        "canceled": 0,
        "unposted": 2,
    }
    assert told["success_rate"] == pytest.approx(2 / 3)
    assert (told["quota"]["used"], told["quota"]["total"]) == (0, 10)


async def test_engagement_adds_up_the_latest_look_at_each_post(shop: Shop) -> None:
    first = await shop.post("published")
    await shop.look(first, 0, NOON, views=10, likes=1)
    await shop.look(first, 1, NOON + HOUR, views=50, likes=4, comments=2)
    second = await shop.post("published", platform=Platform.TIKTOK)
    await shop.look(second, 0, NOON, views=7, shares=3)
    await shop.post("published")
    told = await shop.ask(f"/api/analytics/overview?{MARCH}")
    by_hand = {"posts": 2, "views": 57, "likes": 4, "comments": 2, "shares": 3}
    assert told["engagement"] == by_hand
    assert [(p["platform"], p["engagement"]["views"]) for p in told["platforms"]] == [
        ("tiktok", 7),
        ("youtube", 50),
    ]


async def test_filters_leave_only_uploads_with_such_a_post(shop: Shop) -> None:
    await shop.upload()
    await shop.post("published")
    await shop.post("failed", platform=Platform.TIKTOK)
    told = await shop.ask(f"/api/analytics/overview?{MARCH}&platform=tiktok")
    assert told["uploads_by_outcome"]["failed"] == told["uploads"] == 1
    assert told["success_rate"] == 0


async def test_the_overview_and_the_key_figures_agree(shop: Shop) -> None:
    for state in ("published", "failed", "published", "canceled", "queued"):
        await shop.post(state)
    overview = await shop.ask(f"/api/analytics/overview?{MARCH}")
    summary = await shop.ask(f"/api/kpi/summary?{MARCH}")
    assert overview["success_rate"] == summary["reliability"]["success_rate"]
    outcomes = overview["uploads_by_outcome"]
    assert {name: outcomes[name] for name in summary["uploads"]} == summary["uploads"]


async def test_days_are_local_across_daylight_saving(shop: Shop) -> None:
    await shop.post("published", at=datetime(2026, 3, 28, 23, 30, tzinfo=UTC))  # the 29th in Berlin
    await shop.post("failed", at=datetime(2026, 3, 29, 21, 30, tzinfo=UTC))  # the 29th, now +02:00
    await shop.post("queued", at=datetime(2026, 3, 29, 22, 30, tzinfo=UTC))  # the 30th
    told = await shop.ask(
        "/api/analytics/timeseries?start=2026-03-28T00:00:00&end=2026-03-31T00:00:00"
        "&time_zone=Europe/Berlin"
    )
    assert [(one["start"], one["accepted"]) for one in told["items"]] == [
        ("2026-03-27T23:00:00Z", 0),
        ("2026-03-28T23:00:00Z", 2),
        ("2026-03-29T22:00:00Z", 1),
    ]
    assert told["items"][1]["success_rate"] == 0.5


@pytest.mark.parametrize(
    ("bucket", "zone", "steps"),
    [("day", "UTC", 31), ("week", "UTC", 6), ("month", "UTC", 1), ("hour", "UTC", 744)],
)
async def test_every_step_is_there_and_they_add_up(
    shop: Shop, bucket: str, zone: str, steps: int
) -> None:
    for day in (1, 9, 31):
        post = await shop.post("published", at=datetime(2026, 3, day, 23, 59, tzinfo=UTC))
        await shop.look(post, 0, NOON, views=5)
    told = await shop.ask(f"/api/analytics/timeseries?{MARCH}&bucket={bucket}&time_zone={zone}")
    assert len(told["items"]) == steps
    assert sum(one["published"] for one in told["items"]) == 3
    assert sum(one["engagement"]["views"] for one in told["items"]) == 15


async def test_hours_over_a_long_range_are_refused(shop: Shop) -> None:
    answer = await shop.api.http.get(
        "/api/analytics/timeseries?days=32&bucket=hour", headers=shop.someone.headers
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_range")


async def test_the_zone_is_the_workspaces_own_unless_said(shop: Shop) -> None:
    answer = await shop.api.http.patch(
        "/api/settings", headers=shop.someone.headers, json={"time_zone": "Asia/Tokyo"}
    )
    assert answer.status_code == 200, answer.text
    assert (await shop.ask("/api/analytics/overview"))["time_zone"] == "Asia/Tokyo"


async def test_best_times_compare_early_views_with_the_platforms_average(shop: Shop) -> None:
    for hour, platform, views in (
        (8, Platform.YOUTUBE, 100),
        (8, Platform.TIKTOK, 3000),
        (20, Platform.YOUTUBE, 300),
        (20, Platform.TIKTOK, 9000),
    ):
        at = datetime(2026, 3, 10, hour, tzinfo=UTC)  # a Tuesday
        post = await shop.post("published", at=at, took_s=60, platform=platform)
        await shop.look(post, 0, at + HOUR, views=views)
        await shop.look(post, 1, at + 72 * HOUR, views=1_000_000)  # too late to compare
    await shop.post("published")  # never looked at
    told = await shop.ask(f"/api/analytics/best-times?{MARCH}&time_zone=UTC")
    assert told["posts"] == 4
    assert told["items"] == [
        {"weekday": 2, "hour": 20, "posts": 2, "average_views": 4650.0, "score": 1.5},
        {"weekday": 2, "hour": 8, "posts": 2, "average_views": 1550.0, "score": 0.5},
    ]


async def test_a_post_shows_its_whole_history(shop: Shop) -> None:
    post = await shop.post("published")
    for pull, views in enumerate((1, 10, 100)):
        await shop.look(post, pull, NOON + pull * HOUR, views=views)
    told = await shop.ask(f"/api/analytics/posts/{post}")
    assert [look["views"] for look in told["history"]] == [1, 10, 100]
    assert told["latest"]["views"] == 100
    assert told["latest"]["likes"] is None


async def test_posts_come_newest_first_in_pages(shop: Shop) -> None:
    made = [str(await shop.post("published")) for _ in range(3)]
    first = await shop.ask(f"/api/analytics/posts?{MARCH}&limit=2")
    rest = await shop.ask(f"/api/analytics/posts?{MARCH}&limit=2&cursor={first['next_cursor']}")
    assert [post["id"] for post in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None


async def test_another_workspaces_posts_do_not_count(shop: Shop, api: Api) -> None:
    await (await open_shop(api)).post("published")
    assert (await shop.ask(f"/api/analytics/overview?{MARCH}"))["uploads"] == 0
    assert (await shop.ask(f"/api/analytics/posts?{MARCH}"))["items"] == []
