"""Progress of a render, told live a few times a second and kept in the rows once a second."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import structlog

from uploadm8.core.video.job import Progress
from uploadm8.domain.renditions.tables import Rendition
from uploadm8.domain.uploads.tables import Upload
from uploadm8.infra.live import Live

log = structlog.get_logger(__name__)

KEEP_EVERY_S = 1.0
_SILENT_S = 1.0  # those who follow are told something at least that often
# Whoever has locked one of them is ending the render, and waits for nobody's progress.
_KEEP = (
    "UPDATE renditions SET progress={} WHERE id IN (SELECT id FROM renditions"
    " WHERE id=ANY({}::uuid[]) AND state='running' FOR NO KEY UPDATE SKIP LOCKED)"
)
FINISH_S = 2.0  # after the last picture: stills are made, files stored


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a render is, over all workers that take part.

    Attributes:
        share: 0..1.
        fps: source pictures a second.
        left_s: estimate of the seconds that are left.
    """

    share: float
    fps: float
    left_s: float

    @classmethod
    def of(cls, event: Progress) -> "Standing":
        """Of a render in one piece."""
        return cls(event.pictures / max(1, event.total), event.fps, event.left_s + FINISH_S)


@dataclass(slots=True)
class ProgressBoard:
    """Where an upload's progress is shown."""

    live: Live
    upload_id: UUID
    renditions: Sequence[UUID]
    _last: Standing | None = None
    _told_at: float = float("-inf")

    @asynccontextmanager
    async def never_silent(
        self, standing: Callable[[], Awaitable[Standing | None]] | None = None
    ) -> AsyncIterator[None]:
        """Within, whoever follows hears something every second, also while no picture is made.

        Args:
            standing: how far the render is; None takes what was told last, with less time left.
        """
        task = asyncio.create_task(self._repeat(standing or self._aged))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled() and (error := task.exception()) is not None:
                log.warning("progress_not_told", error=type(error).__name__)

    async def _repeat(self, standing: Callable[[], Awaitable[Standing | None]]) -> None:
        while True:
            await asyncio.sleep(self._told_at + _SILENT_S - time.monotonic())
            if time.monotonic() - self._told_at < _SILENT_S:
                continue
            found = await standing()
            self._told_at = time.monotonic()
            if found is not None:
                await self.tell(found)

    async def _aged(self) -> Standing | None:
        if self._last is None:
            return None
        gone = time.monotonic() - self._told_at
        return replace(self._last, left_s=max(0.0, self._last.left_s - gone))

    async def tell(self, standing: Standing) -> None:
        """Tell those who follow the upload."""
        self._last, self._told_at = standing, time.monotonic()
        event = {
            "state": "rendering",
            "progress": round(standing.share, 4),
            "fps": round(standing.fps, 1),
            "seconds_left": round(standing.left_s, 1),
        }
        await self.live.tell(self.upload_id, event)

    async def keep(self, share: float) -> float | None:
        """Keep the share in the rows; it never goes back, even if a segment is made again.

        Returns the highest so far, or None when the render was ended meanwhile.
        """
        rows = await Upload.raw(
            "UPDATE uploads SET progress=GREATEST(progress, {}::float8) WHERE id={}"
            " AND state='rendering' RETURNING progress",
            share,
            self.upload_id,
        )
        if not rows:
            return None
        highest = float(rows[0]["progress"])
        await Rendition.raw(_KEEP, highest, list(self.renditions))
        return highest


def newest_only(tell: Callable[[Progress], Awaitable[None]]) -> Callable[[Any], None]:
    """A listener for a child's events that skips those arriving while one is being told."""
    loop = asyncio.get_running_loop()
    told: set[asyncio.Task[None]] = set()

    async def telling(event: Progress) -> None:
        await tell(event)

    def on_event(event: Any) -> None:
        if isinstance(event, Progress) and not told:
            task = loop.create_task(telling(event))
            told.add(task)
            task.add_done_callback(told.discard)

    return on_event


class Every:
    """Says once in a while that it is time."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._last = seconds, float("-inf")

    def due(self) -> bool:
        """Whether that much time has passed since this was last True."""
        now = time.monotonic()
        if now - self._last < self._seconds:
            return False
        self._last = now
        return True
