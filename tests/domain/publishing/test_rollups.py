"""Counted days and rows together always tell what the rows alone tell."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
import pytest

import counted_by_hand as by_hand
from api_client import Api
from conftest import Servers
from numbers_world import Shop, open_shop
from uploadm8.api.ranges import Range
from uploadm8.domain.admin.figures import Figures
from uploadm8.domain.analytics.posts import PostResults
from uploadm8.domain.analytics.schemas import Bucket
from uploadm8.domain.analytics.service import Analytics
from uploadm8.domain.kpi.service import Kpis
from uploadm8.domain.platforms.tables import Platform
from uploadm8.domain.publishing.cohorts import Cohort, Outcome
from uploadm8.domain.publishing.rollups.keeping import roll_up, roll_up_long
from uploadm8.domain.publishing.rollups.tables import Rollup, RollupMark
from uploadm8.domain.publishing.tables import Publication, PublicationMetrics, PublicationState
from uploadm8.domain.uploads.tables import Upload, UploadState

pytestmark = pytest.mark.anyio

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
LATER = date(2026, 12, 1)
DAY = timedelta(days=1)
DAYS = 75  # from March to May, over both nights on which clocks change
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/St_Johns",  # half an hour off
    "Asia/Kathmandu",  # three quarters
    "Australia/Lord_Howe",  # its clocks change by half an hour
    "Pacific/Chatham",
    "Africa/Cairo",  # a day begins at one there in April
    "Pacific/Kiritimati",
)
PLATFORMS = list(Platform)


@pytest.fixture
async def shop(api: Api) -> Shop:
    return await open_shop(api)


class History:
    """What may happen to a workspace, in any order."""

    def __init__(self, shop: Shop, seed: int) -> None:
        self.shop = shop
        self.chance = random.Random(seed)
        self.uploads: list[UUID] = []
        self.posts: list[UUID] = []
        self.accounts: list[tuple[UUID, Platform]] = []
        self.pulls = 0
        self.made = 0

    def moment(self) -> datetime:
        first = self.chance.choice((0, 0, 28, 60, self.chance.randrange(DAYS - 9)))
        if self.chance.random() < 0.2:  # exactly at a midnight, where days meet
            return FIRST + DAY * (first + self.chance.randrange(9))
        return FIRST + DAY * (first + self.chance.uniform(0, 9))

    async def step(self) -> None:
        doings = (
            self.begin,
            *[self.post] * 4,
            *[self.move] * 4,
            *[self.look] * 3,
            self.forget_looks,
            self.delete,
            self.upload_moves,
            self.count,
            self.count_long,
            self.accepted_later,
        )
        await self.chance.choice(doings)()

    async def begin(self) -> None:
        state = self.chance.choice(list(UploadState))
        self.uploads.append(await self.shop.upload(self.moment(), state=state))

    async def post(self) -> None:
        upload = self.chance.choice(self.uploads) if self.uploads else None
        at = self.moment()
        if len(self.accounts) < 5:
            platform = self.chance.choice(PLATFORMS)
            self.accounts.append((await self.shop.account(platform), platform))
        account, platform = self.chance.choice(self.accounts)
        self.made += 1
        more: dict[str, Any] = {"publish_at": at + DAY} if self.chance.random() < 0.2 else {}
        self.posts.append(
            await self.shop.post(
                self.chance.choice(list(PublicationState)).value,
                platform=platform,
                account=account,
                upload=upload,
                at=at,
                took_s=self.chance.uniform(0, 200_000),
                schedule_mode=self.chance.choice(("now", "queue", "at")),
                slot=self.made,
                **more,
            )
        )

    async def move(self) -> None:
        if not self.posts:
            return
        state = self.chance.choice(list(PublicationState))
        published = self.moment() + DAY if state is PublicationState.PUBLISHED else None
        code = self.chance.choice(("too_long", "no_access", None))
        changes: dict[Any, Any] = {"state": state, "published_at": published, "error_code": code}
        await Publication.update(changes).where(Publication.id == self.chance.choice(self.posts))

    async def look(self) -> None:
        if self.posts:
            self.pulls += 1
            figures = {name: self.chance.randrange(1000) for name in ("views", "likes", "shares")}
            post = self.chance.choice(self.posts)
            await self.shop.look(
                post, self.pulls, self.moment() + self.chance.choice((0, 30)) * DAY, **figures
            )

    async def forget_looks(self) -> None:
        if self.posts:
            post = self.chance.choice(self.posts)
            await PublicationMetrics.delete().where(PublicationMetrics.publication == post)

    async def delete(self) -> None:
        if self.posts:
            post = self.posts.pop(self.chance.randrange(len(self.posts)))
            await Publication.delete().where(Publication.id == post)

    async def upload_moves(self) -> None:
        if self.uploads:
            state = self.chance.choice(list(UploadState))
            upload = self.chance.choice(self.uploads)
            await Upload.update({Upload.state: state}).where(Upload.id == upload)

    async def count(self) -> None:
        await roll_up(self.chance.randrange(1, 12))

    async def count_long(self) -> None:
        await roll_up(self.chance.randrange(50, 200))
        await roll_up_long(self.chance.choice((date(2026, 4, 20), LATER)))

    async def accepted_later(self) -> None:
        if self.posts:
            post = self.chance.choice(self.posts)
            await Publication.update({Publication.accepted_at: self.moment()}).where(
                Publication.id == post
            )

    def cohort(self) -> Cohort:
        start, end = sorted((self.moment() - DAY, self.moment() + 2 * DAY))
        whole = Range(FIRST - DAY / 3, FIRST + DAY * (DAYS + self.chance.random()), "UTC")
        span = self.chance.choice((whole, Range(start, end + DAY, "UTC")))
        span = replace(span, zone=self.chance.choice(ZONES))
        cohort = Cohort(span, self.shop.workspace_id)
        account = self.chance.choice(self.accounts)[0] if self.accounts else None
        narrowed: tuple[dict[str, Any], ...] = (
            {},
            {"platform": self.chance.choice(PLATFORMS)},
            {"outcome": self.chance.choice(list(Outcome))},
            {"account_id": account},
            {"account_id": account, "platform": self.chance.choice(PLATFORMS)},
            {"account_id": account, "outcome": Outcome.PUBLISHED},
            {"workspace_id": None},
            {"workspace_id": None, "platform": self.chance.choice(PLATFORMS)},
        )
        return replace(cohort, **self.chance.choice(narrowed))


async def told_summary(cohort: Cohort) -> dict[str, Any]:
    found = await Kpis().summary(cohort)
    counts = msgspec.to_builtins(found.throughput)
    late = found.latency
    return {
        "accepted": counts["accepted"],
        "outcomes": {o.value: counts[o] for o in Outcome if counts[o]},
        "uploads": {name: n for name, n in found.uploads.items() if n},
        "latency": [
            late.posts,
            *([late.median_s, late.average_s, late.p95_s] if late.posts else []),
        ],
        "hours": {one.hour: one.published for one in found.hourly if one.published},
        "platforms": {one.platform: one.accepted for one in found.platforms},
        "errors": {(one.error_class, one.error_code): one.posts for one in found.errors},
    }


async def told_overview(shop: Shop, cohort: Cohort) -> dict[str, Any]:
    analytics = Analytics(shop.api.app.state.services.quota)
    found = await analytics.overview(shop.workspace_id, cohort)
    return {
        "states": {state: n for state, n in found.uploads_by_state.items() if n},
        "outcomes": {name: n for name, n in found.uploads_by_outcome.items() if n},
        "success_rate": found.success_rate,
        "engagement": msgspec.to_builtins(found.engagement),
    }


async def told_days(shop: Shop, cohort: Cohort) -> list[Any]:
    analytics = Analytics(shop.api.app.state.services.quota)
    zone = ZoneInfo(cohort.range.zone)
    return [
        (
            point.start.astimezone(zone).date().isoformat(),
            point.accepted,
            point.published,
            point.failed,
            msgspec.to_builtins(point.engagement),
        )
        for point in (await analytics.timeseries(cohort, Bucket.DAY)).items
        if point.accepted
    ]


async def check(shop: Shop, cohort: Cohort) -> None:
    rows = await by_hand.Rows.read()
    truth, told = by_hand.summary(rows, cohort), await told_summary(cohort)
    assert told.pop("latency") == pytest.approx(truth.pop("latency"))
    assert told == truth
    assert await told_overview(shop, cohort) == by_hand.overview(rows, cohort)
    if cohort.workspace_id is None:
        tiers = (await Figures(Kpis()).everyone(cohort)).tiers
        assert sum(tier.accepted for tier in tiers) == told["accepted"]
        assert sum(tier.posting for tier in tiers) == len(
            {p["workspace"] for p in rows.chosen(cohort) if by_hand.lies_in(p, cohort)}
        )
        return
    assert await told_days(shop, cohort) == by_hand.days(rows, cohort)
    best = {
        (slot.weekday, slot.hour): (slot.posts, slot.average_views, slot.score)
        for slot in (await PostResults().best_times(cohort)).items
    }
    slots = by_hand.week(rows, cohort)
    assert best.keys() == slots.keys()
    for slot, figures in best.items():
        assert figures == pytest.approx(slots[slot])


@pytest.mark.parametrize("seed", range(6))
async def test_after_any_history_the_figures_are_those_counted_by_hand(
    shop: Shop, api: Api, seed: int
) -> None:
    history, neighbour = History(shop, seed), History(await open_shop(api), seed + 1000)
    for _ in range(6):
        for _ in range(25):
            await history.step()
        for _ in range(8):
            await neighbour.step()
        for _ in range(3):
            await check(shop, history.cohort())
    await roll_up()
    await roll_up_long(LATER)
    assert await RollupMark.count() == 0
    await check(shop, history.cohort())
    await check(shop, replace(history.cohort(), workspace_id=None, account_id=None))


async def test_a_counted_day_is_not_read_from_its_rows_again(shop: Shop) -> None:
    await shop.post("published", at=FIRST + DAY / 2)
    await roll_up()
    await Rollup.raw("UPDATE rollups SET published=7")
    cohort = Cohort(Range(FIRST, FIRST + DAY, "UTC"), shop.workspace_id)
    assert (await Kpis().summary(cohort)).throughput.published == 7


async def test_progress_marks_nothing(shop: Shop) -> None:
    post = await shop.post("transferring")
    await roll_up()
    await roll_up_long(LATER)
    await Publication.update({Publication.bytes_sent: 5}).where(Publication.id == post)
    assert await RollupMark.count() == 0


async def test_what_is_committed_while_a_day_is_counted_keeps_it_marked(
    shop: Shop, servers: Servers
) -> None:
    post = await shop.post("queued", at=FIRST + DAY / 2)
    other = await asyncpg.connect(servers.database_url)
    change = other.transaction()
    await change.start()
    await other.execute("UPDATE publications SET state='failed' WHERE id=$1", post)
    await roll_up()
    cohort = Cohort(Range(FIRST, FIRST + DAY, "UTC"), shop.workspace_id)
    assert (await Kpis().summary(cohort)).throughput.working == 1
    await change.commit()
    await other.close()
    assert (await Kpis().summary(cohort)).throughput.failed == 1
    await roll_up()
    assert (await Kpis().summary(cohort)).throughput.failed == 1
