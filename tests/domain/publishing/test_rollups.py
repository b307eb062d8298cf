"""Counted days and rows together always tell what the rows alone tell."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from api_client import Api
from conftest import Servers
from numbers_world import Shop, open_shop
from uploadm8.api.ranges import Range
from uploadm8.domain.analytics.service import Analytics
from uploadm8.domain.kpi.service import Kpis
from uploadm8.domain.platforms.tables import Platform
from uploadm8.domain.publishing.cohorts import Cohort, Outcome
from uploadm8.domain.publishing.rollups import tally
from uploadm8.domain.publishing.rollups.keeping import roll_up
from uploadm8.domain.publishing.rollups.tables import DayRollup, RollupMark
from uploadm8.domain.publishing.tables import Publication, PublicationMetrics, PublicationState
from uploadm8.domain.uploads.tables import Upload, UploadState

pytestmark = pytest.mark.anyio

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
ZONES = ("UTC", "Asia/Kolkata", "America/St_Johns", "Europe/Berlin")
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
        self.pulls = 0

    def moment(self) -> datetime:
        if self.chance.random() < 0.2:  # exactly at a midnight, where days meet
            return FIRST + DAY * self.chance.randrange(9)
        return FIRST + DAY * self.chance.uniform(0, 9)

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
        )
        await self.chance.choice(doings)()

    async def begin(self) -> None:
        state = self.chance.choice(list(UploadState))
        self.uploads.append(await self.shop.upload(self.moment(), state=state))

    async def post(self) -> None:
        upload = self.chance.choice(self.uploads) if self.uploads else None
        at = self.moment()
        more: dict[str, Any] = {"publish_at": at + DAY} if self.chance.random() < 0.2 else {}
        self.posts.append(
            await self.shop.post(
                self.chance.choice(list(PublicationState)).value,
                platform=self.chance.choice(PLATFORMS),
                upload=upload,
                at=at,
                took_s=self.chance.uniform(0, 200_000),
                schedule_mode=self.chance.choice(("now", "queue", "at")),
                slot=len(self.posts),
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
            await self.shop.look(post, self.pulls, self.moment() + 30 * DAY, **figures)

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

    def cohort(self) -> Cohort:
        start, end = sorted((self.moment() - DAY, self.moment() + 2 * DAY))
        span = Range(start, end + DAY, self.chance.choice(ZONES))
        cohort = Cohort(span, self.shop.workspace_id)
        narrowed: tuple[dict[str, Any], ...] = (
            {},
            {"platform": self.chance.choice(PLATFORMS)},
            {"outcome": self.chance.choice(list(Outcome))},
            {"workspace_id": None},
        )
        return replace(cohort, **self.chance.choice(narrowed))


async def told(shop: Shop, cohort: Cohort) -> tuple[Any, Any]:
    summary = msgspec.to_builtins(await Kpis().summary(cohort))
    summary.pop("backlog")  # of now, and never rolled up
    analytics = Analytics(shop.api.app.state.services.quota)
    overview = msgspec.to_builtins(await analytics.overview(shop.workspace_id, cohort))
    return summary, overview


async def from_rows_alone(
    shop: Shop, cohort: Cohort, monkeypatch: pytest.MonkeyPatch
) -> tuple[Any, Any]:
    async def nothing_counted(_: Cohort) -> Any:
        return tally._Split((), [(cohort.range.start, cohort.range.end)])

    with monkeypatch.context() as patched:
        patched.setattr(tally, "_split", nothing_counted)
        return await told(shop, cohort)


@pytest.mark.parametrize("seed", range(4))
async def test_after_any_history_the_figures_are_those_of_the_rows(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    history = History(shop, seed)
    for _ in range(6):
        for _ in range(20):
            await history.step()
        for _ in range(3):
            cohort = history.cohort()
            truth = await from_rows_alone(shop, cohort, monkeypatch)
            assert await told(shop, cohort) == truth
    await roll_up()
    assert await RollupMark.count() == 0
    cohort = history.cohort()
    assert await told(shop, cohort) == await from_rows_alone(shop, cohort, monkeypatch)


async def test_a_counted_day_is_not_read_from_its_rows_again(shop: Shop) -> None:
    await shop.post("published", at=FIRST + DAY / 2)
    await roll_up()
    await DayRollup.raw(
        "UPDATE day_rollups SET cells=jsonb_set(cells, {}::text[], {}::jsonb)",
        ["outcome"],
        msgspec.json.encode({"published": 7}).decode(),
    )
    cohort = Cohort(Range(FIRST, FIRST + DAY, "UTC"), shop.workspace_id)
    assert (await Kpis().summary(cohort)).throughput.published == 7


async def test_progress_marks_nothing(shop: Shop) -> None:
    post = await shop.post("transferring")
    await roll_up()
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
