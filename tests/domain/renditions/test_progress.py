"""What those who follow a render are told while no picture is made."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from render_desk import Desk
from uploadm8.domain.renditions import progress
from uploadm8.domain.renditions.progress import ProgressBoard, Standing

pytestmark = pytest.mark.anyio


@pytest.fixture
def board(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> ProgressBoard:
    monkeypatch.setattr(progress, "_SILENT_S", 0.02)
    return ProgressBoard(desk.services.live, uuid4(), ())


async def told(desk: Desk, upload: UUID, count: int) -> list[dict[str, Any]]:
    events = []
    async for event in desk.services.live.follow(upload):
        if event is not None:
            events.append(event)
        if len(events) == count:
            break
    return events


async def test_the_last_standing_is_told_again_with_less_time_left(
    desk: Desk, board: ProgressBoard
) -> None:
    following = asyncio.create_task(told(desk, board.upload_id, 4))
    async with board.never_silent():
        await board.tell(Standing(0.75, 30.0, 9.0))
        events = await asyncio.wait_for(following, 20)
    assert {event["progress"] for event in events} == {0.75}
    left = [event["seconds_left"] for event in events]
    assert left == sorted(left, reverse=True)
    last = await desk.services.live.last(board.upload_id)
    await asyncio.sleep(0.1)
    assert await desk.services.live.last(board.upload_id) == last, "nothing is told afterwards"


async def test_nothing_is_told_of_a_render_that_was_ended(desk: Desk, board: ProgressBoard) -> None:
    asked = asyncio.Event()

    async def ended() -> Standing | None:
        asked.set()
        return None

    async with board.never_silent(ended):
        await asyncio.wait_for(asked.wait(), 20)
    assert await desk.services.live.last(board.upload_id) is None


async def test_a_standing_that_cannot_be_had_does_not_end_the_work(
    desk: Desk, board: ProgressBoard
) -> None:
    async def broken() -> Standing | None:
        raise ConnectionError

    async with board.never_silent(broken):
        await asyncio.sleep(0.1)
    assert await desk.services.live.last(board.upload_id) is None
