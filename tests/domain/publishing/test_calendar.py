"""The calendar shows what is planned in a span of time, and what gets in each other's way."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from publishing_desk import Desk
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.publishing.calendar import entries
from uploadm8.domain.publishing.tables import Publication

pytestmark = pytest.mark.anyio
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


async def planned(desk: Desk, minutes: int) -> UUID:
    publication = await desk.publication(Platform.YOUTUBE)
    await Publication.raw(
        "UPDATE publications SET state = 'scheduled', publish_at = {} WHERE id = {}",
        NOON + timedelta(minutes=minutes),
        publication,
    )
    return publication


async def share(publications: list[UUID]) -> UUID:
    """Put them all on one account of one workspace."""
    await Publication.raw(
        "UPDATE publications p SET account = f.account, workspace = f.workspace"
        " FROM publications f WHERE f.id = {}",
        publications[0],
    )
    row = await Publication.select(Publication.workspace).first()
    assert row is not None
    workspace: UUID = row["workspace"]
    return workspace


async def test_posts_of_one_account_within_a_quarter_of_an_hour_name_each_other(
    desk: Desk,
) -> None:
    first, second, third = [await planned(desk, minutes) for minutes in (0, 10, 40)]
    workspace = await share([first, second, third])
    found = {entry.id: entry.conflicts_with for entry in await entries(workspace, 10, None)}
    assert found == {first: [second], second: [first], third: []}


async def test_a_span_holds_what_is_planned_in_it(desk: Desk) -> None:
    first, second, third = [await planned(desk, minutes) for minutes in (0, 30, 60)]
    workspace = await share([first, second, third])
    end = NOON + timedelta(minutes=60)
    found = await entries(workspace, 10, None, start=NOON, end=end)
    assert [entry.id for entry in found] == [first, second]


async def test_a_calendar_is_read_in_the_order_of_time_page_by_page(desk: Desk) -> None:
    late, early, middle = [await planned(desk, minutes) for minutes in (60, 0, 30)]
    workspace = await share([late, early, middle])
    (first,) = await entries(workspace, 1, None, start=NOON)
    assert (first.id, first.publish_at) == (early, NOON)
    rest = await entries(workspace, 10, (NOON, early), start=NOON)
    assert [entry.id for entry in rest] == [middle, late]


async def test_a_post_in_its_platforms_hands_and_one_just_published_are_in_the_way(
    desk: Desk,
) -> None:
    waiting, sent, public = [await planned(desk, minutes) for minutes in (0, 10, 40)]
    workspace = await share([waiting, sent, public])
    await Publication.raw("UPDATE publications SET state = 'transferring' WHERE id = {}", sent)
    await Publication.raw(
        "UPDATE publications SET state = 'published', published_at = {} WHERE id = {}",
        *(NOON - timedelta(minutes=5), public),
    )
    found = {entry.id: entry.conflicts_with for entry in await entries(workspace, 10, None)}
    assert (set(found[waiting]), set(found[sent])) == ({sent, public}, {waiting, public})
    assert found[public] == []
