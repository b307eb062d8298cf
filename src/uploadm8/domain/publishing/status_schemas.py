"""What the status page says; times in seconds, shares as fractions."""

from datetime import datetime

from msgspec import Struct


class LevelOut(Struct, kw_only=True):
    """A published service level.

    Attributes:
        measured_as: exactly what is compared with the target.
        target: the promise, in `unit`.
    """

    name: str
    measured_as: str
    target: float
    unit: str


class LevelsOut(Struct, kw_only=True):
    """The published service levels."""

    items: list[LevelOut]
    next_cursor: None = None


class MeasuredOut(LevelOut, kw_only=True):
    """A service level with what it is now: `measured` is null when there was nothing to measure."""

    measured: float | None
    met: bool | None


class Spread(Struct, kw_only=True):
    """How long something took: `number` of them, the median, and what 99 in 100 kept to."""

    number: int
    p50_s: float | None
    p99_s: float | None


class QueueOut(Struct, kw_only=True):
    """Background work: what is due and waits now, and how late jobs began in the last 24 hours."""

    queue: str
    due: int
    oldest_due_s: float | None
    started: Spread


class PlatformOut(Struct, kw_only=True):
    """How publishing to a platform goes.

    Attributes:
        status: `operational`, `degraded` or `paused` (it fails, so it is left alone for a moment).
        paused_until: when it is tried again.
        published, failed: posts that came to an end in the last 24 hours; those that failed for
            the customer's own reasons (media, request, a revoked account) are not counted.
        overdue: posts whose time has passed and that are still on their way.
    """

    platform: str
    status: str
    paused_until: datetime | None
    published: int
    failed: int
    overdue: int
    oldest_overdue_s: float | None
    lateness: Spread


class StatusOut(Struct, kw_only=True):
    """The state of the whole service, measured now; `status` is the worst of its parts."""

    status: str
    at: datetime
    lateness: Spread
    queues: list[QueueOut]
    platforms: list[PlatformOut]
    levels: list[MeasuredOut]
